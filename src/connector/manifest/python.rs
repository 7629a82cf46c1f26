//! `pyproject.toml`, `METADATA`, `PKG-INFO`, `entry_points.txt`, and what Python runs unasked.

use serde_json::Value;

use super::{
    EntryPoint, Identity, InstallHook, Manifests, Places, Reader, Root, claim, member, readme, string,
};
use crate::{
    artifact::{Artifact, File},
    untrusted::Untrusted,
};

/// Header lines that are read: real metadata has fewer than 500.
const HEADERS: usize = 10_000;

/// Lines of a path configuration file that are read.
const STARTUP_LINES: usize = 100;

pub(super) fn read(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    if let Some(file) = metadata_file(reader.artifact, &reader.root)
        && let Some(text) = reader.text(file)
    {
        let (headers, body) = split(text);
        manifests.metadata = headers;
        let start = text.len() - body.len();
        readme::read_markers(&Places::new(&file.path, text), body, start, manifests);
        read_entry_points(reader, file, manifests);
    }
    if let Some((document, file, text)) = reader.toml("pyproject.toml") {
        let places = Places::new(&file.path, text);
        read_scripts(&document.value, &places, manifests);
        if member(&document.value, &["build-system", "backend-path"]).is_some() {
            let backend = string(&document.value, &["build-system", "build-backend"]).unwrap_or("");
            manifests.install_hooks.push(InstallHook {
                event: "build-backend".to_owned(),
                command: Untrusted::new(backend),
                location: places.of(&["build-system", "backend-path"]),
            });
        }
        manifests.pyproject = Some(document);
    }
    read_hooks(reader, manifests);
}

/// The core metadata file: of a wheel, else of an sdist.
pub(in crate::connector) fn metadata_file<'a>(artifact: &'a Artifact, root: &Root<'a>) -> Option<&'a File> {
    root.files(artifact, |path| one_folder(path, ".dist-info", "METADATA"))
        .or_else(|| root.file(artifact, "PKG-INFO"))
        .or_else(|| root.files(artifact, |path| one_folder(path, ".egg-info", "PKG-INFO")))
}

/// Whether the path is `SOMETHING{suffix}/{name}`.
fn one_folder(path: &str, suffix: &str, name: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, rest)| folder.ends_with(suffix) && rest == name)
}

pub(super) fn identity(manifests: &Manifests) -> Identity {
    let header = |wanted: &str| {
        let found = manifests.metadata.iter().find(|(name, _)| name == wanted);
        claim(found.map(|(_, value)| value.as_str()))
    };
    let project = manifests.pyproject.as_ref().map_or(&Value::Null, |document| &document.value);
    let field = |key: &str| {
        claim(string(project, &["project", key]).or_else(|| string(project, &["tool", "poetry", key])))
    };
    Identity {
        name: header("name").or_else(|| field("name")),
        version: header("version").or_else(|| field("version")),
        repository: repository(manifests, project),
    }
}

/// The first of the project's links that is labelled as its source.
fn repository(manifests: &Manifests, project: &Value) -> Option<Untrusted> {
    let headers = manifests.metadata.iter().filter(|(name, _)| name == "project-url");
    let links = headers.filter_map(|(_, value)| value.split_once(','));
    let tables = [member(project, &["project", "urls"]), member(project, &["tool", "poetry", "urls"])];
    let tables = tables.into_iter().flatten().filter_map(Value::as_object).flatten();
    let tables = tables.filter_map(|(label, link)| Some((label.as_str(), link.as_str()?)));
    let labelled = links.chain(tables).find(|(label, _)| is_source(label)).map(|(_, link)| link);
    let home =
        || manifests.metadata.iter().find(|(name, _)| name == "home-page").map(|(_, link)| link.as_str());
    claim(labelled.or_else(|| string(project, &["tool", "poetry", "repository"])).or_else(home))
}

fn is_source(label: &str) -> bool {
    let label: String =
        label.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    matches!(
        label.as_str(),
        "repository" | "source" | "sourcecode" | "github" | "gitlab" | "code" | "homepage"
    )
}

/// Headers with lower-case names, continuation lines joined, and the text after them.
fn split(text: &str) -> (Vec<(String, String)>, &str) {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while let Some((line, after)) = next_line(rest) {
        rest = after;
        if line.is_empty() || headers.len() >= HEADERS {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    (headers, rest)
}

fn next_line(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    Some((line.strip_suffix('\r').unwrap_or(line), rest))
}

/// Console scripts of `entry_points.txt` beside the metadata.
fn read_entry_points<'a>(reader: &mut Reader<'a, '_>, metadata: &'a File, manifests: &mut Manifests) {
    let Some((folder, _)) = metadata.path.rsplit_once('/') else { return };
    let path = format!("{folder}/entry_points.txt");
    let Ok(at) = reader.artifact.files.binary_search_by(|file| file.path.as_str().cmp(&path)) else { return };
    let Some(file) = reader.artifact.files.get(at) else { return };
    let Some(text) = reader.text(file) else { return };
    let places = Places::new(&file.path, text);
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').trim();
        } else if let Some((name, target)) = line.split_once('=')
            && matches!(section, "console_scripts" | "gui_scripts")
            && !line.starts_with(['#', ';'])
        {
            manifests.entry_points.push(EntryPoint {
                name: Untrusted::new(name.trim()),
                target: Untrusted::new(target.trim()),
                location: places.of(&[section, name.trim()]),
            });
        }
    }
}

/// Scripts of `pyproject.toml`, where no built metadata has named the same command.
fn read_scripts(value: &Value, places: &Places<'_>, manifests: &mut Manifests) {
    for keys in [&["project", "scripts"][..], &["project", "gui-scripts"], &["tool", "poetry", "scripts"]] {
        for (name, target) in member(value, keys).and_then(Value::as_object).into_iter().flatten() {
            let target = target.as_str().or_else(|| string(target, &["reference"]));
            let Some(target) = target else { continue };
            if manifests.entry_points.iter().any(|known| known.name.raw() == name) {
                continue;
            }
            manifests.entry_points.push(EntryPoint {
                name: Untrusted::new(name),
                target: Untrusted::new(target),
                location: places.of(&["scripts", name]),
            });
        }
    }
}

/// What runs without being called: `setup.py` when an sdist is built, `import` lines of path
/// configuration files and the two customisation modules at every start of the interpreter.
fn read_hooks(reader: &mut Reader<'_, '_>, manifests: &mut Manifests) {
    let artifact = reader.artifact;
    let is_wheel = reader.root.files(artifact, |path| one_folder(path, ".dist-info", "METADATA")).is_some();
    if !is_wheel && let Some(file) = reader.file("setup.py") {
        push_hook(manifests, "setup.py", "setup.py", &file.path, 1);
    }
    if !is_wheel {
        return;
    }
    for file in artifact.files.iter().filter(|file| lands_in_site_packages(&file.path)) {
        let name = file.path.rsplit('/').next().unwrap_or("");
        if name.strip_suffix(".pth").is_some() {
            let Some(text) = reader.text(file) else { continue };
            for (line, command) in (1..).zip(text.lines()).take(STARTUP_LINES) {
                if command.starts_with("import ") || command.starts_with("import\t") {
                    push_hook(manifests, "interpreter start", command, &file.path, line);
                }
            }
        } else if matches!(name, "sitecustomize.py" | "usercustomize.py") {
            push_hook(manifests, "interpreter start", name, &file.path, 1);
        }
    }
}

/// Whether a wheel's file is installed at the top of `site-packages`.
fn lands_in_site_packages(path: &str) -> bool {
    let mut parts = path.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), None, None, None) => true,
        (Some(data), Some("purelib" | "platlib"), Some(_), None) => data.strip_suffix(".data").is_some(),
        _ => false,
    }
}

fn push_hook(manifests: &mut Manifests, event: &str, command: &str, path: &str, line: u32) {
    manifests.install_hooks.push(InstallHook {
        event: event.to_owned(),
        command: Untrusted::new(command.trim()),
        location: crate::finding::Location { path: path.to_owned(), line, column: 1 },
    });
}
