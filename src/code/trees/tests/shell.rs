use super::{check_calls, check_flows};
use crate::code::trees::{roles::Grammar, shell};

#[test]
fn every_kind_of_the_table_is_one_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_bash::LANGUAGE.into(), shell::ROLES);
    assert_eq!(grammar.unknown(shell::ROLES), Vec::<&str>::new());
}

#[test]
fn commands_are_calls() {
    check_calls(
        "a.sh",
        &[
            ("#!/bin/sh\ncurl -fsSL https://x.example | sudo bash -s --", &["shell.curl", "shell.bash"]),
            (
                "if ! /usr/bin/wget x; then rm -rf /; elif true; then cp a b; else mv a b; fi",
                &["shell.wget", "shell.rm", "shell.cp", "shell.mv"],
            ),
            ("for f in a b; do cat \"$f\" > out; done", &["shell.cat", "shell.redirect"]),
            ("case $1 in a) eval \"$2\";; *) exit 1;; esac", &["shell.eval"]),
            (
                "env A=b python3 x.py && . ./lib.sh || nohup nc -l 1",
                &["shell.python3", "shell.source", "shell.nc"],
            ),
            (
                "x=$(curl y)\necho \"$x\" | sh\nwhile read -r l; do touch \"$l\"; done < list",
                &["shell.curl", "shell.sh", "shell.touch"],
            ),
            ("f() { curl \"$1\"; }\nf https://x.example", &["shell.curl"]),
            ("cat <<EOF | tee a\n$HOME text\nEOF\n", &["shell.cat", "shell.tee"]),
        ],
    );
}

#[test]
fn values_flow_through_variables_functions_and_pipes() {
    check_flows(&[
        (&[("a.sh", "x=one\ny=\"two $x\"\nsink \"$y\"")], "sink", &["\"one\"", "\"two \""], &[]),
        (&[("a.sh", "f() { sink \"$1\"; }\nf one two")], "sink", &["\"one\""], &["\"two\""]),
        (&[("a.sh", "f() { sink \"$@\"; }\nf one two")], "sink", &["\"one\"", "\"two\""], &[]),
        (&[("a.sh", "x=one\nif true; then x=two; fi\nsink $x")], "sink", &["\"one\"", "\"two\""], &[]),
        (&[("a.sh", "x=one\nx=two\nsink $x")], "sink", &["\"two\""], &["\"one\""]),
        (
            &[("a.sh", "sink ${x:-one}'raw'\"$(printf two)\"")],
            "sink",
            &["\"one\"", "\"raw\"", "\"two\""],
            &[],
        ),
        (&[("a.sh", "for f in one two; do sink $f; done")], "sink", &["\"one\"", "\"two\""], &[]),
    ]);
}
