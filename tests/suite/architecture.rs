//! Which module may name which, how long things may be, and what may stand in no file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

use super::support::root;

/// Modules in pipeline order, with what each may name besides itself.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("untrusted", &[]),
    ("artifact", &["untrusted"]),
    ("acquire", &["artifact", "untrusted"]),
    ("finding", &["artifact", "untrusted"]),
    ("code", &["artifact", "finding", "untrusted"]),
    ("connector", &["artifact", "code", "finding", "untrusted"]),
    ("baseline", &["artifact", "connector", "untrusted"]),
    ("detect", &["artifact", "baseline", "code", "connector", "finding", "untrusted"]),
    ("gate", &["artifact", "finding", "untrusted"]),
    ("report", &["artifact", "connector", "finding", "gate", "untrusted"]),
    (
        "scan",
        &[
            "acquire",
            "artifact",
            "baseline",
            "code",
            "connector",
            "detect",
            "finding",
            "gate",
            "report",
            "untrusted",
        ],
    ),
    ("cli", &["acquire", "artifact", "baseline", "detect", "finding", "gate", "report", "scan", "untrusted"]),
];

/// What only some files may name, as a regular expression, and the paths that may, by prefix.
const ONLY_IN: &[(&str, &[&str])] = &[
    (r"\b(reqwest|git2|npmrc_config_rs|tame_index|indicatif)\b", &["src/acquire"]),
    (r"\b(tar|zip|flate2)::[A-Za-z]", &["src/acquire"]),
    (r"\boxc_[a-z]+\b", &["src/code/javascript"]),
    (r"\bruff_[a-z_]+\b", &["src/code/python"]),
    (r"\btree_sitter[a-z_]*\b", &["src/code/trees"]),
    (r"(^|[^a-z_:])::sigstore\b", &["src/detect/provenance/sigstore.rs"]),
    (r"\b(clap|etcetera)::", &["src/cli"]),
    (r"\btabled::", &["src/cli", "src/report"]),
    (r"\benv::(var|vars|args|current_dir|home_dir)", &["src/cli/environment.rs"]),
    (r"\bSystemTime\b", &["src/cli/environment.rs", "src/acquire/clients"]),
    (r"\bprocess::(Command|\{[^}]*\bCommand)", &["src/acquire/clients/ask.rs", "src/cli/run.rs"]),
    (r"\bfs::|\bFile::(open|create|options)\b", &["src/acquire", "src/cli/files.rs", "src/cli/output.rs"]),
    (r"\b(TcpStream|UdpSocket|TcpListener|ToSocketAddrs)\b", &["src/acquire"]),
    (r"\be?print(ln)?!", &[]),
    (r"\bunsafe\b", &["src/acquire/git"]),
];

/// Most lines of code in a file, and the exceptions with their reason.
const FILE: usize = 500;
const LONG_FILES: &[(&str, &str)] =
    &[("src/code/builder.rs", "one state machine, whose methods share every private field")];

/// Most lines of a function.
const FUNCTION: usize = 80;

fn walk(directory: &Path, skip: &[&str], found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if skip.contains(&name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, skip, found);
        } else {
            found.push(path);
        }
    }
}

/// Every file of the repository, as relative path and text.
fn repository() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(root(), &[".git", "target"], &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            (path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"), text)
        })
        .collect()
}

/// Source files without comments, text and test modules.
pub(crate) fn sources() -> Vec<(String, String)> {
    repository()
        .into_iter()
        .filter(|(path, _)| path.starts_with("src/") && has_extension(path, "rs") && !is_test(path))
        .map(|(path, text)| (path, code(&text)))
        .collect()
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

fn is_test(path: &str) -> bool {
    path.ends_with("/testing.rs") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Keeps line numbers; a test module is the end of its file.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    before_tests
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .fold(String::new(), |out, line| out + line + "\n")
}

/// Modules of this crate that a source text names through `crate::`.
fn named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with('$') || code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => named.extend(group_names(group)),
            None => named.extend([word(rest)]),
        }
    }
    named
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// First words of the members of `{…}`, whose opening brace is already gone.
fn group_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut member = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(std::mem::take(&mut member).trim())),
            c if depth == 0 => member.push(c),
            _ => {}
        }
    }
    names.push(word(member.trim()));
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn reads_the_modules_that_a_file_names() {
    let code = "use crate::{\n    artifact::{Artifact, File},\n    code::Code, finding,\n};\nlet x = crate::gate::judge();";
    assert_eq!(named(code).into_iter().collect::<Vec<_>>(), ["artifact", "code", "finding", "gate"]);
}

#[test]
fn modules_name_only_what_stands_before_them() {
    let may_name: BTreeMap<&str, &[&str]> = MAY_NAME.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let below = path.trim_start_matches("src/");
        let module = below.split(['/', '.']).next().unwrap_or_default();
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let Some(allowed) = may_name.get(module) else {
            wrong.push(format!("{path}: `{module}` is not in the table of modules"));
            continue;
        };
        for name in named(&code) {
            if name != module && may_name.contains_key(name.as_str()) && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{path}: `{module}` may not use `{name}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn things_that_reach_outside_are_named_in_one_place() {
    let rules: Vec<(Regex, &[&str])> =
        ONLY_IN.iter().map(|(pattern, paths)| (Regex::new(pattern).unwrap(), *paths)).collect();
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        for (pattern, allowed) in &rules {
            if allowed.iter().any(|prefix| path.starts_with(prefix)) {
                continue;
            }
            for (at, line) in
                code.lines().enumerate().filter(|(_, line)| pattern.is_match(&without_text(line)))
            {
                wrong.push(format!("{path}:{}: only {allowed:?} may name this: {}", at + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A line without its string literals.
fn without_text(line: &str) -> String {
    line.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

#[test]
fn files_stay_short() {
    let mut long = Vec::new();
    for (path, code) in sources() {
        let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
        let excepted = LONG_FILES.iter().any(|(file, _)| *file == path);
        if (lines > FILE) != excepted {
            long.push(format!("{path}: {lines} lines of code, at most {FILE}"));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn functions_stay_short() {
    let start = Regex::new(r"^(\s*)(pub(\([a-z]+\))? )?(const )?fn [a-z_0-9]+").unwrap();
    let mut long = Vec::new();
    for (path, code) in sources() {
        let lines: Vec<&str> = code.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(found) = start.captures(line) else { continue };
            let signature = lines[at..].iter().find(|line| line.ends_with(['{', ';', '}']));
            if !signature.is_some_and(|line| line.ends_with('{')) {
                continue;
            }
            let end = format!("{}}}", &found[1]);
            let length = lines[at..].iter().position(|line| *line == end).unwrap_or(0) + 1;
            if length > FUNCTION {
                long.push(format!("{path}:{}: {length} lines, at most {FUNCTION}", at + 1));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn paths_in_prose_exist() {
    let pattern = Regex::new(r"`((?:src|tests|rules|fixtures|schema|\.ci)/[A-Za-z0-9_./-]*)`").unwrap();
    for file in ["README.md", "CONTRIBUTING.md", "rules/README.md", "fixtures/README.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for found in pattern.captures_iter(&text) {
            assert!(root().join(&found[1]).exists(), "{file}: `{}` does not exist", &found[1]);
        }
    }
}

/// Written in pieces, so that this file does not contain what it looks for.
fn unwanted() -> Vec<String> {
    [
        ["registry.npm", "js.org"],
        ["registry.yarn", "pkg.com"],
        ["py", "pi.org"],
        ["python", "hosted.org"],
        ["static.crates", ".io"],
        ["index.crates", ".io"],
        ["/wor", "k/main"],
        ["/wor", "k/shared"],
        ["/tm", "p/wt"],
        ["/tm", "p/brief"],
        ["/tm", "p/corpus"],
    ]
    .into_iter()
    .map(|pieces| pieces.concat())
    .collect()
}

#[test]
fn no_file_names_a_registry_host_or_a_place_on_some_machine() {
    let unwanted = unwanted();
    let mut wrong = Vec::new();
    for (path, text) in repository() {
        for (at, line) in text.lines().enumerate() {
            if unwanted.iter().any(|unwanted| line.contains(unwanted.as_str())) {
                wrong.push(format!("{path}:{}", at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rule_and_no_code_knows_a_vulnerability_by_number() {
    let number = Regex::new(r"(CVE-[0-9]{4}-[0-9]{4,}|GHSA(-[a-z0-9]{4}){3})").unwrap();
    for (path, text) in repository() {
        if path.starts_with("src/") || path.starts_with("rules/") {
            assert_eq!(number.find(&text).map(|found| found.as_str().to_owned()), None, "{path}");
        }
    }
}

#[test]
fn no_rule_knows_a_connector_by_name() {
    let files = repository();
    let Some((_, list)) = files.iter().find(|(path, _)| path == "rules/well-known.tsv") else {
        panic!("rules/well-known.tsv is missing");
    };
    let names: Vec<&str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            line.split('\t').map(str::trim).find(|cell| cell.contains('/') || cell.matches('-').count() > 1)
        })
        .collect();
    assert!(names.len() > 20, "the list has {} names that are long enough to look for", names.len());
    for (path, text) in &files {
        let is_rule =
            path.starts_with("rules/") && has_extension(path, "toml") && !path.starts_with("rules/names/");
        if is_rule || path.starts_with("src/detect/") {
            let known = names.iter().find(|name| text.contains(&format!("\"{name}\"")));
            assert_eq!(known, None, "{path}");
        }
    }
}
