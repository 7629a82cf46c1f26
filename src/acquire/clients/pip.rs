//! Configuration of pip and uv: settings in, the package indexes that the client would ask out.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{Endpoint, ask, ask::Question, basic, endpoint, ini, read_file};
use crate::acquire::{AcquireError, Settings};

/// Where a Python package is looked for.
#[derive(Debug)]
pub(crate) struct Indexes {
    /// Simple indexes, in the order in which they are asked.
    pub list: Vec<Endpoint>,
    /// What happens when several have the package.
    pub strategy: Strategy,
}

/// What a client does when several indexes have the package.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Strategy {
    /// Takes the first index that has it.
    First,
    /// Takes the best version of all.
    Best,
}

/// The client whose settings count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Client {
    /// uv and its runners.
    Uv,
    /// pip and what starts it.
    Pip,
    /// Whichever is configured, uv first.
    Either,
}

/// The indexes that a client would ask.
///
/// # Errors
/// Where a setting is wrong, or nothing is configured and no client is installed that knows.
pub(crate) fn indexes(settings: &Settings, client: Client) -> Result<Indexes, AcquireError> {
    indexes_below(Path::new("/etc"), settings, client)
}

/// As [`indexes`], with the folder that the system keeps its configuration in.
fn indexes_below(system: &Path, settings: &Settings, client: Client) -> Result<Indexes, AcquireError> {
    if let Some(flag) = &settings.pypi_index {
        return Ok(Indexes { list: vec![endpoint(flag, "`--pypi-index`")?], strategy: Strategy::First });
    }
    let (mut configured, strategy) = match client {
        Client::Uv => (of_uv(system, settings)?, Strategy::First),
        Client::Pip => (of_pip(system, settings)?, Strategy::Best),
        Client::Either => {
            let uv = of_uv(system, settings)?;
            if uv.is_silent() { (of_pip(system, settings)?, Strategy::Best) } else { (uv, Strategy::First) }
        }
    };
    let first = match configured.default.take() {
        Some(endpoint) => endpoint,
        None => stated(settings, client)?,
    };
    let mut list = configured.further;
    let place = if strategy == Strategy::First { list.len() } else { 0 };
    list.insert(place, first);
    Ok(Indexes { list, strategy })
}

/// What one client's settings say.
#[derive(Default)]
struct Configured {
    default: Option<Endpoint>,
    further: Vec<Endpoint>,
}

impl Configured {
    fn is_silent(&self) -> bool {
        self.default.is_none() && self.further.is_empty()
    }
}

/// The default that an installed client states.
fn stated(settings: &Settings, client: Client) -> Result<Endpoint, AcquireError> {
    let order =
        if client == Client::Pip { [Question::Pip, Question::Uv] } else { [Question::Uv, Question::Pip] };
    let Some(url) = order.into_iter().find_map(|question| ask::answer(settings, question)) else {
        return Err(AcquireError::Usage {
            message: "nothing was fetched: no Python package index is configured, and neither pip nor uv is installed to tell its default".into(),
            hints: vec![
                "name the index: `--pypi-index https://registry.example/simple`".into(),
                "or set `UV_DEFAULT_INDEX` or `PIP_INDEX_URL`, or install pip or uv".into(),
            ],
        });
    };
    endpoint(&url, "the installed client")
}

// uv

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct UvFile {
    index: Vec<UvIndex>,
    index_url: Option<String>,
    extra_index_url: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UvIndex {
    name: Option<String>,
    url: String,
    default: bool,
    explicit: bool,
}

fn of_uv(system: &Path, settings: &Settings) -> Result<Configured, AcquireError> {
    let mut found = Configured::default();
    for (name, from) in [("UV_INDEX", "`UV_INDEX`"), ("UV_EXTRA_INDEX_URL", "`UV_EXTRA_INDEX_URL`")] {
        for word in variable(settings, name).unwrap_or_default().split_whitespace() {
            found.further.push(named(settings, word, from)?);
        }
    }
    for (name, from) in [("UV_DEFAULT_INDEX", "`UV_DEFAULT_INDEX`"), ("UV_INDEX_URL", "`UV_INDEX_URL`")] {
        if found.default.is_none()
            && let Some(value) = variable(settings, name)
        {
            found.default = Some(named(settings, value, from)?);
        }
    }
    for path in uv_files(system, settings) {
        let from = format!("`{}`", path.display());
        let Some(text) = read_file(&path)? else { continue };
        let file: UvFile = toml::from_str(&text).map_err(|error| AcquireError::Usage {
            message: format!("nothing was fetched: {from} could not be read: {}", error.message()),
            hints: Vec::new(),
        })?;
        add_uv_file(settings, &mut found, file, &from)?;
    }
    Ok(found)
}

fn add_uv_file(
    settings: &Settings,
    found: &mut Configured,
    file: UvFile,
    from: &str,
) -> Result<(), AcquireError> {
    for index in file.index.into_iter().filter(|index| !index.explicit) {
        let mut place = endpoint(&index.url, from)?;
        if let Some(name) = &index.name {
            place.authorization = credentials(settings, name).or(place.authorization);
        }
        if !index.default {
            found.further.push(place);
        } else if found.default.is_none() {
            found.default = Some(place);
        }
    }
    for url in &file.extra_index_url {
        found.further.push(endpoint(url, from)?);
    }
    if found.default.is_none()
        && let Some(url) = &file.index_url
    {
        found.default = Some(endpoint(url, from)?);
    }
    Ok(())
}

/// The configuration files of uv's user and system levels, the stronger first.
fn uv_files(system: &Path, settings: &Settings) -> Vec<PathBuf> {
    if variable(settings, "UV_NO_CONFIG").is_some() {
        return Vec::new();
    }
    if let Some(path) = variable(settings, "UV_CONFIG_FILE") {
        return vec![path.into()];
    }
    let system = if cfg!(windows) {
        variable(settings, "SYSTEMDRIVE").map(|drive| PathBuf::from(format!("{drive}\\ProgramData")))
    } else {
        Some(system.to_owned())
    };
    user_folder(settings).into_iter().chain(system).map(|folder| folder.join("uv/uv.toml")).collect()
}

/// `NAME=URL` or a bare URL.
fn named(settings: &Settings, text: &str, from: &str) -> Result<Endpoint, AcquireError> {
    let name = text.split_once('=').filter(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    });
    let Some((name, url)) = name else { return endpoint(text, from) };
    let mut place = endpoint(url, from)?;
    place.authorization = credentials(settings, name).or(place.authorization);
    Ok(place)
}

/// Credentials of a named uv index.
fn credentials(settings: &Settings, name: &str) -> Option<crate::acquire::web::Secret> {
    let name = name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let user = variable(settings, &format!("UV_INDEX_{name}_USERNAME"));
    let password = variable(settings, &format!("UV_INDEX_{name}_PASSWORD"));
    (user.is_some() || password.is_some()).then(|| basic(user.unwrap_or(""), password.unwrap_or("")))
}

// pip

fn of_pip(system: &Path, settings: &Settings) -> Result<Configured, AcquireError> {
    let mut values: BTreeMap<&str, (String, String)> = BTreeMap::new();
    let mut files = Vec::new();
    for path in pip_files(system, settings) {
        if let Some(text) = read_file(&path)? {
            files.push((format!("`{}`", path.display()), ini::parse(&text)));
        }
    }
    for key in ["index-url", "extra-index-url"] {
        for section in ["global", "install"] {
            for (from, file) in &files {
                if let Some(value) = file.get(&(section.to_owned(), key.to_owned())) {
                    values.insert(key, (value.clone(), from.clone()));
                }
            }
        }
        let name = format!("PIP_{}", key.to_uppercase().replace('-', "_"));
        if let Some(value) = variable(settings, &name) {
            values.insert(key, (value.to_owned(), format!("`{name}`")));
        }
    }
    let mut found = Configured::default();
    if let Some((value, from)) = values.get("index-url") {
        found.default = Some(endpoint(value, from)?);
    }
    if let Some((value, from)) = values.get("extra-index-url") {
        for url in value.split_whitespace() {
            found.further.push(endpoint(url, from)?);
        }
    }
    Ok(found)
}

/// pip's configuration files, the weaker first.
fn pip_files(system: &Path, settings: &Settings) -> Vec<PathBuf> {
    let name = if cfg!(windows) { "pip.ini" } else { "pip.conf" };
    let explicit = variable(settings, "PIP_CONFIG_FILE").map(PathBuf::from);
    if explicit
        .as_deref()
        .is_some_and(|path| path == Path::new(if cfg!(windows) { "nul" } else { "/dev/null" }))
    {
        return Vec::new();
    }
    let mut files = Vec::new();
    if cfg!(unix) {
        let folders =
            variable(settings, "XDG_CONFIG_DIRS").map_or_else(|| system.join("xdg").into(), Into::into);
        let folders: std::ffi::OsString = folders;
        files.extend(std::env::split_paths(&folders).map(|folder| folder.join("pip").join(name)));
        files.push(system.join(name));
    }
    if let Some(home) = &settings.home {
        files.push(home.join(if cfg!(windows) { "pip" } else { ".pip" }).join(name));
        if cfg!(target_os = "macos") {
            files.push(home.join("Library/Application Support/pip").join(name));
        }
    }
    files.extend(user_folder(settings).map(|folder| folder.join("pip").join(name)));
    files.extend(variable(settings, "VIRTUAL_ENV").map(|folder| Path::new(folder).join(name)));
    files.extend(explicit);
    files
}

/// Where programs keep the user's configuration.
fn user_folder(settings: &Settings) -> Option<PathBuf> {
    if cfg!(windows) {
        return variable(settings, "APPDATA").map(PathBuf::from);
    }
    let configured = variable(settings, "XDG_CONFIG_HOME").map(PathBuf::from);
    configured.or_else(|| Some(settings.home.as_ref()?.join(".config")))
}

fn variable<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
    settings.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// Each index as `URL authorization`, in order, then the strategy.
    fn check(client: Client, environment: &[(&str, &str)], files: &[(&str, &str)]) -> Result<String, String> {
        let home = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = home.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = Settings { home: Some(home.path().into()), environment, ..Settings::default() };
        let indexes =
            indexes_below(&home.path().join("etc"), &settings, client).map_err(|error| error.to_string())?;
        let mut out: Vec<String> = indexes
            .list
            .iter()
            .map(|index| match &index.authorization {
                Some(secret) => format!("{} {}", index.url, secret.0),
                None => index.url.to_string(),
            })
            .collect();
        out.push(format!("{:?}", indexes.strategy));
        Ok(out.join("\n"))
    }

    #[test]
    fn uv_asks_further_indexes_before_its_default() {
        let toml = "[[index]]\nname = \"team\"\nurl = \"https://team.example/simple\"\n[[index]]\nurl = \"https://main.example/simple\"\ndefault = true\n[[index]]\nname = \"torch\"\nurl = \"https://torch.example/\"\nexplicit = true\n";
        let environment = [
            ("UV_INDEX", "https://first.example/"),
            ("UV_INDEX_TEAM_USERNAME", "me"),
            ("UV_INDEX_TEAM_PASSWORD", "x"),
        ];
        assert_eq!(
            check(Client::Uv, &environment, &[(".config/uv/uv.toml", toml)]).unwrap(),
            "https://first.example/\nhttps://team.example/simple/ Basic bWU6eA==\nhttps://main.example/simple/\nFirst"
        );
    }

    #[test]
    fn the_environment_outranks_files() {
        let files = [
            (".config/uv/uv.toml", "index-url = \"https://file.example/\""),
            (".config/pip/pip.conf", "[global]\nindex-url = https://pip-file.example/\n"),
        ];
        let uv = [("UV_DEFAULT_INDEX", "https://a.example/"), ("UV_INDEX_URL", "https://b.example/")];
        assert_eq!(check(Client::Uv, &uv, &files).unwrap(), "https://a.example/\nFirst");
        let pip = [("PIP_INDEX_URL", "https://me:x@p.example/")];
        assert_eq!(check(Client::Pip, &pip, &files).unwrap(), "https://p.example/ Basic bWU6eA==\nBest");
    }

    #[test]
    fn pip_merges_its_levels() {
        let files = [
            (
                ".pip/pip.conf",
                "[global]\nindex-url = https://old.example/\nextra-index-url =\n  https://x.example/\n  https://y.example/\n",
            ),
            (".config/pip/pip.conf", "[global]\nindex-url = https://new.example/\n"),
        ];
        let expected = "https://new.example/\nhttps://x.example/\nhttps://y.example/\nBest";
        assert_eq!(check(Client::Pip, &[], &files).unwrap(), expected);
        assert_eq!(check(Client::Either, &[], &files).unwrap(), expected);
    }

    #[test]
    fn the_install_section_outranks_global_ones() {
        let files = [
            (".pip/pip.conf", "[install]\nindex-url = https://install.example/\n"),
            (".config/pip/pip.conf", "[global]\nindex-url = https://global.example/\n"),
        ];
        assert_eq!(check(Client::Pip, &[], &files).unwrap(), "https://install.example/\nBest");
    }

    #[test]
    fn uv_settings_come_first_where_either_client_may_answer() {
        let files = [(".config/pip/pip.conf", "[global]\nindex-url = https://pip.example/\n")];
        let environment = [("UV_INDEX_URL", "https://uv.example/")];
        assert_eq!(check(Client::Either, &environment, &files).unwrap(), "https://uv.example/\nFirst");
    }

    #[test]
    fn says_how_to_name_an_index_where_nobody_knows_one() {
        assert_eq!(
            check(Client::Either, &[], &[]).unwrap_err(),
            "nothing was fetched: no Python package index is configured, and neither pip nor uv is installed to tell its default"
        );
    }

    #[test]
    fn a_broken_file_is_a_usage_error() {
        let error = check(Client::Uv, &[("UV_CONFIG_FILE", "/nonexistent")], &[]).unwrap_err();
        assert!(error.contains("no Python package index"), "{error}");
        let error = check(Client::Uv, &[], &[(".config/uv/uv.toml", "index-url = 1")]).unwrap_err();
        assert!(error.contains("uv.toml` could not be read: "), "{error}");
    }
}
