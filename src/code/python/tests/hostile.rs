use super::{outs, read};
use crate::code::graph::{Loses, Unit, Value};

/// Lowers on a stack of the size that the pipeline gives.
fn read_on_large_stack(source: String) -> Unit {
    std::thread::Builder::new().stack_size(256 << 20).spawn(move || read(&source)).unwrap().join().unwrap()
}

fn repeated(before: &str, part: &str, count: usize, after: &str) -> Unit {
    read_on_large_stack(format!("{before}{}{after}", part.repeat(count)))
}

#[test]
fn reads_long_sums_whole() {
    let unit = repeated("out('a'", " + 'a'", 20_000, ")");
    assert_eq!(unit.problems, []);
    let argument = unit.list(outs(&unit)[0].arguments)[0];
    let Value::Concat(parts) = unit.value(argument) else { panic!("not one text") };
    assert_eq!(unit.list(parts).len(), 20_001);
}

#[test]
fn reads_long_chains_whole() {
    let unit = repeated("x = a", ".b()", 20_000, "");
    assert_eq!(unit.problems, []);
    assert_eq!(unit.calls.len(), 20_000);
    let unit = repeated("x = a", " - b", 20_000, "");
    assert_eq!(unit.problems, []);
}

#[test]
fn survives_every_kind_of_depth() {
    let cases: [(&str, &str, &str); 7] = [
        ("x = ", "not ", "a\nout()"),
        ("x = ", "a if b else ", "c\nout()"),
        ("x = ", "lambda: ", "a\nout()"),
        ("x = ", "- ", "a\nout()"),
        ("x = a", " ** a", "\nout()"),
        ("x = ", "await ", "a\nout()"),
        ("a", ".b", " = 1\nout()"),
    ];
    for (before, part, after) in cases {
        let unit = repeated(before, part, 20_000, after);
        assert_eq!(outs(&unit).len(), 1, "{part}");
    }
}

#[test]
fn says_what_was_too_deep() {
    let unit = repeated("x = ", "not ", 20_000, "f()");
    assert_eq!(unit.problems.len(), 1);
    assert_eq!(unit.problems[0].loses, Loses::Code);
}

#[test]
fn refuses_what_no_stack_can_hold() {
    for part in ["not ", "- ", "lambda: ", "a if b else "] {
        let unit = repeated("x = ", part, 200_000, "a\n");
        assert_eq!(unit.problems.len(), 1, "{part}");
        assert_eq!(unit.functions.len(), 1, "{part}");
    }
}

#[test]
fn accepts_large_tables() {
    let unit = repeated("x = [", "(-1, f(-2)), \n", 30_000, "]\nout(x)\n");
    assert_eq!(unit.problems, []);
    let unit = repeated("", "x = -1; y = a.b\n", 30_000, "out(x)\n");
    assert_eq!(unit.problems, []);
}

#[test]
fn survives_deep_indentation_and_long_branches() {
    let nested: Vec<String> = (0..2_000).map(|depth| format!("{}if a:", " ".repeat(depth))).collect();
    let unit = read_on_large_stack(format!("{}\n{}out()\n", nested.join("\n"), " ".repeat(2_000)));
    assert_eq!(outs(&unit).len(), 1);
    let unit = repeated("if a:\n    x = 0\n", "elif b:\n    x = 1\n", 5_000, "out(x)\n");
    assert_eq!(unit.problems, []);
}

#[test]
fn survives_input_that_is_not_python() {
    for source in
        ["", "\0\0", "((((", "def", "class C(", "'''", "f'{", "match", "\\", "\u{feff}x", "x = $", "%run a"]
    {
        let unit = read(source);
        assert!(!unit.functions.is_empty(), "{source:?}");
    }
}
