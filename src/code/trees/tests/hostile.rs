//! Input that is built to harm: it is read in part or refused, never in more than linear time.

use crate::{
    artifact::Language,
    code::{Code, tests::package, trees},
};

/// A file of each language, with the parts that the cases repeat.
struct Sample {
    path: &'static str,
    language: Language,
    before: &'static str,
    after: &'static str,
    /// An expression between brackets, and what chains expressions.
    brackets: (&'static str, &'static str),
    plus: &'static str,
    /// A level of nesting that needs no bracket.
    opens: &'static str,
}

const SAMPLES: &[Sample] = &[
    Sample {
        path: "a.go",
        language: Language::Go,
        before: "package a\nfunc f() { x := ",
        after: " }",
        brackets: ("(", ")"),
        plus: " + ",
        opens: "!",
    },
    Sample {
        path: "a.rs",
        language: Language::Rust,
        before: "fn f() { let x = ",
        after: "; }",
        brackets: ("(", ")"),
        plus: " + ",
        opens: "!",
    },
    Sample {
        path: "A.java",
        language: Language::Java,
        before: "class A { void f() { x = ",
        after: "; } }",
        brackets: ("(", ")"),
        plus: " + ",
        opens: "!",
    },
    Sample {
        path: "A.cs",
        language: Language::CSharp,
        before: "class A { void F() { x = ",
        after: "; } }",
        brackets: ("(", ")"),
        plus: " + ",
        opens: "!",
    },
    Sample {
        path: "a.rb",
        language: Language::Ruby,
        before: "x = ",
        after: "\n",
        brackets: ("(", ")"),
        plus: " + ",
        opens: "!",
    },
    Sample {
        path: "a.php",
        language: Language::Php,
        before: "<?php $x = ",
        after: ";",
        brackets: ("(", ")"),
        plus: " . ",
        opens: "!",
    },
    Sample {
        path: "a.sh",
        language: Language::Shell,
        before: "x=",
        after: "\n",
        brackets: ("$(f ", ")"),
        plus: "",
        opens: "if x; then\n",
    },
];

fn lowered(sample: &Sample, source: String) -> crate::code::graph::Unit {
    let (path, language) = (sample.path, sample.language);
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || trees::lower(0, path, &source, language))
        .unwrap()
        .join()
        .unwrap()
}

fn read(path: &'static str, source: &str) -> Code {
    package(&[(path, source)])
}

#[test]
fn brackets_that_nest_too_deep_are_refused() {
    for sample in SAMPLES {
        let (open, close) = sample.brackets;
        let source =
            format!("{}{}1{}{}", sample.before, open.repeat(50_000), close.repeat(50_000), sample.after);
        let code = read(sample.path, &source);
        assert!(
            code.units.is_empty() && code.unread[0].1.contains("nest"),
            "{}: {:?}",
            sample.path,
            code.unread
        );
    }
}

#[test]
fn nesting_without_brackets_is_read_in_part() {
    for sample in SAMPLES {
        let source = format!("{}{}{}", sample.before, sample.opens.repeat(20_000), "x");
        let unit = lowered(sample, source);
        assert!(!unit.problems.is_empty(), "{}", sample.path);
    }
}

#[test]
fn long_sums_are_read_whole() {
    for sample in SAMPLES.iter().filter(|sample| !sample.plus.is_empty()) {
        let sum = vec!["\"a\""; 20_000].join(sample.plus);
        let unit = lowered(sample, format!("{}{sum}{}", sample.before, sample.after));
        assert_eq!(unit.problems, [], "{}", sample.path);
        assert!(unit.nodes.len() > 20_000, "{}: {}", sample.path, unit.nodes.len());
    }
}

#[test]
fn one_long_line_is_read_or_refused_by_its_size() {
    for sample in SAMPLES {
        let call = "f(1); ".repeat(100_000);
        let call = if sample.language == Language::Shell { call.replace("f(1)", "f 1") } else { call };
        let source = format!("{}1; {call}{}", sample.before, sample.after);
        let unit = lowered(sample, source);
        assert!(unit.calls.len() >= 100_000, "{}: {}", sample.path, unit.calls.len());
        let code = read(sample.path, &"x ".repeat(5 << 20));
        assert!(code.unread[0].1.contains("larger"), "{}: {:?}", sample.path, code.unread);
    }
}

#[test]
fn cut_and_broken_files_are_read_in_part() {
    for sample in SAMPLES {
        let whole = format!("{}f(\"a\", [1], \"b\"){}", sample.before, sample.after);
        for end in (0..whole.len()).filter(|&end| whole.is_char_boundary(end)) {
            lowered(sample, whole[..end].to_owned());
        }
        let noise: String = (0..20_000_u32)
            .map(|at| char::from(33 + at.wrapping_mul(2_654_435_761).to_le_bytes()[1] % 90))
            .collect();
        let unit = lowered(sample, format!("{}{noise}", sample.before));
        assert!(!unit.problems.is_empty(), "{}", sample.path);
        let broken = String::from_utf8_lossy(b"\xff\xfe\x00\"\xc3").into_owned();
        lowered(sample, format!("{}{broken}{}", sample.before, sample.after));
    }
}

#[test]
fn many_functions_that_call_each_other_are_read() {
    let functions: Vec<String> =
        (0..20_000).map(|at| format!("func f{at}(x string) {{ f{}(x) }}\n", (at + 1) % 20_000)).collect();
    let functions = functions.concat();
    let unit = lowered(&SAMPLES[0], format!("package a\n{functions}"));
    assert_eq!((unit.functions.len(), unit.problems.len()), (20_001, 0));
}
