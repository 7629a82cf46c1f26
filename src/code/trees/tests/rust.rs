use super::{check_calls, check_flows};
use crate::code::trees::{roles::Grammar, rust};

#[test]
fn every_kind_of_the_table_is_one_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_rust::LANGUAGE.into(), rust::ROLES);
    assert_eq!(grammar.unknown(rust::ROLES), Vec::<&str>::new());
}

#[test]
fn callees_have_canonical_names() {
    check_calls(
        "main.rs",
        &[
            (
                "use std::process::Command;\nfn f() { Command::new(\"ls\").arg(\"-l\").output().unwrap(); }",
                &["std.process.Command.new", "std.process.Command.output"],
            ),
            (
                "use std::process;\nfn f() { let mut c = process::Command::new(\"ls\"); c.arg(\"-l\"); c.spawn()?; }",
                &["std.process.Command.spawn"],
            ),
            ("fn f() { std::fs::read_to_string(\"a\")?; }", &["std.fs.read_to_string"]),
            (
                "use std::{fs, env::{self, var}};\nfn f() { fs::write(\"a\", var(\"B\")?)?; env::vars(); }",
                &["std.fs.write", "std.env.var", "std.env.vars"],
            ),
            (
                "use reqwest::Client;\nstruct S { http: Client }\nimpl S { async fn f(&self) { self.http.get(\"x\").send().await?; } }",
                &["reqwest.Client().get"],
            ),
            (
                "async fn f(c: &reqwest::Client) { c.post(\"x\"); }\nfn g() { let c = reqwest::Client::new(); c.get(\"y\"); }",
                &["reqwest.Client().post", "reqwest.Client.new().get"],
            ),
        ],
    );
}

#[test]
fn values_flow_through_macros_patterns_and_files() {
    check_flows(&[
        (
            &[("main.rs", "fn f(x: &str) { sink(format!(\"a {x} b {}\", x.trim())); }")],
            "sink",
            &["x", "\"a \"", "\" b \""],
            &[],
        ),
        (&[("main.rs", "fn f(x: Option<String>) { if let Some(y) = x { sink(&y); } }")], "sink", &["x"], &[]),
        (
            &[("main.rs", "fn f(x: Option<String>) { match x { Some(y) => sink(y), None => {} } }")],
            "sink",
            &["x"],
            &[],
        ),
        (
            &[(
                "main.rs",
                "fn id(x: String) -> Result<String, E> { if x.is_empty() { return Err(E); } Ok(x) }\nfn f(y: String) { let z = id(y)?; sink(z); }",
            )],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[("main.rs", "fn f(a: String, b: String, t: bool) { let c = if t { a } else { b }; sink(c); }")],
            "sink",
            &["a", "b"],
            &[],
        ),
        (
            &[(
                "main.rs",
                "struct S { root: String }\nimpl S { fn go(&self, x: &str) { Self::run(x); }\n fn run(z: &str) { sink(z); } }\nfn f(y: &str) { let s = S { root: \"r\".into() }; s.go(y); }",
            )],
            "sink",
            &["y"],
            &["\"r\""],
        ),
        (
            &[
                ("src/main.rs", "mod git;\nuse crate::git::show;\nfn f(z: &str) { show(z); git::log(z); }"),
                ("src/git.rs", "pub fn show(x: &str) { sink(x); }\npub fn log(w: &str) { sink(w); }"),
            ],
            "sink",
            &["z"],
            &[],
        ),
        (
            &[(
                "main.rs",
                "fn f(x: Vec<String>) { let mut v = Vec::new(); for i in &x { v.push(i.clone()); } sink(v); }",
            )],
            "sink",
            &["x"],
            &[],
        ),
        (&[("main.rs", "fn f(x: String) { let g = |y: &str| sink(y); g(&x); }")], "sink", &["x"], &[]),
        (&[("main.rs", "fn f(P(A { x, y: z }): P<A>) { sink(vec![z]); }")], "sink", &[""], &[]),
    ]);
}
