use super::{check_calls, check_flows};
use crate::code::trees::{php, roles::Grammar};

#[test]
fn every_kind_of_the_table_is_one_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_php::LANGUAGE_PHP.into(), php::ROLES);
    assert_eq!(grammar.unknown(php::ROLES), Vec::<&str>::new());
}

#[test]
fn callees_have_canonical_names() {
    check_calls(
        "a.php",
        &[
            (
                "<?php shell_exec(\"ls\"); \\exec('x'); $x = `ls $y`; eval($x);",
                &["php.shell_exec", "php.exec", "php.eval"],
            ),
            (
                "<?php\nnamespace A;\nuse GuzzleHttp\\Client;\n$c = new Client(['timeout' => 3]);\n$c->get('x');",
                &["GuzzleHttp.Client", "GuzzleHttp.Client().get"],
            ),
            (
                "<?php class A { public function __construct(private \\PDO $db) {} function f() { $this->db->query('x'); } }",
                &["php.PDO().query"],
            ),
            (
                "<?php if ($a) { file_get_contents($b); } elseif ($c) { unlink($d); } else { fopen($e, 'r'); } foreach ($l as $k => $v) { system($v); }",
                &["php.file_get_contents", "php.unlink", "php.fopen", "php.system"],
            ),
        ],
    );
}

#[test]
fn values_flow_through_functions_and_classes() {
    check_flows(&[
        (
            &[("a.php", "<?php function f($x) { sink(\"a $x b\"); sink('c' . $x); }")],
            "sink",
            &["x", "\"a \"", "\"c\""],
            &[],
        ),
        (
            &[("a.php", "<?php function id($x) { return trim($x); } function f($y) { sink(id($y)); }")],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[(
                "a.php",
                "<?php class A { function go($x) { self::run($x); } static function run($z) { sink($z); } } function f($y) { (new A())->go($y); }",
            )],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[(
                "a.php",
                "<?php function f($x, $y) { $c = $x; if ($y) { $c = 'one'; } $l = ['k' => $c]; sink($l['k']); }",
            )],
            "sink",
            &["x", "\"one\""],
            &["y"],
        ),
        (
            &[
                ("a.php", "<?php function f($y) { run($y); }"),
                ("b.php", "<?php function run($x) { sink($x); }"),
            ],
            "sink",
            &["y"],
            &[],
        ),
    ]);
}
