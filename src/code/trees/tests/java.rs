use super::{check_calls, check_flows};
use crate::code::trees::{java, roles::Grammar};

#[test]
fn every_kind_of_the_table_is_one_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_java::LANGUAGE.into(), java::ROLES);
    assert_eq!(grammar.unknown(java::ROLES), Vec::<&str>::new());
}

#[test]
fn callees_have_canonical_names() {
    check_calls(
        "A.java",
        &[
            (
                "class A { void f() throws Exception { Runtime.getRuntime().exec(\"ls\"); new ProcessBuilder(\"ls\", \"-l\").start(); } }",
                &[
                    "java.lang.Runtime.getRuntime().exec",
                    "java.lang.ProcessBuilder",
                    "java.lang.ProcessBuilder().start",
                ],
            ),
            (
                "import java.nio.file.*;\nclass A { String f(String p) throws Exception { return Files.readString(Path.of(p)); } }",
                &["java.nio.file.Files.readString"],
            ),
            (
                "import java.sql.Connection;\nclass A { private final Connection db; void f() { this.db.prepareStatement(\"x\"); db.createStatement().executeQuery(\"y\"); } }",
                &[
                    "java.sql.Connection().prepareStatement",
                    "java.sql.Connection().createStatement().executeQuery",
                ],
            ),
            (
                "class A { String f() { try (var s = new java.net.Socket(\"a\", 1)) { return System.getenv(\"X\"); } catch (Exception e) { throw e; } finally { f(); } } }",
                &["java.net.Socket", "java.lang.System.getenv"],
            ),
        ],
    );
}

#[test]
fn values_flow_through_methods_and_classes() {
    check_flows(&[
        (&[("A.java", "class A { void f(String x) { sink(\"a\" + x); } }")], "sink", &["x", "\"a\""], &[]),
        (
            &[(
                "A.java",
                "class A { String id(String x) { if (x == null) { throw new E(); } return x.trim(); } void f(String y) { var z = id(y); B.sink(z); } }",
            )],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[
                ("A.java", "class A { void f(String y) { new B().go(y); } }"),
                ("B.java", "class B { void go(String x) { B.sink(x); } }"),
            ],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[(
                "A.java",
                "class A { void f(java.util.List<String> xs) { var b = new StringBuilder(); for (String x : xs) { b.append(x); } B.sink(b.toString()); } }",
            )],
            "sink",
            &["xs"],
            &[],
        ),
        (
            &[(
                "A.java",
                "class A { void f(String k) { switch (k) { case \"a\": case \"b\": B.sink(\"1\"); break; default: B.sink(\"2\"); } } }",
            )],
            "sink",
            &["\"1\"", "\"2\""],
            &["k"],
        ),
        (
            &[(
                "A.java",
                "class A { void f(String k) { java.util.function.Consumer<String> c = x -> B.sink(x); B.sink(k != null ? k : \"\"\"\ntext\"\"\"); } }",
            )],
            "sink",
            &["k", "x"],
            &[],
        ),
    ]);
}
