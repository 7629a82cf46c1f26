use super::{check, check_when};

#[test]
fn joins_branches() {
    check("x = 1\nif c:\n    x = 2\nout(x)", "(2 | 1)");
    check("if c:\n    x = 1\nelif d:\n    x = 2\nelse:\n    x = 3\nout(x)", "(1 | 2 | 3)");
    check("x = 1\nif c:\n    x = 2\n    raise E\nout(x)", "1");
}

#[test]
fn names_the_conditions_of_branches() {
    check_when("if a:\n    out()\nelif b:\n    out()\nelse:\n    out()", "a; !a & b; !a & !b");
    check_when("if a:\n    pass\nout()", "");
    check_when("a and out()\nb or out()", "a; !b");
    check_when("x = out() if a else out()", "a; !a");
    check_when("[out(x) for x in xs if a]", "a");
}

#[test]
fn keeps_what_an_early_exit_implies() {
    check_when("def f():\n    if a:\n        return\n    out()", "!a");
    check_when("def f():\n    if not a:\n        raise E\n    out()", "!!a");
    check_when("def f():\n    if a:\n        pass\n    else:\n        return\n    out()", "a");
    check_when("def f():\n    if a:\n        return\n    elif b:\n        raise E\n    out()", "!a & !b");
    check_when("def f():\n    if a:\n        pass\n    elif b:\n        return\n    out()", "");
    check_when("for x in xs:\n    if a:\n        continue\n    out()", "!a");
    check_when("import sys\nif a:\n    sys.exit(1)\nout()", "!a");
    check_when("def f():\n    a or exit()\n    out()", "a");
    check_when("import os as system\nif a:\n    system._exit(1)\nout()", "!a");
}

#[test]
fn keeps_assertions() {
    check_when("assert a, 'no'\nout()", "a");
}

#[test]
fn sees_what_walrus_tests_assign() {
    check("if (m := f()):\n    pass\nelif (m := g()):\n    pass\nout(m)", "g()");
}

#[test]
fn carries_values_round_loops() {
    check("x = 1\nfor i in xs:\n    out(x)\n    x = i\n", "(1 | item(xs))");
    check("x = 1\nwhile c:\n    x = 2\nout(x)", "(1 | 2)");
    check("r = []\nfor i in xs:\n    r.append(i)\nout(r)", "([] | …<[]: item(xs)>)");
}

#[test]
fn keeps_what_is_assigned_before_a_break() {
    check("x = None\nfor i in xs:\n    if i:\n        x = i\n        break\nout(x)", "(None | item(xs))");
    check("while True:\n    x = f()\n    if x:\n        break\nout(x)", "f()");
}

#[test]
fn knows_the_condition_of_a_loop() {
    check_when("while a:\n    out()\nout()", "a; !a");
    check_when("while a:\n    break\nout()", "");
    check_when("while True:\n    out()", "");
}

#[test]
fn binds_loop_and_context_targets() {
    check("for k, v in d.items():\n    out(v)", "item(d.items())[1]");
    check("async def f():\n    async for x in xs:\n        out(x)", "item(xs)");
    check("with open(p) as f, g() as (a, b):\n    out(f, b)", "open(p), g()[1]");
    check("for x in xs:\n    pass\nelse:\n    out(x)", "item(xs)");
}

#[test]
fn joins_handlers() {
    check("x = 1\ntry:\n    x = 2\nexcept E:\n    out(x)\n", "(1 | 2)");
    check("try:\n    x = 1\nexcept E as e:\n    x = e\nfinally:\n    out(x)", "(1 | ?)");
    check("try:\n    import a\nexcept ImportError:\n    a = None\nout(a)", "(a:* | None)");
    check("def f():\n    try:\n        x = g()\n    except E:\n        return\n    out(x)", "g()");
}

#[test]
fn matches_cases() {
    check_when(
        "match n:\n    case 'a':\n        out()\n    case 'b' | 'c':\n        out()\n    case _:\n        out()",
        r#"(n == "a"); !(n == "a") & ((n == "b") || (n == "c")); !(n == "a") & !((n == "b") || (n == "c"))"#,
    );
    check_when("match n:\n    case int() if a:\n        out()", "(n isinstance int) & a");
    check_when("match n:\n    case None:\n        out()", "(n == None)");
}

#[test]
fn binds_what_patterns_capture() {
    check("match n:\n    case {'k': v, **rest}:\n        out(v, rest)", "n.k, n");
    check("match n:\n    case [a, *b]:\n        out(a, b)", "n[0], n");
    check("match n:\n    case C(x=y) as z:\n        out(y, z)", "n.x, n");
    check("match n:\n    case whole:\n        out(whole)", "n");
}
