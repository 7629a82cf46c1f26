use super::{check, outs, read, show};

#[test]
fn reads_literals() {
    check("out('a', b'b', 1_000, -2, 1.5, True, None, ...)", r#""a", "b", 1_000, -2, 1.5, true, None, ?"#);
    check("out([1, 'x'], (1,), {2}, {})", r#"[1, "x"], [1], [2], {}"#);
    check("out({'a': 1, k: 2, **rest})", "{a: 1, []: 2, **rest}");
}

#[test]
fn joins_adjacent_strings_into_one_text() {
    check("out('a' 'b'\n'c')", r#""abc""#);
    check("out(f'a' 'b')", r#""ab""#);
}

#[test]
fn puts_f_strings_together_in_order() {
    check("out(f'ls {path}!')", r#"cat("ls ", path, "!")"#);
    check("out('a' f'{b}' 'c')", r#"cat("a", b, "c")"#);
    check("out(f'{x:>{width}}')", "cat(x, width)");
    check("out(f'{x!r}')", "cat(x)");
    check("out(f'{x=}')", r#"cat("x=", x)"#);
}

#[test]
fn puts_template_strings_together() {
    check("out(t'a{b}')", r#"cat("a", b)"#);
}

#[test]
fn flattens_a_run_of_plus() {
    check("out('a' + b + 'c' + d)", r#"cat("a", b, "c", d)"#);
    check("out(a - b + c)", "cat((a ~ b), c)");
    check("out(a + b - c)", "(cat(a, b) ~ c)");
}

#[test]
fn reads_percent_on_text_as_formatting() {
    check("out('ls %s' % path)", r#"cat("ls ", path)"#.replace("ls ", "ls %s").as_str());
    check("out('%s %s' % (a, b))", r#"cat("%s %s", a, b)"#);
    check("out('%(a)s' % {'a': b})", r#"cat("%(a)s", b)"#);
    check("form = '%s'\nout(form % a)", r#"cat("%s", a)"#);
    check("out(a % b)", "(a ~ b)");
}

#[test]
fn keeps_format_a_call_and_slash_its_own_operator() {
    check("out('{}'.format(x))", r#""{}".format(x)"#);
    check("out(base / 'a' / name)", r#"((base / "a") / name)"#);
    check("out(a ** b, a | b, ~a)", "(a ~ b), (a ~ b), (0 ~ a)");
}

#[test]
fn compares() {
    check("out(a == b, a is not b, a < b)", "(a == b), (a != b), (a < b)");
    check("out(a in b, a not in b, not a)", "(a in b), (a not in b), !a");
    check("out(0 < a < 9)", "((0 < a) && (a < 9))");
}

#[test]
fn reads_members_elements_and_slices() {
    check("out(a.b.c)", "a.b.c");
    check("out(a['b'])", "a.b");
    check("out(a[i], a[0])", "a[i], a[0]");
    check("out(a[1:n])", "a[?]");
}

#[test]
fn reads_calls_with_every_kind_of_argument() {
    check("out(f(1, *a, k=2, **b))", "f(1, *a, k=2, **b)");
    check("out(await f(x))", "f(x)");
    check("out(a.b(1).c(2)[3].d())", "a.b(1).c(2)[3].d()");
}

#[test]
fn reads_choices_and_logic() {
    check("out(a if c else b)", "(c ? a : b)");
    check("out(a and b and c)", "((a && b) && c)");
    check("out(a or 'x')", r#"(a || "x")"#);
}

#[test]
fn reads_comprehensions_as_one_element() {
    check("out([f(x) for x in xs if x])", "[f(item(xs))]");
    check("out({x for x in xs})", "[item(xs)]");
    check("out({k: v for k, v in d.items()})", "{[]: item(d.items())[1]}");
    check("out(x for a in xs for x in a)", "[item(item(xs))]");
}

#[test]
fn keeps_comprehension_names_inside() {
    check("x = 1\ny = [x for x in xs]\nout(x)", "1");
    check("def f():\n    ys = [(last := x) for x in xs]\n    out(last)", "item(xs)");
}

#[test]
fn assigns_and_unpacks() {
    check("a = b = 1\nout(a, b)", "1, 1");
    check("a, b = 1, 2\nout(a, b)", "1, 2");
    check("a, b = b, a = f()\nout(a)", "f()[1]");
    check("(a, [b, c]) = f()\nout(c)", "f()[1][1]");
    check("a, *b, c = f()\nout(a, b, c)", "f()[0], f(), item(f())");
    check("a: int = 3\nout(a)", "3");
    check("if (n := f()) > 1:\n    out(n)", "f()");
}

#[test]
fn augments() {
    check("a = 'x'\na += b\nout(a)", r#"cat("x", b)"#);
    check("p /= 'x'\nout(p)", r#"(p* / "x")"#);
    check("d = {}\nd['n'] += 1\nout(d)", "{}<n: cat({}.n, 1)>");
}

#[test]
fn follows_members_and_elements_that_are_assigned() {
    check("d = {}\nd['k'] = 1\nout(d['k'])", "1");
    check("d = {}\nd[i] = 1\nout(d)", "{}<[]: 1>");
    check("o = f()\no.x = 2\nout(o.x)", "2");
    check("o = f()\no.x.y = 2\nout(o.x.y)", "2");
    check("import os\nos.environ['A'] = '1'\nout(os)", "os:*");
}

#[test]
fn follows_methods_that_change_their_object() {
    check("a = ['git']\na.append(x)\nout(a)", r#"["git"]<[]: x>"#);
    check("a = []\na.extend(xs)\nout(a)", "[]<...: xs>");
    check("a = []\na.insert(0, x)\nout(a)", "[]<[]: x>");
    check("d = {}\nd.update({'a': 1}, b=2)\nout(d)", "{}<...: {a: 1}><b: 2>");
    check("d = {}\nd.setdefault('a', []).append(1)\nout(d)", "{}<a: []>");
    check("s = set()\ns.add(x)\nout(s)", "set()<[]: x>");
}

#[test]
fn names_functions_after_what_they_are_assigned_to() {
    check("f = lambda a: a\nout(f)", "fn f");
}

#[test]
fn places_calls_of_long_chains_on_the_line_of_their_name() {
    let unit = read("x = (client\n    .get('/a')\n    .json()\n)\nclient.post(1)\nopen(\n  'a'\n).read()");
    let lines: Vec<u32> = unit.calls.iter().map(|call| unit.line(unit.nodes[call.node.index()].at)).collect();
    assert_eq!(lines, [2, 3, 5, 6, 8]);
}

#[test]
fn evaluates_arguments_before_the_call() {
    let unit = read("f(g(), k=h())\n");
    let names: Vec<String> = unit.calls.iter().map(|call| show::node(&unit, call.callee)).collect();
    assert_eq!(names, ["g", "h", "f"]);
}

#[test]
fn lowers_calls_in_annotations_decorators_defaults_and_deletes() {
    let unit = read(
        "@a()\ndef f[T: b()](x: c() = d()) -> e():\n    pass\nclass C(g(), metaclass=h()): pass\ndel i()[j()]\nv: k()\n",
    );
    assert_eq!(unit.calls.len(), 10);
    assert!(outs(&unit).is_empty());
}
