//! Expressions, destructuring and assignments.

use super::{check, check_in};

#[test]
fn lowers_literals() {
    check(&[
        (
            "use('a', 1.5, 0x1F, 10n, true, null, undefined, void 0)",
            "'a', 1.5, 0x1F, 10, true, null, null, null",
        ),
        ("use(-1, !0, !1, `text`, ``)", "-1, true, false, 'text', ''"),
        ("use(/a+b/gi)", "/a+b/gi"),
        ("use([1, , ...xs])", "[1, null, ...xs]"),
        (
            "use({a: 1, 'b-c': 2, 3: 4, [k]: 5, ['d']: 6, ...rest})",
            "{a: 1, b-c: 2, 3: 4, []: 5, d: 6, ...: rest}",
        ),
        ("const a = 'x'; use({a})", "{a: 'x'}"),
        ("use({f() {}, get g() { return 1 }, h: () => 2})", "{f: fn f, g: fn g, h: fn h}"),
    ]);
}

#[test]
fn joins_text_in_order() {
    check(&[
        ("use('a' + b + 'c')", "concat('a', b, 'c')"),
        ("use(`a${b}c${d}`)", "concat('a', b, 'c', d)"),
        ("use(`${b}`)", "concat(b)"),
        ("use(a - b + c + d * e)", "concat((a - b), c, (d - e))"),
        ("use(a + b - c)", "(concat(a, b) - c)"),
        ("use(tag`x${y}z`)", "tag tag(concat('x', y, 'z'), y)"),
        ("let s = f(); s += 'x'; use(s)", "concat(f(), 'x')"),
    ]);
}

#[test]
fn lowers_operators() {
    check(&[
        (
            "use(a === b, a != b, a < b, 'k' in o, a instanceof B)",
            "(a == b), (a != b), (a < b), ('k' in o), (a instanceof B)",
        ),
        ("use(!a, -a, typeof a)", "!a, (? - a), typeof(a)"),
        ("use(a && b || c, (a || b) ?? c)", "((a && b) || c), ((a || b) || c)"),
        ("use(a ? b : c)", "(a ? b : c)"),
        ("use((a, b, c))", "c"),
        ("use(a?.b?.(c)?.[d])", "a.b(c)[d]"),
        ("async function f() { use(await g()) }", "g()"),
        ("use(new Foo(1), new Bar)", "new Foo(1), new Bar()"),
        ("function f() { use(new.target, delete a.b) }", "new.target, ?"),
        ("use(import.meta.url); export {}", "import.meta.url"),
        ("let i = 5; use(i++); use(i)", "~i; (~i - 1)"),
        ("let i = 5; use(++i)", "(~i - 1)"),
    ]);
}

#[test]
fn follows_members() {
    check(&[
        ("use(a.b['c'][0])", "a.b.c[0]"),
        ("const o = f(); o.x = 'v'; use(o.x, o.y, o)", "'v', f() with x='v'.y, f() with x='v'"),
        ("const o = f(); o['x'] = 1; o[k] = 2; use(o)", "f() with x=1 with []=2"),
        ("const o = f(); o.a.b = 1; use(o.a.b)", "1"),
        ("const o = f(); o.a.b = 1; use(o)", "f() with a=f().a with b=1"),
        ("const o = f(); o.n += 'x'; use(o.n)", "concat(f().n, 'x')"),
        ("f().a.b = 1; use(2)", "2"),
        ("process.env.X = 'v'; use(process.env.X)", "process.env.X"),
    ]);
}

#[test]
fn remembers_what_methods_put_into_an_object() {
    check(&[
        ("const a = f(); a.push(x, ...y); use(a)", "f() with []=x with []=item(y)"),
        ("const m = new Map(); m.set('k', v); use(m)", "new Map() with k=v"),
        ("const m = new Map(); m.set(k, v); use(m)", "new Map() with []=v"),
        ("const a = f(); a.splice(0, 1, x); use(a)", "f() with []=x"),
        ("const a = f(); Object.assign(a, b, c); use(a)", "f() with ...=b with ...=c"),
        ("const a = f(); a.list.push(x); use(a)", "f() with list=f().list with []=x"),
        ("other.push(x); use(other)", "other"),
    ]);
}

#[test]
fn takes_values_apart() {
    check(&[
        ("const {a, b: c, ...rest} = f(); use(a, c, rest)", "f().a, f().b, f()"),
        ("const {a = 1} = f(); use(a)", "join(f().a, 1)"),
        ("const {a: {b: [c, d]}} = f(); use(c, d)", "f().a.b[0], f().a.b[1]"),
        ("const [a, , b = 2, ...rest] = f(); use(a, b, rest)", "f()[0], join(f()[2], 2), f()"),
        ("const {['a']: x, [k]: y} = f(); use(x, y)", "f().a, f()[?]"),
        ("let a, b; [a, b] = f(); use(a, b)", "f()[0], f()[1]"),
        ("let a, o = f(); ({a = 1, b: o.c} = g()); use(a, o)", "join(g().a, 1), f() with c=g().b"),
        (
            "for (const [k, v] of Object.entries(o)) use(k, v)",
            "item(Object.entries(o))[0], item(Object.entries(o))[1]",
        ),
        ("for (const k in o) use(k)", "item(o)"),
        ("let x; for (x of xs) use(x)", "item(xs)"),
        ("try { f() } catch ({message}) { use(message) }", "?.message"),
    ]);
}

#[test]
fn binds_parameters() {
    check(&[
        ("function f(a, b = 1, ...c) { use(a, b, c) }", "$a, join($b, 1), $c"),
        ("const f = ({name, arguments: args = {}}) => use(name, args)", "$0.name, join($0.arguments, {})"),
        (
            "f(async ({params: {name, arguments: {path = '.'}}}) => { use(name, path) })",
            "$0.params.name, join($0.params.arguments.path, '.')",
        ),
        ("f(({a} = {a: 1}) => use(a))", "join($0, {a: 1}).a"),
        ("f(([x, {y}]) => use(x, y))", "$0[0], $0[1].y"),
        ("const f = function g() { use(g) }", "~g"),
    ]);
}

#[test]
fn reads_captured_variables_as_any_of_their_values() {
    check(&[
        ("const dir = f(); function g() { use(dir) }", "~dir"),
        ("function g() { use(later) } const later = f();", "~later"),
        ("let body = ''; on(chunk => { body += chunk }); use(body)", "~body"),
        ("let body = f(); body = g(); use(body)", "g()"),
        ("function outer(a) { return () => use(a) }", "~a"),
        ("if (c) { var late = 1 } (() => use(late))()", "~late"),
        ("use(f); function f() {}", "fn f"),
        ("{ let x = f(); use(x) } use(x)", "f(); x"),
        ("const exec = 1; { use(exec); }", "1"),
    ]);
}

#[test]
fn sees_through_type_syntax() {
    check_in(
        "index.ts",
        &[
            ("use(a as string, b!, <T>c, d satisfies E, f<string>)", "a, b, c, d, f"),
            ("enum E { A, B = 'b' } use(E)", "{A: 0, B: 'b'}"),
            ("namespace N { export const x = f(); const y = 2 } use(N.x)", "{x: f()}.x"),
            ("namespace A.B { export const x = f() } use(A)", "{B: {x: f()}}"),
            ("declare const x: string; use(x)", "x"),
            ("import fs = require('fs'); use(fs.rm)", "<fs>:*.rm"),
            ("import type { T } from './t'; interface I { a: T } type U = I; use(1)", "1"),
            ("function f(this: X, a?: string) { use(a) }", "$a"),
            ("let o = f(); (o as any).x = 1; use(o)", "f() with x=1"),
            ("function f(a: string): void; function f(a: any) { use(a) }", "$a"),
            ("abstract class C { abstract m(): void; n() { use(this) } }", "this:C"),
        ],
    );
}
