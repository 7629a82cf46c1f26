//! What a client's configuration, or a `server.json`, asks for: text to targets, each with its line.
//!
//! Nothing is started. An entry that cannot be looked at is a target too, which says why.

mod node;

use super::{
    AcquireError, Door, Pinned, Source,
    launch::{self, line},
    target::{self, Target, reference},
};
use crate::{artifact::Artifact, untrusted};
use node::{Member, Node, Value};

/// Largest configuration, bytes.
pub const LARGEST: u64 = 4 << 20;
/// Most entries of one configuration.
const MOST: usize = 200;
/// Endings of the files that are read as configurations.
const ENDINGS: [&str; 3] = [".json", ".jsonc", ".toml"];
/// Tables in which clients look for servers, by their keys from the top.
const TABLES: [&[&str]; 7] = [
    &["mcpServers"],
    &["mcp", "servers"],
    &["servers"],
    &["context_servers"],
    &["mcp_servers"],
    &["amp.mcpServers"],
    &["mcp"],
];
/// Keys of an address instead of a command.
const ADDRESSES: [&str; 4] = ["url", "serverUrl", "httpUrl", "endpoint"];
/// What is said of an address.
const LIVE: &str = "is a live server";
/// Words of clients for the folder that holds the configuration.
const FOLDERS: [&str; 4] =
    ["${workspaceFolder}", "${workspaceRoot}", "${CLAUDE_PROJECT_DIR}", "${extensionPath}"];

/// The place in a configuration that asks for a target.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Configured {
    /// The file, as it is shown.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What the file calls it.
    pub name: String,
}

/// Whether a path that exists is named like a configuration.
pub fn is_named(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    ENDINGS.iter().any(|end| lower.ends_with(end))
}

/// The targets that a configuration asks for, in the order of its entries.
///
/// # Errors
/// [`AcquireError::Usage`] where the text asks for nothing that could be a connector.
pub fn targets(text: &str, path: &str, exists: &dyn Fn(&str) -> bool) -> Result<Vec<Target>, AcquireError> {
    let read = if path.to_ascii_lowercase().ends_with(".toml") { node::toml } else { node::json };
    let root = read(text).map_err(|(at, why)| {
        let place = Places { text, path }.of(at, "");
        usage(path, &format!(", line {}: {why}", place.line))
    })?;
    let places = Places { text, path };
    let mut entries = published(&root, &places);
    for keys in TABLES {
        let table = keys.iter().try_fold(&root, |node, key| node.get(key));
        let members = table.map(Node::members).unwrap_or_default();
        entries.extend(members.iter().filter(|member| is_server(member)).map(|member| Entry {
            place: places.of(member.at, &member.name),
            asked: started(member, &places, exists),
        }));
        if !entries.is_empty() {
            break;
        }
    }
    if entries.is_empty() {
        return Err(usage(path, " names no server: there is no `mcpServers`, `servers` or `packages` in it"));
    }
    let left = entries.len().saturating_sub(MOST);
    let mut targets: Vec<Target> = entries.into_iter().take(MOST).map(Entry::target).collect();
    if left > 0 {
        let name = format!("{left} more");
        let why = format!("a configuration is read up to {MOST} servers");
        targets.push(Entry { place: places.of(0, &name), asked: Err(why) }.target());
    }
    Ok(targets)
}

fn usage(path: &str, why: &str) -> AcquireError {
    AcquireError::Usage {
        message: format!("`{}`{why}", untrusted::excerpt(path, 200)),
        hints: vec![
            "a configuration is what a client reads, such as `mcp.json`, or a `server.json`".to_owned(),
            "a captured `tools/list` answer is written `tools:FILE`".to_owned(),
        ],
    }
}

/// One server of a configuration.
struct Entry {
    place: Configured,
    asked: Result<(Target, Option<(u32, u32)>), String>,
}

impl Entry {
    fn target(self) -> Target {
        let Self { place, asked } = self;
        match asked {
            Ok((target, at)) => {
                let (line, column) = at.unwrap_or((place.line, place.column));
                let written = reference::written(&target);
                Target { written, configured: Some(Configured { line, column, ..place }), ..target }
            }
            Err(why) => Target {
                written: untrusted::excerpt(&format!("{} in {}", place.name, place.path), 400),
                scheme: "configured",
                name: place.name.clone(),
                version: why,
                configured: Some(place),
                ..Target::default()
            },
        }
    }
}

struct Places<'a> {
    text: &'a str,
    path: &'a str,
}

impl Places<'_> {
    fn of(&self, at: usize, name: &str) -> Configured {
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX - 1) + 1;
        Configured {
            path: self.path.to_owned(),
            line: count(before.bytes().filter(|byte| *byte == b'\n').count()),
            column: count(before.get(start..).unwrap_or_default().chars().count()),
            name: untrusted::excerpt(name, 100),
        }
    }
}

fn is_server(member: &Member) -> bool {
    let known = ["command", "args"].into_iter().chain(ADDRESSES);
    matches!(member.node.value, Value::Table(_))
        && known.into_iter().any(|key| member.node.get(key).is_some())
}

/// What an entry of a client's configuration starts.
fn started(
    member: &Member,
    places: &Places<'_>,
    exists: &dyn Fn(&str) -> bool,
) -> Result<(Target, Option<(u32, u32)>), String> {
    let server = &member.node;
    let words = words(server);
    if words.is_empty() {
        let address = ADDRESSES.iter().find_map(|key| server.get(key)?.text());
        let address = address.ok_or_else(|| "it names no command and no address".to_owned())?;
        return Err(live(address));
    }
    let plain: Vec<String> = words.iter().map(|(word, _)| in_folder(word)).collect();
    let mut variables: Vec<String> = ["env", "environment"]
        .iter()
        .filter_map(|key| server.get(key))
        .flat_map(Node::members)
        .filter(|variable| launch::matters(&variable.name))
        .map(|variable| format!("{}=…", variable.name))
        .collect();
    variables.extend(plain);
    let target = launch::parse(&line(&variables), exists).map_err(said)?;
    let names = |word: &str| !target.name.is_empty() && word.contains(target.name.as_str());
    let asking = words.iter().find(|(word, _)| names(word)).or_else(|| words.first());
    let at = asking.map(|(_, at)| places.of(*at, "")).map(|place| (place.line, place.column));
    Ok((target, at))
}

/// Command and arguments, with their places.
fn words(server: &Node) -> Vec<(&str, usize)> {
    let mut words = Vec::new();
    for key in ["command", "args"] {
        let Some(node) = server.get(key) else { continue };
        // One client writes the command as a table of its own.
        for node in [Some(node), node.get("path"), node.get("args")].into_iter().flatten() {
            words.extend(node.text().map(|text| (text, node.at)));
            words.extend(node.items().iter().filter_map(|item| Some((item.text()?, item.at))));
        }
    }
    words
}

fn in_folder(word: &str) -> String {
    FOLDERS.iter().fold(word.to_owned(), |word, folder| word.replace(folder, "."))
}

fn said(error: AcquireError) -> String {
    match error {
        AcquireError::Usage { message, .. }
        | AcquireError::NotFound { message, .. }
        | AcquireError::Unavailable { message, .. }
        | AcquireError::Hostile { message, .. } => message,
    }
}

fn live(address: &str) -> String {
    let bare = target::redacted(address);
    let bare = untrusted::excerpt(bare.split(['?', '#']).next().unwrap_or_default(), 200);
    format!("`{bare}` {LIVE}, which no package shows")
}

/// The packages and remotes of a `server.json`.
fn published(root: &Node, places: &Places<'_>) -> Vec<Entry> {
    let list = |name: &str| root.get(name).map(Node::items).unwrap_or_default();
    let packages = list("packages").iter().filter_map(|package| {
        let name = ["identifier", "name"].iter().find_map(|key| package.get(key))?;
        let place = places.of(name.at, name.text().unwrap_or_default());
        Some(Entry {
            place,
            asked: package_target(package, name.text().unwrap_or_default()).map(|it| (it, None)),
        })
    });
    let remotes = list("remotes").iter().filter_map(|remote| {
        let url = remote.get("url")?;
        let host = url.text().unwrap_or_default();
        Some(Entry { place: places.of(url.at, "remote"), asked: Err(live(host)) })
    });
    packages.chain(remotes).collect()
}

fn package_target(package: &Node, name: &str) -> Result<Target, String> {
    let text = |keys: [&str; 2]| keys.iter().find_map(|key| package.get(key)?.text()).unwrap_or_default();
    let version = text(["version", "version"]);
    let read = match text(["registryType", "registry_name"]) {
        "npm" if version.is_empty() => reference::npm(name),
        "npm" => reference::npm(&format!("{name}@{version}")),
        "pypi" if version.is_empty() => reference::pypi(name),
        "pypi" => reference::pypi(&format!("{name}=={version}")),
        other => {
            return Err(format!("packages of the kind `{}` are not read", untrusted::excerpt(other, 40)));
        }
    };
    read.map_err(said)
}

/// Answers for entries that cannot be looked at.
pub struct Unreadable;

impl Source for Unreadable {
    fn scheme(&self) -> &'static str {
        "configured"
    }

    fn resolve(&self, target: &Target, _: &Door<'_>) -> Result<Pinned, AcquireError> {
        let hint = if target.version.contains(LIVE) {
            "`mcp-vouch check --connect URL` asks it what it lists"
        } else {
            "check the package, folder or repository that it is made from"
        };
        Err(AcquireError::Unavailable { message: target.version.clone(), hints: vec![hint.to_owned()] })
    }

    fn acquire(&self, _: &Pinned, _: &Door<'_>) -> Result<Artifact, AcquireError> {
        Err(AcquireError::Unavailable { message: "there is nothing to fetch".to_owned(), hints: Vec::new() })
    }
}

#[cfg(test)]
mod tests;
