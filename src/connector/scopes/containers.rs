//! Scopes of container files: mounts, ports, capabilities, privileges.

use super::{Collected, files, lines};
use crate::{artifact::Artifact, connector::ScopeKind, finding::Location};

/// Flags of `docker run` whose next word belongs to them.
const WITH_VALUE: [&str; 9] =
    ["-v", "--volume", "--mount", "-p", "--publish", "--cap-add", "--network", "--pid", "--device"];

/// Adds what container files of the package ask for.
pub(super) fn read(artifact: &Artifact, collected: &mut Collected) {
    for file in files(artifact, |name, _| name == "dockerfile" || name.ends_with(".dockerfile")) {
        dockerfile(&file.path, &file.text(), collected);
    }
    let compose = |name: &str, _: &str| {
        let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
        stem.is_some_and(|stem| stem.starts_with("docker-compose") || stem.starts_with("compose"))
    };
    for file in files(artifact, compose) {
        self::compose(&file.path, &file.text(), collected);
    }
    for file in files(artifact, |name, _| matches!(name, "smithery.yaml" | "smithery.yml")) {
        smithery(&file.path, &file.text(), collected);
    }
}

fn at(path: &str, line: u32) -> Location {
    Location { path: path.to_owned(), line, column: 1 }
}

fn dockerfile(path: &str, text: &str, collected: &mut Collected) {
    for (number, line) in text.lines().take(5_000).enumerate() {
        let location = at(path, u32::try_from(number + 1).unwrap_or(u32::MAX));
        let Some((word, rest)) = line.trim().split_once(char::is_whitespace) else { continue };
        match word.to_ascii_uppercase().as_str() {
            "EXPOSE" => {
                for port in rest.split_whitespace() {
                    let port = port.split('/').next().unwrap_or(port);
                    if port.bytes().all(|byte| byte.is_ascii_digit()) {
                        collected.declared(ScopeKind::Port, port, None, None, location.clone());
                    }
                }
            }
            "VOLUME" => {
                for volume in rest.split(['[', ']', ',', '"', ' ']).filter(|part| part.starts_with('/')) {
                    let name = format!("volume {volume}");
                    collected.declared(ScopeKind::Container, &name, None, None, location.clone());
                }
            }
            _ => {}
        }
    }
}

fn compose(path: &str, text: &str, collected: &mut Collected) {
    let lines = lines::yaml(text);
    for line in lines.iter().filter(|line| !line.value.is_empty()) {
        let location = at(path, line.number);
        let mut ask =
            |kind: ScopeKind, name: &str| collected.declared(kind, name, None, None, location.clone());
        let outer = line.keys.iter().rev().nth(1).copied().unwrap_or_default();
        match (outer, line.keys.last().copied().unwrap_or_default()) {
            (_, "privileged") if line.value == "true" => ask(ScopeKind::Container, "privileged"),
            (_, "network_mode") => ask(ScopeKind::Container, &format!("network {}", line.value)),
            (_, "pid") => ask(ScopeKind::Container, &format!("pid {}", line.value)),
            (_, "cap_add") => ask(ScopeKind::Container, &format!("cap-add {}", line.value)),
            (_, "devices") => ask(ScopeKind::Container, &format!("device {}", line.value)),
            (_, "volumes") if line.value.contains(':') => {
                ask(ScopeKind::Container, &format!("mount {}", line.value));
            }
            ("volumes", "source") => ask(ScopeKind::Container, &format!("mount {}", line.value)),
            (_, "ports") => {
                let port = line.value.rsplit(':').next().unwrap_or(line.value);
                ask(ScopeKind::Port, port.split('/').next().unwrap_or(port));
            }
            (_, "environment") => {
                ask(ScopeKind::Environment, line.value.split('=').next().unwrap_or(line.value));
            }
            ("environment", key) => ask(ScopeKind::Environment, key),
            _ => {}
        }
    }
}

/// `configSchema.properties` are values that the person enters.
fn smithery(path: &str, text: &str, collected: &mut Collected) {
    let lines = lines::yaml(text);
    let required: Vec<&str> = lines
        .iter()
        .filter(|line| line.keys.ends_with(&["configSchema", "required"]))
        .map(|line| line.value)
        .collect();
    for line in &lines {
        if let [.., "configSchema", "properties", name] = line.keys.as_slice()
            && line.value.is_empty()
        {
            let needed = Some(required.contains(name));
            collected.declared(ScopeKind::UserConfig, name, None, needed, at(path, line.number));
        }
    }
}

/// Adds what the flags of a container's command line ask for.
pub(super) fn flags(words: &[&str], place: impl Fn(&str) -> Location, collected: &mut Collected) {
    let mut words = words.iter().flat_map(|word| word.split_whitespace()).peekable();
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ if WITH_VALUE.contains(&word) => (word, words.next_if(|next| !next.starts_with('-'))),
            _ => (word, None),
        };
        let value = value.unwrap_or_default();
        let name = match flag {
            "--privileged" => "privileged".to_owned(),
            "-v" | "--volume" => format!("mount {value}"),
            "--mount" => {
                let source = value
                    .split(',')
                    .find_map(|part| part.strip_prefix("source=").or_else(|| part.strip_prefix("src=")));
                format!("mount {}", source.unwrap_or(value))
            }
            "--cap-add" => format!("cap-add {value}"),
            "--network" | "--net" => format!("network {value}"),
            "--pid" => format!("pid {value}"),
            "--device" => format!("device {value}"),
            _ => continue,
        };
        collected.declared(ScopeKind::Container, &name, None, None, place(flag));
    }
}
