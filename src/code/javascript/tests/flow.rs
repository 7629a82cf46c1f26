//! Branches, conditions, loops and ways out.

use super::{check, exits_of, unit_of};

#[test]
fn joins_branches() {
    check(&[
        ("let x = f(); if (c) x = g(); use(x)", "join(g(), f())"),
        ("let x; if (c) x = f(); else x = g(); use(x)", "join(f(), g())"),
        ("let x = f(); if (a) x = 1; else if (b) x = 2; else x = 3; use(x)", "join(1, 2, 3)"),
        ("let x = f(); if (a) x = 1; else if (x = g()) h(); use(x)", "join(1, g())"),
        ("let x = f(); c && (x = g()); use(x)", "join(g(), f())"),
        ("let x = f(); c ? x = 1 : x = 2; use(x)", "join(1, 2)"),
        ("let x = f(); x ||= g(); use(x)", "(f() || g())"),
        ("let o = f(); o.a ??= g(); use(o.a)", "(f().a || g())"),
        ("let x = f(); while (c) x = g(); use(x)", "join(g(), f())"),
        ("let x = f(); do { x = g() } while (c); use(x)", "g()"),
        ("let x = f(); for (const i of is) { if (i) { x = i; break } } use(x)", "join(item(is), f())"),
        ("let x = f(); a: { if (c) { x = 1; break a } x = 2 } use(x)", "join(1, 2)"),
        ("let x = f(); a: for (;;) for (;;) { x = 1; continue a } use(x)", "join(1, f())"),
        ("let x = f(); try { x = g() } catch { x = h() } use(x)", "join(g(), h())"),
        ("let x = f(); try { x = g(); t() } catch { use(x) }", "join(g(), f())"),
        ("let x = f(); if (c) { x = g(); return } use(x)", "f() if not c"),
        ("let x = f(); switch (k) { case 1: x = 1; break; case 2: x = 2 } use(x)", "join(1, 2, f())"),
        ("let x = f(); switch (k) { case 1: x = 1; break; default: x = 2 } use(x)", "join(1, 2)"),
    ]);
}

#[test]
fn keeps_conditions() {
    check(&[
        ("if (a) use(1); else use(2)", "1 if a; 2 if not a"),
        ("if (a) {} else if (b) use(1); else use(2)", "1 if not a, b; 2 if not a, not b"),
        ("a && use(1); b || use(2); use(3)", "1 if a; 2 if not b; 3"),
        ("a ? use(1) : use(2)", "1 if a; 2 if not a"),
        ("a && b && use(1)", "1 if (a && b)"),
        ("while (a) use(1); use(2)", "1 if a; 2"),
        ("for (let i = 0; i < n; i++) use(1)", "1 if (~i < n)"),
        ("x ??= use(1)", "1 if not x"),
        ("if (a) { if (b) use(1) }", "1 if a, b"),
        ("if (a) on(() => use(1))", "1"),
    ]);
}

#[test]
fn knows_what_failed_after_an_early_exit() {
    check(&[
        ("if (a) return; use(1)", "1 if not a"),
        ("if (!a) throw new Error(); use(1)", "1 if not !a"),
        ("if (a) { return } else { f() } use(1)", "1 if not a"),
        ("if (a) { f() } else { return } use(1)", "1 if a"),
        ("if (a) return; if (b) return; use(1)", "1 if not a, not b"),
        ("if (a) return; else if (b) return; use(1)", "1 if not a, not b"),
        ("for (const x of xs) { if (a) continue; use(1) } use(2)", "1 if not a; 2"),
        ("for (const x of xs) { if (a) break; use(1) }", "1 if not a"),
        ("if (a) process.exit(1); use(1)", "1 if not a"),
        ("a || process.exit(1); use(1)", "1 if a"),
        ("import process from 'node:process'; if (a) { process.exit() } use(1)", "1 if not a"),
        ("function f(process) { if (a) process.exit(1); use(1) }", "1"),
        ("if (c) { if (a) return; use(1) } use(2)", "1 if c, not a; 2"),
    ]);
}

#[test]
fn puts_cases_under_their_test() {
    check(&[
        (
            "switch (n) { case 'a': use(1); break; case 'b': use(2); break; default: use(3) }",
            "1 if (n == 'a'); 2 if (n == 'b'); 3",
        ),
        ("switch (n) { case 'a': case 'b': use(1) }", "1 if ((n == 'a') || (n == 'b'))"),
        ("switch (n) { case 'a': f(); case 'b': use(1) }", "1 if ((n == 'a') || (n == 'b'))"),
        (
            "switch (n) { case 'a': return use(1); case 'b': return use(2) } use(3)",
            "1 if (n == 'a'); 2 if (n == 'b'); 3",
        ),
        (
            "switch (n) { case 'a': { const x = f(); use(x); break } case 'b': { const x = g(); use(x) } }",
            "f() if (n == 'a'); g() if (n == 'b')",
        ),
        ("switch (n) { default: case 'a': use(1) }", "1"),
        ("switch (true) { case n === 'a': use(1) }", "1 if (true == (n == 'a'))"),
    ]);
}

#[test]
fn records_ways_out_with_their_conditions() {
    let cases = [
        ("function f(a) { if (a) return 1; return 2 }", "Return 1 if $a; Return 2 if not $a"),
        ("const f = a => a.b", "Return $a.b"),
        ("function f() { throw new Error('x') }", "Throw new Error('x')"),
        ("function* f() { yield 1; yield* g() }", "Yield 1; Yield g()"),
        ("function f() { try { return 1 } catch (e) { throw e } finally { g() } }", "Return 1; Throw ?"),
        ("function f() {}", ""),
        ("const o = { f() { return 1 } }", "Return 1"),
        ("exports.f = () => 1", "Return 1"),
        ("let f; f = function () { return 1 }", "Return 1"),
        ("const {f = () => 1} = o", "Return 1"),
    ];
    for (source, expected) in cases {
        assert_eq!(exits_of(&unit_of("index.js", source), "f"), expected, "{source}");
    }
}
