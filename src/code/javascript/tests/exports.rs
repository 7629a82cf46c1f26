//! Imports and exports in every form.

use super::{check, check_in, exports_of, print, unit_of};

#[track_caller]
fn exports(cases: &[(&str, &str)]) {
    for &(source, expected) in cases {
        let unit = unit_of("index.js", source);
        assert_eq!(exports_of(&unit), expected, "\n{source}");
    }
}

#[test]
fn resolves_imports() {
    check(&[
        (
            "import d, {a as b, 'x-y' as z} from 'm'; import * as ns from 'n'; use(d, b, z, ns.q)",
            "<m>:default, <m>:a, <m>:x-y, <n>:*.q",
        ),
        ("use(a); import a from 'm'", "<m>:default"),
        ("const cp = require('child_process'); use(cp.exec)", "<child_process>:*.exec"),
        ("const {exec: run} = require('node:child_process'); use(run)", "<node:child_process>:*.exec"),
        ("use(require(name))", "require(name)"),
        ("use(require('a' + b))", "require(concat('a', b))"),
        ("function f(require) { use(require('x')) }", "$require('x')"),
        (
            "import {createRequire} from 'module'; const require = createRequire(import.meta.url); use(require('fs'))",
            "<fs>:*",
        ),
        ("var __require = x(); use(__require('fs'))", "<fs>:*"),
        (
            "var q = (a => a)(function (n) { throw Error('Dynamic require of \"' + n) }); use(q('fs'))",
            "<fs>:*",
        ),
        ("async () => use((await import('m')).x)", "<m>:*.x"),
        ("use(import(name), import(`m`))", "import(name), <m>:*"),
    ]);
}

#[test]
fn lists_imported_modules_once_per_statement() {
    let unit = unit_of(
        "index.ts",
        "import 'a'; import {b, c} from 'b'; import type {D} from 'd'; require('e'); export * from 'f'; export {g} from 'g'",
    );
    let modules: Vec<&str> = unit.imports.iter().map(|&module| unit.text(module)).collect();
    assert_eq!(modules, ["a", "b", "e", "f", "g"]);
}

#[test]
fn exports_module_syntax() {
    exports(&[
        ("export const a = 1, {b} = f()", "a=1; b=f().b"),
        ("export function f() {} export class C {}", "f=fn f; C=class C"),
        ("export {x as y}; const x = f()", "y=f()"),
        ("export default f()", "default=f()"),
        ("export default function () {}", "default=fn default"),
        ("export default function named() {}", "default=fn named"),
        ("export default class {}", "default=class ?"),
        ("export default () => 1", "default=fn default"),
        (
            "export * from './a'; export * as ns from './b'; export {c as d} from './c'",
            "*=<./a>:*; ns=<./b>:*; d=<./c>:c",
        ),
        ("import x from 'x'; export {x, x as default}", "x=<x>:default; default=<x>:default"),
    ]);
}

#[test]
fn exports_common_js() {
    exports(&[
        ("exports.a = 1; module.exports.b = 2; exports['c'] = 3", "a=1; b=2; c=3"),
        ("module.exports = {a: 1, b() {}}", "default={a: 1, b: fn b}; a=1; b=fn b"),
        ("module.exports = f", "default=f"),
        ("exports = module.exports = f", "default=f"),
        ("exports.a = exports.b = void 0; exports.a = f", "a=f"),
        ("exports.default = f", "default=f"),
        ("module.exports = require('./x')", "default=<./x>:*; *=<./x>:*"),
        ("module.exports = {...require('./x'), a: 1}", "default={...: <./x>:*, a: 1}; *=<./x>:*; a=1"),
        ("Object.defineProperty(exports, '__esModule', {value: true}); exports.a = 1", "a=1"),
        ("Object.defineProperty(exports, 'x', {enumerable: true, get: function () { return y.z }})", "x=y.z"),
        ("Object.defineProperty(exports, 'x', {get() { return v }})", "x=v"),
        ("__exportStar(require('./x'), exports)", "*=<./x>:*"),
        ("tslib_1.__exportStar(require('./x'), exports)", "*=<./x>:*"),
        ("Object.assign(module.exports, {a: 1})", "a=1"),
        ("function f(exports, module) { exports.a = 1; module.exports = 2 }", ""),
    ]);
}

#[test]
fn exports_what_bundlers_write() {
    let esbuild = "var src = {}; __export(src, {run: () => run, default: () => main}); \
                   module.exports = __toCommonJS(src); function run() {} var main = f(); \
                   0 && (module.exports = {run})";
    let minified = "var o=(e,t)=>{},c=e=>e;var s={};o(s,{run:()=>r});module.exports=c(s);function r(){}";
    let unit = unit_of("index.js", esbuild);
    let named: Vec<String> = unit
        .exports
        .iter()
        .skip(1)
        .map(|export| format!("{}={}", unit.text(export.name), print(&unit, export.value)))
        .collect();
    assert_eq!(named, ["default=~main", "run=fn run"]);
    assert!(exports_of(&unit_of("index.js", minified)).ends_with("; run=fn r"));
}

#[test]
fn fills_a_bundled_module() {
    check(&[
        ("var ns = {}; __export(ns, {a: () => b}); var b = f(); (() => use(ns))", "~ns"),
        ("var ns = {}; __export(ns, {a: () => b}); var b = f(); use(ns.a)", "~b"),
        ("function m(t, e, n) { n.d(e, {a: () => b}); use(e) } var b", "$e with a=~b"),
        ("function m(t, e) { x(e, {a: () => b}); use(e) } var b", "$e"),
    ]);
    check_in("index.mjs", &[("export const x = 1; use(x)", "1")]);
}
