//! Files that are downloaded and then run.

use super::{View, finding, shown};
use crate::{
    code::{callees::Site, graph::Value, literal, resolve::At},
    finding::{Finding, Rule, Severity},
};

/// Downloaded files of one package that are followed.
const MOST_FILES: usize = 64;

/// Programs that run the file that they are given.
const INTERPRETERS: [&str; 14] = [
    "sh",
    "bash",
    "zsh",
    "/bin/sh",
    "/bin/bash",
    "node",
    "python",
    "python3",
    "perl",
    "ruby",
    "deno",
    "bun",
    "powershell",
    "pwsh",
];

/// A file that the package downloads: everything that its path may be.
struct Dropped {
    path: Vec<At>,
    text: Option<String>,
    checked: bool,
}

pub(super) fn ask(view: &View<'_>, rule: &'static Rule, findings: &mut Vec<Finding>) {
    let files: Vec<Dropped> = view
        .sites(&["file-write", "network-send"])
        .filter_map(|site| dropped(view, site))
        .take(MOST_FILES)
        .collect();
    if files.is_empty() {
        return;
    }
    for site in view.sites(&["process-shell", "process-arguments", "dynamic-import"]) {
        let Some(program) = program(view, site) else { continue };
        let Some(file) = files.iter().find(|file| is_file(view, program, file)) else { continue };
        let message = format!("`{}` runs a file that the package downloads", shown(&site.name));
        let mut found = finding(rule, view.unit(site), view.call(site).node, message);
        if file.checked {
            found.severity = Severity::Medium;
        }
        findings.push(found);
    }
}

/// The file that a call writes with what came from the network.
fn dropped(view: &View<'_>, site: &Site) -> Option<Dropped> {
    let call = view.call(site);
    let unit = view.unit(site);
    let last = site.name.rsplit('.').next().unwrap_or_default();
    let (path, content) = match last {
        "urlretrieve" => (view.argument(site, 1)?, None),
        "writeFile" | "writeFileSync" | "outputFile" | "outputFileSync" => {
            (view.argument(site, 0)?, Some(view.argument(site, 1)?))
        }
        "write_bytes" | "write_text" => {
            let Value::Member { object, .. } = unit.value(call.callee) else { return None };
            (At { unit: site.unit, node: object }, Some(view.argument(site, 0)?))
        }
        _ => return None,
    };
    if let Some(content) = content
        && !view.comes_from(content, &["network-fetch"])
    {
        return None;
    }
    let checked = unit.calls.iter().any(|call| {
        let Value::Member { name, .. } = unit.value(call.callee) else { return false };
        matches!(unit.text(name), "createHash" | "sha256" | "sha512" | "subtle")
    });
    Some(Dropped { path: view.resolver.definitions(path).to_vec(), text: view.resolver.text(path), checked })
}

/// What a call runs, as far as it is a value of its own.
fn program(view: &View<'_>, site: &Site) -> Option<At> {
    let first = view.argument(site, 0)?;
    let list = |at: At| {
        view.resolver.definitions(at).iter().find_map(|&definition| {
            let unit = view.resolver.unit(definition);
            let Value::Array(range) = unit.value(definition.node) else { return None };
            let item =
                |position: usize| Some(At { unit: definition.unit, node: *unit.list(range).get(position)? });
            Some((item(0)?, item(1)))
        })
    };
    if let Some((program, next)) = list(first) {
        return if is_interpreter(view, program) { next } else { Some(program) };
    }
    if is_interpreter(view, first) {
        return list(view.argument(site, 1)?).map(|(file, _)| file);
    }
    let line = literal::template(view.resolver, first, "\u{0}", 0);
    let mut words = line.split_whitespace();
    let program = words.next()?;
    let runs = program.starts_with(['\u{0}', '"', '\''])
        || (INTERPRETERS.contains(&program) && words.next()? == "\u{0}");
    (runs || line.trim() == program).then_some(first)
}

fn is_interpreter(view: &View<'_>, at: At) -> bool {
    view.resolver.text(at).is_some_and(|text| INTERPRETERS.contains(&text.as_str()))
}

fn is_file(view: &View<'_>, program: At, file: &Dropped) -> bool {
    if let Some(text) = &file.text {
        return view.resolver.text(program).as_ref() == Some(text);
    }
    let known = |at: At, value: Value| file.path.contains(&at) && !matches!(value, Value::Parameter(..));
    view.reaches(program, known)
}
