//! Classes, JSX, positions, names and what is said about the file.

use super::{check, check_in, print, unit_of};
use crate::code::graph::{FunctionKind, Loses, ParameterKind};

#[test]
fn knows_this_in_classes_alone() {
    check(&[
        ("class C { m() { use(this.x) } }", "this:C.x"),
        ("class C { f = () => use(this) }", "this:C"),
        ("class C { m() { on(() => use(this)) } }", "this:C"),
        ("class C { m() { on(function () { use(this) }) } }", "this"),
        ("const o = { m() { use(this) } }", "this"),
        ("class C { m() { use(super.m) } }", "super.m"),
        ("class C { #p = 1; m() { use(this.#p, #p in this) } }", "this:C.#p, ('#p' in this:C)"),
        ("class C { static { use(this) } }", "this:C"),
        ("const A = class B { m() { use(B) } }", "~B"),
    ]);
}

#[test]
fn collects_members_of_a_class() {
    let source = "@d class C extends B { a = f(); static b = 2; constructor(x) { super(x); this.c = x; this.d.e = 1; this.list.push(x) } \
                  @m m() {} get g() { return 1 } set g(v) {} static s() {} ['k'](){} #p() {} }";
    let unit = unit_of("index.ts", source);
    let class = &unit.classes[0];
    assert_eq!(class.bases.iter().map(|&base| print(&unit, base)).collect::<Vec<_>>(), ["B"]);
    assert_eq!(class.decorators.iter().map(|&node| print(&unit, node)).collect::<Vec<_>>(), ["d"]);
    let fields: Vec<String> = class
        .fields
        .iter()
        .map(|&(name, value)| format!("{}={}", unit.text(name), print(&unit, value)))
        .collect();
    assert_eq!(fields, ["a=f()", "b=2", "c=$x", "d=this:C.d with e=1", "list=this:C.list with []=$x"]);
    let methods: Vec<(&str, FunctionKind)> = class
        .methods
        .iter()
        .map(|&(name, function)| (unit.text(name), unit.function(function).kind))
        .collect();
    assert_eq!(
        methods,
        [
            ("constructor", FunctionKind::Constructor),
            ("m", FunctionKind::Method),
            ("g", FunctionKind::Getter),
            ("g", FunctionKind::Setter),
            ("s", FunctionKind::Static),
            ("k", FunctionKind::Method),
            ("#p", FunctionKind::Method),
        ]
    );
    let decorated = unit.function(class.methods[1].1);
    assert_eq!(decorated.decorators.iter().map(|&node| print(&unit, node)).collect::<Vec<_>>(), ["m"]);
}

#[test]
fn turns_parameter_properties_into_fields() {
    let unit = unit_of("index.ts", "class C { constructor(private readonly run: Runner, plain: string) {} }");
    let fields: Vec<String> = unit.classes[0]
        .fields
        .iter()
        .map(|&(name, value)| format!("{}={}", unit.text(name), print(&unit, value)))
        .collect();
    assert_eq!(fields, ["run=$run"]);
}

#[test]
fn keeps_annotations_that_are_names() {
    let unit = unit_of(
        "index.ts",
        "import {Runner} from './r'; function f(a: Runner, b: string, c: A.B, ...d: any[]) {}",
    );
    let parameters: Vec<(&str, Option<String>, ParameterKind)> = unit.functions[1]
        .parameters
        .iter()
        .map(|parameter| {
            let annotation = parameter.annotation.map(|node| print(&unit, node));
            (unit.text(parameter.name), annotation, parameter.kind)
        })
        .collect();
    assert_eq!(
        parameters,
        [
            ("a", Some("~Runner".to_owned()), ParameterKind::Plain),
            ("b", None, ParameterKind::Plain),
            ("c", None, ParameterKind::Plain),
            ("d", None, ParameterKind::Rest),
        ]
    );
}

#[test]
fn lowers_jsx() {
    check_in(
        "index.jsx",
        &[
            (
                "use(<a href={x} b=\"c\" d {...e}>t {y}<B/></a>)",
                "'a'({href: x, b: 'c', d: true, ...: e}, 't ', y, B({}))",
            ),
            ("use(<><x.y.Z/></>)", "'Fragment'(x.y.Z({}))"),
        ],
    );
    check_in("index.tsx", &[("use(<A b={c as string}/>)", "A({b: c})")]);
}

#[test]
fn names_functions_after_what_they_are_assigned_to() {
    let source = "const a = () => 1; let b; b = function () {}; o.c = () => 2; const d = {e: () => 3, f() {}}; class G { h = () => 4 } function i(j = () => 5) {}";
    let unit = unit_of("index.js", source);
    let names: Vec<&str> =
        unit.functions.iter().filter_map(|function| function.name).map(|name| unit.text(name)).collect();
    assert_eq!(names, ["i", "a", "b", "c", "e", "f", "h", "j"]);
}

#[test]
fn places_chained_calls_on_their_own_line() {
    let unit = unit_of("index.js", "z\n  .object()\n  .strict()\n  .min(1);\nlast(1)");
    let lines: Vec<u32> = unit.calls.iter().map(|call| unit.line(unit.nodes[call.node.index()].at)).collect();
    assert_eq!(lines, [1, 3, 4, 5]);
}

#[test]
fn records_the_function_around_a_call() {
    let unit = unit_of("index.js", "a(); function f() { b(); (() => c())() }");
    let names: Vec<Option<&str>> =
        unit.calls.iter().map(|call| unit.function(call.function).name.map(|name| unit.text(name))).collect();
    assert_eq!(names, [None, Some("f"), Some("f"), None]);
    assert_eq!(unit.function(unit.calls[3].function).parent, Some(unit.calls[1].function));
}

#[test]
fn reads_every_extension() {
    check_in("bin/cli", &[("#!/usr/bin/env node\nuse(1)", "1")]);
    check_in("a.cjs", &[("use(require('fs').rm); return", "<fs>:*.rm")]);
    check_in("a.mjs", &[("use(await f())", "f()")]);
    check_in(
        "a.js",
        &[("use(await f()); export {}", "f()"), ("with (o) { use(1) }", "1"), ("use(<a/>)", "'a'({})")],
    );
    check_in("a.mts", &[("use(<string>x)", "x")]);
    check_in("a.cts", &[("import fs = require('fs'); use(fs)", "<fs>:*")]);
    check_in("a.js", &[("\u{feff}use(1)", "1")]);
}

#[test]
fn keeps_the_tree_of_a_file_with_recoverable_errors() {
    let unit = unit_of("index.js", "let a; let a; use(1); break");
    assert!(unit.problems.iter().all(|problem| problem.loses == Loses::Nothing), "{:?}", unit.problems);
    assert_eq!(unit.calls.len(), 1);
}

#[test]
fn says_that_an_unreadable_file_is_lost() {
    let unit = unit_of("index.js", "function ( {{{ \u{1b}[31m");
    assert!(!unit.problems.is_empty());
    assert!(
        unit.problems.iter().all(|problem| problem.loses == Loses::Code && !problem.why.contains('\u{1b}'))
    );
}

#[test]
fn marks_bundles() {
    let minified = format!("var a={};", "[1,2,3],".repeat(4_000));
    let cases = [
        ("const a = 1;\nconst b = 2;\n", false),
        ("var require_x = __commonJS({});", true),
        ("function m(t, e, __webpack_require__) {}", true),
        ("// node_modules/zod/index.js\nvar z;", true),
        ("/*! For license information see x.txt */", true),
        (minified.as_str(), true),
    ];
    for (source, expected) in cases {
        assert_eq!(unit_of("index.js", source).bundled, expected, "{}", &source[..20]);
    }
}
