//! Small files of each language.

mod csharp;
mod go;
mod hostile;
mod java;
mod php;
mod ruby;
mod rust;
mod shell;

use crate::code::{
    Code,
    flow::{Flow, Next},
    graph::{CallId, Value},
    resolve::{At, Resolver},
    tests::package,
};

/// Canonical names of the calls of the last file, in order.
fn calls(code: &Code) -> Vec<String> {
    let resolver = Resolver::new(code);
    let unit = u32::try_from(code.units.len() - 1).unwrap();
    let file = &code.units[unit as usize];
    let names = file.calls.iter().map(|call| resolver.callee_names(At { unit, node: call.callee }).join("|"));
    names.collect()
}

/// Checks that the names are among the calls of one file.
fn check_calls(path: &str, cases: &[(&str, &[&str])]) {
    for (source, expected) in cases {
        let code = package(&[(path, source)]);
        assert_eq!(code.units[0].problems, [], "{source}");
        let found = calls(&code);
        for name in *expected {
            assert!(found.iter().any(|known| known == name), "{name} is not among {found:?} of {source}");
        }
    }
}

/// Everything constant, and the names of parameters, that reaches the first argument of the last
/// call whose name ends so.
fn reaching(code: &Code, callee: &str) -> Vec<String> {
    let resolver = Resolver::new(code);
    let flow = Flow::new(&resolver);
    let mut found = Vec::new();
    for (index, file) in code.units.iter().enumerate() {
        let unit = u32::try_from(index).unwrap();
        for (position, call) in file.calls.iter().enumerate() {
            let _ = CallId(u32::try_from(position).unwrap());
            let names = resolver.callee_names(At { unit, node: call.callee });
            if !names.iter().any(|name| name.ends_with(callee)) {
                continue;
            }
            for &argument in file.list(call.arguments) {
                flow.walk(At { unit, node: argument }, |at, value| {
                    let file = resolver.unit(at);
                    match value {
                        Value::Text(text) => found.push(format!("{:?}", file.text(text))),
                        Value::Parameter(function, position) => {
                            let parameter = &file.function(function).parameters[position as usize];
                            found.push(file.text(parameter.name).to_owned());
                        }
                        _ => {}
                    }
                    Next::On
                });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Files, the name of the calls, what reaches them, what does not.
type FlowCase<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a [&'a str], &'a [&'a str]);

/// Checks what reaches the calls of a name: files, name, what is there, what is not.
fn check_flows(cases: &[FlowCase<'_>]) {
    for (files, callee, present, absent) in cases {
        let code = package(files);
        for unit in &code.units {
            assert_eq!(unit.problems, [], "{files:?}");
        }
        let found = reaching(&code, callee);
        for name in *present {
            assert!(
                found.iter().any(|known| known == name),
                "{name} does not reach {callee}: {found:?} in {files:?}"
            );
        }
        for name in *absent {
            assert!(
                !found.iter().any(|known| known == name),
                "{name} reaches {callee}: {found:?} in {files:?}"
            );
        }
    }
}
