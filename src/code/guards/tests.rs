//! What is known about a parameter `x` where `sink(x)` is called.

use super::{Guards, Kinds, Place};
use crate::code::{
    flow::{Flow, Next, Visit},
    graph::Value,
    resolve::{At, Resolver},
    tests::package,
};

/// Everything known on the way from the argument of `sink` back to a parameter called `x`.
fn known(path: &str, source: &str) -> Kinds {
    let code = package(&[(path, source)]);
    let resolver = Resolver::new(&code);
    let (flow, guards) = (Flow::new(&resolver), Guards::new(&resolver));
    let unit = &code.units[0];
    let call = unit
        .calls
        .iter()
        .find(|call| matches!(unit.value(call.callee), Value::Global(name) if unit.text(name) == "sink"))
        .expect("a call of sink");
    let start = At { unit: 0, node: unit.list(call.arguments)[0] };
    let mut found: Option<Kinds> = None;
    let look = |visit: &Visit, value: Value| {
        let kinds = visit.kinds | guards.known(visit.at, visit.place);
        if let Value::Parameter(function, position) = value
            && unit.text(unit.function(function).parameters[position as usize].name) == "x"
        {
            found = Some(found.map_or(kinds, |known| known & kinds));
        }
        Next::Knowing(kinds)
    };
    flow.trace(start, Place::call(0, call), look, |_| true);
    found.unwrap_or_else(|| panic!("x does not reach sink in {source}"))
}

fn check(path: &str, cases: &[(&str, Kinds, Kinds)]) {
    for (source, present, absent) in cases {
        let kinds = known(path, source);
        assert_eq!(kinds & *present, *present, "missing in {source}");
        assert!(!kinds.has_any(*absent), "{kinds} in {source}");
    }
}

#[test]
fn conditions_in_scripts_are_judged() {
    use Kinds as K;
    let strong = K::NUMBER | K::ALLOWED | K::PATTERN | K::CONTAINED | K::NO_DASH | K::HOST;
    check(
        "a.js",
        &[
            ("function f(x) { sink(x) }", K::NONE, strong),
            ("function f(x) { if (!['a', 'b'].includes(x)) throw 1; sink(x) }", K::ALLOWED, K::NONE),
            ("function f(x) { if (['a', 'b'].includes(x)) throw 1; sink(x) }", K::NONE, strong),
            ("function f(x, y) { if (!LIST.includes(y)) throw 1; sink(x) }", K::NONE, strong),
            ("function f(x) { if (x === 'a' || x === 'b') sink(x) }", K::ALLOWED, K::NONE),
            ("function f(x) { if (x === 'a' || y) sink(x) }", K::NONE, strong),
            ("function f(x) { if (x !== '.') sink(x) }", K::NONE, strong),
            ("function f(x) { switch (x) { case 'a': sink(x) } }", K::ALLOWED, K::NONE),
            ("function f(x) { if (!/^[a-z]+$/.test(x)) return; sink(x) }", K::PATTERN, K::NONE),
            ("function f(x) { if (/^[a-z]+$/.test(x)) return; sink(x) }", K::NONE, strong),
            ("function f(x) { if (!/[a-z]+/.test(x)) return; sink(x) }", K::NONE, strong),
            ("function f(x) { if (x.startsWith('-')) throw 1; sink(x) }", K::NO_DASH, K::PATTERN),
            ("function f(x) { if (x.includes('..')) throw 1; sink(x) }", K::BLOCKLIST, strong),
            ("function f(x) { if (typeof x !== 'number') throw 1; sink(x) }", K::NUMBER, K::NONE),
            ("function f(x) { if (!Number.isInteger(x)) throw 1; sink(x) }", K::NUMBER, K::NONE),
            (
                "function f(x) { const u = new URL(x); if (u.hostname !== 'a.example') throw 1; sink(x) }",
                K::HOST,
                K::NONE,
            ),
            ("function f(x) { if (!TABLE[x]) throw 1; sink(x) } const TABLE = { a: 1 }", K::ALLOWED, K::NONE),
        ],
    );
}

#[test]
fn paths_are_contained_only_by_checks_that_hold() {
    use Kinds as K;
    let head = "import path from 'path'; import fs from 'fs/promises'; const R = '/srv';";
    let cases: &[(&str, Kinds, Kinds)] = &[
        (
            "function f(x) { const p = path.resolve(R, x); if (!p.startsWith(R + path.sep)) throw 1; sink(p) }",
            K::CONTAINED,
            K::NONE,
        ),
        (
            "function f(x) { const p = path.resolve(R, x); if (!p.startsWith(R + '/')) throw 1; sink(p) }",
            K::CONTAINED,
            K::NONE,
        ),
        (
            "function f(x) { const p = path.resolve(R, x); if (!p.startsWith(R)) throw 1; sink(p) }",
            K::PREFIX | K::SIBLING,
            K::CONTAINED,
        ),
        (
            "const n = p => path.normalize(p); const roots = process.argv.slice(2).map(d => n(path.resolve(d))); \
             function f(x) { const p = n(path.resolve(x)); const ok = roots.some(r => p.startsWith(r)); if (!ok) throw 1; sink(p) }",
            K::PREFIX | K::SIBLING,
            K::CONTAINED,
        ),
        (
            "const n = p => path.normalize(p); const roots = process.argv.slice(2).map(d => n(path.resolve(d)) + path.sep); \
             function f(x) { const p = n(path.resolve(x)); const ok = roots.some(r => p.startsWith(r)); if (!ok) throw 1; sink(p) }",
            K::CONTAINED,
            K::SIBLING,
        ),
        (
            "const n = p => path.normalize(p).toLowerCase(); const roots = process.argv.slice(2).map(d => n(path.resolve(d))); \
             function f(x) { const p = path.isAbsolute(x) ? path.resolve(x) : path.resolve(process.cwd(), x); const q = n(p); \
             if (!roots.some(r => q.startsWith(r))) throw 1; sink(p) }",
            K::PREFIX | K::SIBLING,
            K::CONTAINED | K::UNNORMALISED,
        ),
        (
            "const n = p => path.normalize(p); \
             function f(x) { const p = path.resolve(x); const q = n(p); if (!q.startsWith(R + path.sep)) throw 1; sink(p) }",
            K::CONTAINED,
            K::NONE,
        ),
        (
            "function f(x) { if (!x.startsWith(R + path.sep)) throw 1; sink(path.resolve(x)) }",
            K::UNNORMALISED,
            K::CONTAINED,
        ),
        (
            "function f(x) { const r = path.relative(R, x); if (r.startsWith('..') || path.isAbsolute(r)) throw 1; sink(x) }",
            K::CONTAINED,
            K::NONE,
        ),
        (
            "function inside(p) { const q = path.resolve(p); return dirs.some((d) => q === d || q.startsWith(d + path.sep)); } \
             async function check(y) { const real = await fs.realpath(y); if (!inside(real)) throw new Error(); return real; } \
             async function f(x) { const p = await check(x); sink(p) }",
            K::CONTAINED,
            K::NONE,
        ),
        (
            "function check(y) { if (!path.resolve(y).startsWith(R + '/')) { throw 1 } } function f(x) { check(x); sink(x) }",
            K::CONTAINED,
            K::NONE,
        ),
        ("function check(y) { console.log(y) } function f(x) { check(x); sink(x) }", K::NONE, K::CONTAINED),
        (
            "function check(y) { if (!path.resolve(y).startsWith(R + '/')) { throw 1 } } function f(x) { if (z) check(x); sink(x) }",
            K::NONE,
            K::CONTAINED,
        ),
        (
            "function check(y) { if (!path.resolve(y).startsWith(R + '/')) { throw 1 } } function f(x) { sink(x); check(x) }",
            K::NONE,
            K::CONTAINED,
        ),
        (
            "function isSafe(y) { return true } function f(x) { if (!isSafe(x)) throw 1; sink(x) }",
            K::NONE,
            K::CONTAINED,
        ),
        (
            "function validate(y) { const p = path.resolve(y); return p.startsWith(R + '/') ? { ok: true, p } : { ok: false }; } \
             function f(x) { const p = path.resolve(x); if (!p.startsWith(R + '/')) return { ok: false }; sink(p) }",
            K::CONTAINED,
            K::NONE,
        ),
    ];
    for (source, present, absent) in cases {
        check("a.js", &[(&format!("{head} {source}"), *present, *absent)]);
    }
}

#[test]
fn conditions_in_python_are_judged() {
    use Kinds as K;
    let strong = K::NUMBER | K::ALLOWED | K::PATTERN | K::CONTAINED | K::NO_DASH | K::HOST;
    check(
        "a.py",
        &[
            ("def f(x):\n  sink(x)", K::NONE, strong),
            ("def f(x):\n  if x not in ('a', 'b'):\n    raise E\n  sink(x)", K::ALLOWED, K::NONE),
            ("def f(x):\n  if x in ('a', 'b'):\n    raise E\n  sink(x)", K::NONE, strong),
            ("def f(x):\n  if '..' in x:\n    raise E\n  sink(x)", K::BLOCKLIST, strong),
            (
                "import re\ndef f(x):\n  if not re.fullmatch(r'[a-z]+', x):\n    raise E\n  sink(x)",
                K::PATTERN,
                K::NONE,
            ),
            (
                "import re\ndef f(x):\n  if not re.match(r'[a-z]+', x):\n    raise E\n  sink(x)",
                K::NONE,
                strong,
            ),
            (
                "import re\nP = re.compile(r'^[a-z]+$')\ndef f(x):\n  if not P.match(x):\n    raise E\n  sink(x)",
                K::PATTERN,
                K::NONE,
            ),
            ("def f(x):\n  if x.startswith('-'):\n    raise E\n  sink(x)", K::NO_DASH, K::PATTERN),
            ("def f(x):\n  if not isinstance(x, int):\n    raise E\n  sink(x)", K::NUMBER, K::NONE),
            ("def f(x):\n  if not isinstance(x, str):\n    raise E\n  sink(x)", K::NONE, strong),
            (
                "from pathlib import Path\ndef f(x):\n  p = Path(x).resolve()\n  if not p.is_relative_to(R):\n    raise E\n  sink(p)",
                K::CONTAINED,
                K::NONE,
            ),
            (
                "from pathlib import Path\ndef f(x):\n  p = (R / x).resolve()\n  p.relative_to(R)\n  sink(p)",
                K::CONTAINED,
                K::NONE,
            ),
            (
                "import os\ndef f(x):\n  p = os.path.realpath(x)\n  if os.path.commonpath([R, p]) != R:\n    raise E\n  sink(p)",
                K::CONTAINED,
                K::NONE,
            ),
            (
                "from urllib.parse import urlparse\ndef f(x):\n  if urlparse(x).hostname not in HOSTS:\n    raise E\n  sink(x)",
                K::HOST,
                K::NONE,
            ),
            (
                "def ok(y):\n  return any(y.startswith(p) for p in L)\ndef f(x):\n  if not ok(x):\n    raise E\n  sink(x)",
                K::NONE,
                strong,
            ),
            (
                "def must(y):\n  if y not in ('a',):\n    raise E\n  return y\ndef f(x):\n  sink(must(x))",
                K::ALLOWED,
                K::NONE,
            ),
            ("def f(x):\n  assert x in ('a',)\n  sink(x)", K::ALLOWED, K::NONE),
            ("def f(x):\n  if not x.isdigit():\n    return\n  sink(x)", K::NUMBER, K::NONE),
        ],
    );
}
