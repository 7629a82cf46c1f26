//! Sources that drive recursion, and sources that drive time.

use super::{exits_of, unit_of, uses};
use crate::code::graph::{Loses, Unit, Value};

/// Terms of every chain.
const TERMS: usize = 20_000;

/// Lowers on a stack as large as that of the workers.
fn lower_deep(path: &'static str, source: String) -> Unit {
    std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(move || unit_of(path, &source))
        .expect("the thread starts")
        .join()
        .expect("the front end does not panic")
}

fn lost(unit: &Unit) -> bool {
    unit.problems.iter().any(|problem| problem.loses == Loses::Code)
}

#[test]
fn reads_long_chains_completely() {
    let terms = "'a'+".repeat(TERMS);
    let unit = lower_deep("a.js", format!("use({terms}b)"));
    let last = unit.list(unit.calls[0].arguments)[0];
    let Value::Concat(parts) = unit.value(last) else { panic!("not joined") };
    assert_eq!(parts.len as usize, TERMS + 1);

    let complete = [
        format!("use({}b)", "a-".repeat(TERMS)),
        format!("use({}b)", "a&&".repeat(TERMS)),
        format!("use(({}b))", "a,".repeat(TERMS)),
        format!("{}use(1)", "if(a)b();else ".repeat(TERMS)),
        format!("use([{}])", "1,".repeat(TERMS)),
        format!("let x; switch (a) {{ {} }} use(x)", "case 1: x = 2; break;".repeat(TERMS)),
        format!("let x; {} use(x)", "if (a) x = 1; else x = 2;".repeat(TERMS)),
        format!("let x = f(); {} use(x)", "x.y = 1;".repeat(TERMS)),
        format!("for (;;) {{ {} }} use(1)", "if (a) break; x = 1;".repeat(2_000)),
    ];
    for source in complete {
        let unit = lower_deep("a.js", source);
        assert!(!lost(&unit), "{:?}", unit.problems);
        assert!(!uses(&unit).is_empty());
    }
}

#[test]
fn gives_up_on_deep_chains_without_overflow() {
    let too_deep = [
        format!("x = {}b", "a?b:".repeat(TERMS)),
        format!("x = {}b", "!".repeat(TERMS)),
        format!("x = {}b", "- ".repeat(TERMS)),
        format!("x = {}b", "typeof ".repeat(TERMS)),
        format!("x = {}b", "a=".repeat(TERMS)),
        format!("x = {}b", "a**".repeat(TERMS)),
        format!("x = a{}", ".b().c".repeat(TERMS)),
        format!("x = a{}", ".b".repeat(TERMS)),
        format!("x = a{}", "[0]".repeat(TERMS)),
        format!("x = a{}", "?.b".repeat(TERMS)),
        format!("x = a{}", "`b`".repeat(TERMS)),
        format!("{}x()", "if(a)".repeat(TERMS)),
        format!("{}x()", "for(;;)".repeat(TERMS)),
        format!("{}x()", "while(a)".repeat(TERMS)),
        format!("async () => {}b", "await ".repeat(TERMS)),
        format!("x = {}b", "new ".repeat(TERMS)),
    ];
    for source in too_deep {
        let start: String = source.chars().take(30).collect();
        assert!(lost(&lower_deep("a.js", source)), "{start}");
    }
}

#[test]
fn reads_functions_in_functions_without_brackets() {
    let unit = lower_deep("a.js", format!("x = {}use(1)", "a=>".repeat(2_000)));
    assert_eq!(unit.functions.len(), 2_001);
    assert_eq!(uses(&unit), "1");
    assert!(!lost(&unit));
}

#[test]
fn refuses_deep_brackets_before_parsing() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("`${", "}`")] {
        let source = format!("x = {}1{}", open.repeat(50_000), close.repeat(50_000));
        let unit = unit_of("a.js", &source);
        assert!(lost(&unit));
        assert!(unit.problems[0].why.contains("pathological nesting"), "{:?}", unit.problems);
        assert!(unit.calls.is_empty());
    }
}

#[test]
fn survives_brackets_hidden_behind_comments() {
    for form in ["(/*)*/", "[/*]*/", "!/*;*/", "(')',", "a=>/*;*/"] {
        let unit = lower_deep("a.js", format!("x = {}1", form.repeat(TERMS)));
        assert!(lost(&unit) || unit.functions.len() > TERMS, "{form}");
    }
}

#[test]
fn refuses_huge_files() {
    let unit = unit_of("a.js", &" ".repeat(super::super::limits::MAX_SOURCE + 1));
    assert!(lost(&unit));
}

#[test]
fn stays_fast_where_branches_carry_many_assignments() {
    let (mut names, mut declared) = (String::new(), String::new());
    for at in 0..TERMS {
        names += &["v", &at.to_string(), "=1;"].concat();
        declared += &["var v", &at.to_string(), ";"].concat();
    }
    let source = format!("{declared}{}{names}{}", "if(a){".repeat(900), "}".repeat(900));
    assert!(lost(&lower_deep("a.js", source)));
    let source = format!("for (;;) {{ {} }}", "if (a) break; x = 1;".repeat(TERMS));
    assert!(lost(&lower_deep("a.js", source)));
}

#[test]
fn names_a_function_in_a_file_that_is_cut_off() {
    let unit = unit_of("a.js", "const f = () => { return 1 }");
    assert_eq!(exits_of(&unit, "f"), "Return 1");
}
