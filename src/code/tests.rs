//! Names, definitions and flows over small packages.

use serde_json::json;

use super::{
    Code,
    callees::Callees,
    flow::{Flow, Next},
    graph::{CallId, Value},
    literal,
    resolve::{At, Resolver},
};
use crate::artifact::{Artifact, File, Kind, Language};

pub(super) fn package(files: &[(&str, &str)]) -> Code {
    let files = files
        .iter()
        .map(|(path, text)| File {
            path: (*path).to_owned(),
            size: text.len() as u64,
            sha256: [0; 32],
            kind: Kind::Source(match path.rsplit('.').next() {
                Some("py") => Language::Python,
                Some("ts") => Language::TypeScript,
                Some("go") => Language::Go,
                Some("rs") => Language::Rust,
                Some("java") => Language::Java,
                Some("cs") => Language::CSharp,
                Some("rb") => Language::Ruby,
                Some("php") => Language::Php,
                Some("sh") => Language::Shell,
                _ => Language::JavaScript,
            }),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    super::read(&Artifact { files, ..Artifact::default() }, &Callees::default())
}

/// The canonical names of the last call in the last file, operators apart.
fn last_call(code: &Code) -> Vec<String> {
    let resolver = Resolver::new(code);
    let unit = code.units.len() - 1;
    let file = &code.units[unit];
    let written = |call: &&super::graph::Call| !matches!(file.value(call.callee), Value::Global(name) if file.text(name) == "typeof");
    let call = file.calls.iter().rev().find(written).expect("a call");
    resolver.callee_names(At { unit: u32::try_from(unit).expect("small"), node: call.callee })
}

#[test]
fn callees_have_canonical_names() {
    let cases: &[(&str, &str, &str)] = &[
        ("a.js", "import { exec } from 'child_process'; exec('x')", "child_process.exec"),
        ("a.js", "import { exec as run } from 'node:child_process'; run('x')", "child_process.exec"),
        ("a.js", "import cp from 'child_process'; cp.exec('x')", "child_process.exec"),
        ("a.js", "import * as cp from 'child_process'; cp.exec('x')", "child_process.exec"),
        ("a.js", "const { exec: e } = require('child_process'); e('x')", "child_process.exec"),
        (
            "a.js",
            "const e = require('util').promisify(require('child_process').exec); e('x')",
            "child_process.exec",
        ),
        ("a.js", "import fs from 'fs/promises'; fs.readFile('x')", "fs.promises.readFile"),
        (
            "a.js",
            "const cp = require('child_process'); function f() { return cp.exec('x') }",
            "child_process.exec",
        ),
        ("a.js", "globalThis.fetch('x')", "fetch"),
        ("a.js", "import pg from 'pg'; const c = new pg.Client(); c.query('x')", "pg.Client().query"),
        (
            "a.js",
            "class A { constructor() { this.c = require('axios').create() } m() { this.c.get('x') } }",
            "axios.create().get",
        ),
        (
            "a.js",
            "var R = (a => typeof require < 'u' ? require : a)(0); var c = R('child_process'); c.exec('x')",
            "child_process.exec",
        ),
        (
            "a.js",
            "var u = (m, n) => { let o = {}; return o }; var c = u(require('child_process'), 1); c.exec('x')",
            "child_process.exec",
        ),
        ("a.js", "const run = require('child_process')['exec']; run('x')", "child_process.exec"),
        ("a.py", "import subprocess as s\ns.run('x')", "subprocess.run"),
        ("a.py", "from subprocess import run as r\nr('x')", "subprocess.run"),
        ("a.py", "import os.path\nos.system('x')", "os.system"),
        (
            "a.py",
            "import httpx\nasync def f():\n  async with httpx.AsyncClient() as c:\n    await c.get('x')",
            "httpx.AsyncClient().get",
        ),
        ("a.py", "import pathlib\ndef f(p: pathlib.Path):\n  p.read_text()", "pathlib.Path().read_text"),
        (
            "a.py",
            "from functools import partial\nimport os\nrun = partial(os.system, 'x')\nrun()",
            "os.system",
        ),
    ];
    for (path, source, expected) in cases {
        assert_eq!(last_call(&package(&[(path, source)])), [*expected], "{source}");
    }
}

#[test]
fn imports_lead_to_other_files() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("lib/run.js", "import { exec } from 'child_process'; export const run = exec;"),
                ("main.js", "import { run } from './lib/run.js'; run('x')"),
            ],
            "child_process.exec",
        ),
        (
            &[
                ("a/index.js", "export * from './b.js'"),
                ("a/b.js", "export { exec as run } from 'child_process'"),
                ("main.js", "import { run } from './a'; run('x')"),
            ],
            "child_process.exec",
        ),
        (
            &[
                ("lib.js", "exports.run = require('child_process').exec;"),
                ("main.js", "const lib = require('./lib'); lib.run('x')"),
            ],
            "child_process.exec",
        ),
        (
            &[
                ("src/lib/run.ts", "export { exec } from 'child_process'"),
                ("src/main.ts", "import { exec } from '@/lib/run'; exec('x')"),
            ],
            "child_process.exec",
        ),
        (
            &[
                ("pkg/__init__.py", ""),
                ("pkg/run.py", "import subprocess\nrun = subprocess.run"),
                ("pkg/server.py", "from .run import run\nrun('x')"),
            ],
            "subprocess.run",
        ),
        (
            &[
                ("pkg/__init__.py", ""),
                ("pkg/run.py", "import subprocess\nrun = subprocess.run"),
                ("pkg/server.py", "from pkg import run\nrun.run('x')"),
            ],
            "subprocess.run",
        ),
    ];
    for (files, expected) in cases {
        assert_eq!(last_call(&package(files)), [*expected], "{files:?}");
    }
}

#[test]
fn cyclic_imports_and_recursion_come_to_an_end() {
    let code = package(&[
        ("a.js", "export * from './b.js'; export const x = x1(); function x1() { return x1() }"),
        ("b.js", "export * from './a.js'; import { nothing } from './a.js'; nothing()"),
    ]);
    assert_eq!(last_call(&code), ["./a.js.nothing"]);
}

#[test]
fn literals_are_evaluated_as_far_as_they_go() {
    let cases = [
        ("f({a: 1, b: 'x' + 'y', c: [true, null]})", json!({"a": 1, "b": "xy", "c": [true, null]})),
        ("const base = {a: 1}; f({...base, b: 2})", json!({"a": 1, "b": 2})),
        ("const o = {}; o.a = 'x'; f(o)", json!({"a": "x"})),
        ("const list = ['a']; list.push('b'); f(list)", json!(["a", "b"])),
        ("const N = 'x'; function g() { f({name: `pre-${N}`}) }", json!({"name": "pre-x"})),
        ("f({known: 1, open: g()})", json!({"known": 1})),
    ];
    for (source, expected) in cases {
        let code = package(&[("a.js", source)]);
        let resolver = Resolver::new(&code);
        let unit = &code.units[0];
        let call = unit
            .calls
            .iter()
            .find(|call| matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == "f"));
        let node = unit.list(call.expect("a call of f").arguments)[0];
        let literal = literal::evaluate(&resolver, At { unit: 0, node }).expect("a literal");
        assert_eq!(literal.json, expected, "{source}");
    }
}

/// Whether the first argument of the last call of `sink` gets a value from a call of `source`.
fn reaches(files: &[(&str, &str)]) -> bool {
    let code = package(files);
    let resolver = Resolver::new(&code);
    let flow = Flow::new(&resolver);
    let named = |unit: u32, call: CallId, wanted: &str| {
        let callee = At { unit, node: code.units[unit as usize].call(call).callee };
        resolver.callee_names(callee).iter().any(|name| name.rsplit('.').next() == Some(wanted))
    };
    for unit in 0..u32::try_from(code.units.len()).expect("small") {
        for position in 0..code.units[unit as usize].calls.len() {
            let call = CallId(u32::try_from(position).expect("small"));
            if !named(unit, call, "sink") {
                continue;
            }
            let file = &code.units[unit as usize];
            let node = file.list(file.call(call).arguments)[0];
            let mut found = false;
            flow.walk(At { unit, node }, |at, value| {
                found |= matches!(value, Value::Call(call) if named(at.unit, call, "source"));
                Next::On
            });
            return found;
        }
    }
    panic!("no sink in {files:?}");
}

#[test]
fn values_are_followed_backwards() {
    let cases: &[(&str, bool)] = &[
        ("const x = source(); sink(x)", true),
        ("const x = source(); sink(y)", false),
        ("sink(`a ${source()} b`)", true),
        ("let x = 'a'; if (c) { x = source() } sink(x)", true),
        ("let x = source(); x = 'a'; sink(x)", false),
        ("function f(a, b) { return b } sink(f(source(), 1))", false),
        ("function f(a, b) { return a } sink(f(source(), 1))", true),
        ("function f(a) { sink(a) } f(source())", true),
        ("function f(a) { return a } const y = f(source()); sink(f('b'))", false),
        ("const o = {a: source(), b: 1}; sink(o.b)", false),
        ("const o = {a: source(), b: 1}; sink(o.a)", true),
        ("const o = {a: source()}; sink(JSON.stringify(o))", true),
        ("const {a} = source(); sink(a)", true),
        ("source().then(r => r.text()).then(t => sink(t))", true),
        ("let d = ''; source(r => { r.on('data', c => { d += c }); r.on('end', () => sink(d)) })", true),
        ("const a = []; a.push(source()); sink(a)", true),
        ("for (const x of source()) sink(x)", true),
        ("sink([1, 2].map(x => source()))", true),
        ("class A { constructor(x) { this.x = x } m() { sink(this.x) } } new A(source()).m()", true),
        ("const h = { run: (a) => sink(a) }; h['run'](source())", true),
        ("const h = { run: (a) => sink(a) }; h[name](source())", true),
        ("async function f() { const x = await source(); sink(x ?? 'd') }", true),
        ("try { x = source() } catch (e) {} sink(x)", true),
        ("sink(source() === 'a')", false),
    ];
    for (source, expected) in cases {
        assert_eq!(reaches(&[("a.js", source)]), *expected, "{source}");
    }
}

#[test]
fn values_are_followed_through_python() {
    let cases: &[(&str, bool)] = &[
        ("x = source()\nsink(f'a {x}')", true),
        ("sink('a %s' % source())", true),
        ("sink('{}'.format(source()))", true),
        ("def f(a, *, b):\n  sink(b)\nf(1, b=source())", true),
        ("def f(a, *, b):\n  sink(a)\nf(1, b=source())", false),
        ("def f(**kw):\n  sink(kw['x'])\nf(x=source())", true),
        (
            "class A:\n  def __init__(self, x):\n    self.x = x\n  def m(self):\n    sink(self.x)\nA(source()).m()",
            true,
        ),
        ("d = {'a': source(), 'b': 1}\nsink(d['b'])", false),
        ("args = ['git']\nargs.extend(source())\nsink(args)", true),
        ("with source() as h:\n  sink(h.read())", true),
        ("sink([x for x in source()])", true),
        ("import pathlib\nsink(pathlib.Path('a') / source())", true),
        ("x = 1\nfor y in z:\n  x = source()\nsink(x)", true),
    ];
    for (source, expected) in cases {
        assert_eq!(reaches(&[("a.py", source)]), *expected, "{source}");
    }
}

#[test]
fn flows_cross_three_files() {
    let files = [
        ("a.js", "import { second } from './b.js'; export const first = (x) => second(x);"),
        ("b.js", "import { third } from './c.js'; export function second(y) { return third({ value: y }) }"),
        ("c.js", "export function third(options) { sink(options.value) }"),
        ("main.js", "import { first } from './a.js'; first(source())"),
    ];
    assert!(reaches(&files));
}
