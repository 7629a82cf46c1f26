use super::{check, outs, read, show};
use crate::code::graph::{ExitKind, FunctionKind, Loses, ParameterKind, Unit};

/// Checks the exports, sorted as they come.
fn check_exports(source: &str, expected: &str) {
    let unit = read(source);
    let shown: Vec<String> = unit
        .exports
        .iter()
        .map(|export| format!("{} = {}", unit.text(export.name), show::node(&unit, export.value)))
        .collect();
    assert_eq!(shown.join("; "), expected, "{source}");
}

fn imports(unit: &Unit) -> Vec<&str> {
    unit.imports.iter().map(|&module| unit.text(module)).collect()
}

#[test]
fn imports_modules_and_names() {
    check("import os\nout(os.system)", "os:*.system");
    check("import a.b.c\nout(a)", "a:*");
    check("import a.b as x\nout(x)", "a.b:*");
    check("from a.b import c as d\nout(d)", "a.b:c");
    check("from . import x\nfrom ..pkg.mod import f\nout(x, f)", ".:x, ..pkg.mod:f");
    assert_eq!(imports(&read("import a.b.c, d\nfrom e import f")), ["a.b.c", "a", "d", "e"]);
}

#[test]
fn imports_by_literal_name() {
    check("out(__import__('os'), __import__('a.b'))", "os:*, a:*");
    check("import importlib\nout(importlib.import_module('a.b'))", "a.b:*");
    check("from importlib import import_module as load\ndef f():\n    out(load('x'))", "x:*");
    check("out(__import__(name))", "__import__(name)");
}

#[test]
fn sees_through_ways_to_reach_a_name() {
    check("import builtins\nout(builtins.exec, __builtins__.eval)", "exec, eval");
    check("from builtins import exec as run\nout(run)", "exec");
    check("import os\nout(getattr(os, 'sys' + 'tem'))", "os:*.system");
    check("import os\nname = 'system'\ndef f():\n    out(getattr(os, name))", "os*.system");
    check("out(getattr(a, b))", "getattr(a, b)");
    check("out(__import__('o' + 's'))", "os:*");
}

#[test]
fn takes_undeclared_names_from_star_imports() {
    let unit = read("from os import *\nfrom .a import *\nsystem('x')");
    assert_eq!(show::node(&unit, unit.calls[0].callee), "(os:system | .a:system | system)");
    let unit = read("from a import *\nx = __import__('os')\n");
    assert_eq!(show::node(&unit, unit.exports[1].value), "os:*");
}

#[test]
fn exports_what_the_module_ends_with() {
    check_exports("x = 1\nx = 2\n", "x = 2");
    check_exports("if c:\n    x = 1\nelse:\n    x = 2\n", "x = (1 | 2)");
    check_exports("def f(): pass\nclass C: pass\nimport os\n", "f = fn f; C = class C; os = os:*");
    check_exports("from a import *\n", "* = a:*");
    check_exports(
        "x = None\ndef f():\n    global x, y\n    x = 1\n    y = 2\n",
        "x = (None | 1); f = fn f; y = 2",
    );
    check_exports("xs = []\ndef f(a):\n    xs.append(a)\n", "xs = ([] | xs*<[]: $a>); f = fn f");
}

#[test]
fn makes_names_of_a_function_its_own() {
    check("x = 1\ndef f():\n    out(x)\n", "x*");
    check("x = 1\ndef f():\n    x = 2\n    out(x)\n", "2");
    check("def f():\n    out(x)\n    x = 2\n", "x*");
    check("def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n        out(a)\n", "a*");
    check("def f(a):\n    return [out(a) for _ in xs]", "$a");
}

#[test]
fn hides_class_names_from_methods() {
    check("class C:\n    x = 1\n    y = out(x)\n    def m(self):\n        out(x)\n", "1; x");
}

#[test]
fn reads_parameters_of_every_kind() {
    let unit = read("def f(a, /, b: int, *c, d=1, **e): pass");
    let function = &unit.functions[1];
    let kinds: Vec<(&str, ParameterKind)> =
        function.parameters.iter().map(|parameter| (unit.text(parameter.name), parameter.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("a", ParameterKind::Plain),
            ("b", ParameterKind::Plain),
            ("c", ParameterKind::Rest),
            ("d", ParameterKind::Keyword),
            ("e", ParameterKind::Keywords)
        ]
    );
    assert_eq!(show::node(&unit, function.parameters[1].annotation.unwrap()), "int");
    assert_eq!(show::node(&unit, function.parameters[3].default.unwrap()), "1");
}

#[test]
fn reads_quoted_annotations() {
    let unit = read("def f(a: 'Optional[x.Y]', b: \"int | None\", c: 'not a type!', d: 'g()'): pass");
    let shown: Vec<String> = unit.functions[1]
        .parameters
        .iter()
        .map(|parameter| show::node(&unit, parameter.annotation.unwrap()))
        .collect();
    assert_eq!(shown, ["Optional[x.Y]", "(int ~ None)", "\"not a type!\"", "\"g()\""]);
}

#[test]
fn keeps_decorators_and_the_function_behind_the_name() {
    let unit = read("@mcp.tool('n')\n@other\nasync def f(): pass\nout(f)");
    let function = &unit.functions[1];
    let shown: Vec<String> = function.decorators.iter().map(|&node| show::node(&unit, node)).collect();
    assert_eq!(shown, ["mcp.tool(\"n\")", "other"]);
    assert_eq!(show::node(&unit, unit.list(outs(&unit)[0].arguments)[0]), "fn f");
    assert_eq!(unit.line(unit.nodes[function.node.index()].at), 3);
}

#[test]
fn cleans_docstrings() {
    let cases = [
        ("'''One.'''", "One."),
        ("'''One.\n\n    Two.\n      Three.\n    '''", "One.\n\nTwo.\n  Three."),
        ("'''\n    One.\n\n    '''", "One."),
        ("'''  One.\n\tTwo.'''", "One.\nTwo."),
        ("'One ' 'two.'", "One two."),
    ];
    for (doc, expected) in cases {
        let unit = read(&format!("def f():\n    {doc}\n    return 1\n"));
        assert_eq!(unit.functions[1].doc.map(|doc| unit.text(doc)), Some(expected), "{doc}");
    }
    assert_eq!(read("def f():\n    f'x{1}'\n").functions[1].doc, None);
}

#[test]
fn reads_classes() {
    let unit = read(
        "@d\nclass C(B, metaclass=M):\n    'Doc.'\n    kind: str = 'k'\n    size: int\n    def __init__(self, a):\n        self.a = a\n    @property\n    def p(self): return self.a\n    @staticmethod\n    def s(x): return x\n    @classmethod\n    def c(cls): return cls\n",
    );
    let class = &unit.classes[0];
    let names = |pairs: &[(crate::code::graph::Atom, crate::code::graph::NodeId)]| -> Vec<String> {
        pairs
            .iter()
            .map(|&(name, node)| format!("{}: {}", unit.text(name), show::node(&unit, node)))
            .collect()
    };
    assert_eq!(unit.text(class.doc.unwrap()), "Doc.");
    assert_eq!(class.bases.iter().map(|&base| show::node(&unit, base)).collect::<Vec<_>>(), ["B"]);
    assert_eq!(class.decorators.len(), 1);
    assert_eq!(names(&class.fields), ["kind: \"k\"", "a: $a"]);
    assert_eq!(names(&class.annotations), ["kind: str", "size: int"]);
    let kinds: Vec<FunctionKind> =
        class.methods.iter().map(|&(_, function)| unit.function(function).kind).collect();
    assert_eq!(
        kinds,
        [FunctionKind::Constructor, FunctionKind::Getter, FunctionKind::Static, FunctionKind::Method]
    );
}

#[test]
fn knows_the_object_in_methods_and_their_closures() {
    check("class C:\n    def m(self):\n        out(self.x)\n", "this C.x");
    check("class C:\n    def m(self):\n        def g():\n            out(self.x)\n", "this C.x");
    check("class C:\n    @staticmethod\n    def m(x):\n        out(x)\n", "$x");
    check("class C:\n    def m(self):\n        f = lambda: out(self)\n", "this C");
}

#[test]
fn collects_fields_that_methods_change() {
    let unit = read(
        "class C:\n    def m(self, a):\n        self.xs.append(a)\n        self.n += 1\n        self.d['k'] = a\n",
    );
    let fields: Vec<String> = unit.classes[0]
        .fields
        .iter()
        .map(|&(name, node)| format!("{}: {}", unit.text(name), show::node(&unit, node)))
        .collect();
    assert_eq!(fields, ["xs: this C.xs<[]: $a>", "n: cat(this C.n, 1)", "d: this C.d<k: $a>"]);
}

#[test]
fn collects_ways_out() {
    let unit =
        read("def f(a):\n    if a:\n        raise E(a)\n    yield a\n    yield from b\n    return 1\n");
    let exits: Vec<(ExitKind, String)> =
        unit.functions[1].exits.iter().map(|exit| (exit.kind, show::node(&unit, exit.value))).collect();
    let expected = [
        (ExitKind::Throw, "E($a)"),
        (ExitKind::Yield, "$a"),
        (ExitKind::Yield, "item(b)"),
        (ExitKind::Return, "1"),
    ];
    assert_eq!(exits, expected.map(|(kind, value)| (kind, value.to_owned())));
}

#[test]
fn lowers_nested_bodies_after_the_body_around_them() {
    check("def f():\n    def g():\n        out(1)\n    out(2)\nout(3)\n", "3; 2; 1");
    check("f = lambda x: out(x)\nout(0)", "0; $x");
}

#[test]
fn reports_syntax_errors_and_keeps_the_rest() {
    let unit = read("def f(:\n    pass\nout(1)\n");
    assert_eq!(unit.problems.len(), 1);
    assert_eq!(unit.problems[0].loses, Loses::Code);
    assert_eq!(unit.line(unit.problems[0].at), 1);
    assert_eq!(outs(&unit).len(), 1);
}

#[test]
fn marks_vendored_files() {
    let bundled = |path: &str| super::super::lower(0, path, "x = 1").bundled;
    assert!(bundled("a/_vendor/b.py"));
    assert!(bundled("site-packages/b.py"));
    assert!(!bundled("a/vendors.py"));
}
