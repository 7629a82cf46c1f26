use super::{check_calls, check_flows};
use crate::code::trees::{go, roles::Grammar};

#[test]
fn every_kind_of_the_table_is_one_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_go::LANGUAGE.into(), go::ROLES);
    assert_eq!(grammar.unknown(go::ROLES), Vec::<&str>::new());
}

#[test]
fn callees_have_canonical_names() {
    check_calls(
        "main.go",
        &[
            (
                "package main\nimport \"os/exec\"\nfunc f() { exec.Command(\"ls\").Run() }",
                &["os/exec.Command", "os/exec.Command().Run"],
            ),
            (
                "package main\nimport e \"os/exec\"\nfunc f() { c := e.CommandContext(nil, \"ls\"); c.Output() }",
                &["os/exec.Command", "os/exec.Command().Output"],
            ),
            (
                "package main\nimport \"net/http\"\nfunc f() { r, err := http.Get(\"x\"); if err != nil { return }; r.Body.Close() }",
                &["net/http.Get", "net/http.Get().Body.Close"],
            ),
            (
                "package main\nimport \"github.com/a/go-b/v2\"\nfunc f() { b.New() }",
                &["github.com/a/go-b/v2.New"],
            ),
            (
                "package main\nimport \"database/sql\"\ntype S struct { db *sql.DB }\nfunc (s *S) f() { s.db.Query(\"x\") }",
                &["database/sql.DB().Query"],
            ),
            (
                "package main\nimport \"net/http\"\nfunc f(w http.ResponseWriter, r *http.Request) { r.FormValue(\"x\") }",
                &["net/http.Request().FormValue"],
            ),
            (
                "package main\nimport \"os\"\nvar x = os.Getenv(\"A\")\nfunc f() { defer os.Remove(x); go func() { os.Exit(1) }() }",
                &["os.Getenv", "os.Remove", "os.Exit"],
            ),
            (
                "package main\nimport \"os/exec\"\nfunc f(c *exec.Cmd) { c.Run() }\nfunc g() { x := &exec.Cmd{Path: \"a\"}; x.Start() }",
                &["os/exec.Cmd().Run", "os/exec.Cmd().Start"],
            ),
        ],
    );
}

#[test]
fn values_flow_through_functions_and_files() {
    check_flows(&[
        (&[("main.go", "package main\nfunc f(x string) { sink(\"a\" + x) }")], "sink", &["x", "\"a\""], &[]),
        (
            &[(
                "main.go",
                "package main\nimport \"fmt\"\nfunc f(x string) { c := fmt.Sprintf(\"a %s b\", x); sink(c) }",
            )],
            "sink",
            &["x", "\"a \"", "\" b\""],
            &[],
        ),
        (
            &[("main.go", "package main\nfunc f(x, y string) { c := x; c = y; sink(c) }")],
            "sink",
            &["y"],
            &["x"],
        ),
        (
            &[("main.go", "package main\nfunc f(x, y string, t bool) { c := x; if t { c = y }; sink(c) }")],
            "sink",
            &["x", "y"],
            &[],
        ),
        (
            &[(
                "main.go",
                "package main\nfunc f(xs []string) { var l []string\nfor _, x := range xs { l = append(l, x) }; sink(l...) }",
            )],
            "sink",
            &["xs"],
            &[],
        ),
        (
            &[(
                "main.go",
                "package main\nfunc id(x string) (string, error) { return x, nil }\nfunc f(y string) { z, err := id(y); if err != nil { return }; sink(z) }",
            )],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[
                ("main.go", "package main\nfunc f(z string) { run(z) }"),
                ("other.go", "package main\nfunc run(x string) { sink(x) }"),
            ],
            "sink",
            &["z"],
            &[],
        ),
        (
            &[(
                "main.go",
                "package main\ntype S struct { root string }\nfunc (s *S) run(x string) { sink(x) }\nfunc f(z string) { s := &S{root: \"r\"}; s.run(z) }",
            )],
            "sink",
            &["z"],
            &["\"r\""],
        ),
        (
            &[("main.go", "package main\nfunc f(z string) { func(x string) { sink(x) }(z) }")],
            "sink",
            &["z"],
            &[],
        ),
        (
            &[(
                "main.go",
                "package main\nfunc f(z string) { m := map[string]string{\"a\": z}; sink(m[\"a\"]) }",
            )],
            "sink",
            &["z"],
            &[],
        ),
        (
            &[(
                "main.go",
                "package main\nfunc f(k string) { switch k { case \"a\": sink(\"1\"); default: sink(\"2\") } }",
            )],
            "sink",
            &["\"1\"", "\"2\""],
            &[],
        ),
        (
            &[("main.go", "package main\nfunc f() { sink(`raw\\n`, \"esc\\n\", 'c') }")],
            "sink",
            &["\"raw\\\\n\"", "\"esc\\n\""],
            &[],
        ),
    ]);
}
