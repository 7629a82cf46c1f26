use super::{check_calls, check_flows};
use crate::code::trees::{roles::Grammar, ruby};

#[test]
fn every_kind_of_the_table_is_one_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_ruby::LANGUAGE.into(), ruby::ROLES);
    assert_eq!(grammar.unknown(ruby::ROLES), Vec::<&str>::new());
}

#[test]
fn callees_have_canonical_names() {
    check_calls(
        "a.rb",
        &[
            (
                "system(\"ls #{x}\")\n`ls`\nsystem('git', 'log')",
                &["Kernel.system", "Kernel.backticks", "Kernel.spawn"],
            ),
            (
                "require 'net/http'\nNet::HTTP.get(URI(\"x\"))\nFile.read('a') unless File.exist?('a')",
                &["Net.HTTP.get", "File.read", "File.exist?"],
            ),
            (
                "class A\n  def f\n    Open3.capture2e('sh', '-c', @x)\n  rescue StandardError => e\n    FileUtils.rm_rf(e)\n  ensure\n    eval(@y)\n  end\nend",
                &["Open3.capture2e", "FileUtils.rm_rf", "Kernel.eval"],
            ),
        ],
    );
}

#[test]
fn values_flow_through_methods_and_blocks() {
    check_flows(&[
        (&[("a.rb", "def f(x)\n  sink(\"a #{x} b\")\nend")], "sink", &["x", "\"a \""], &[]),
        (&[("a.rb", "def id(x)\n  x.strip\nend\ndef f(y)\n  sink(id(y))\nend")], "sink", &["y"], &[]),
        (
            &[(
                "a.rb",
                "class A\n  def go(x)\n    run(x)\n  end\n  def run(z)\n    sink z\n  end\nend\ndef f(y)\n  A.new.go(y)\nend",
            )],
            "sink",
            &["y"],
            &[],
        ),
        (
            &[("a.rb", "def f(x, t)\n  c = x\n  c = 'one' if t\n  sink(c)\nend")],
            "sink",
            &["x", "\"one\""],
            &["t"],
        ),
        (&[("a.rb", "def f(xs)\n  xs.each { |x| sink(x) }\nend")], "sink", &["xs"], &[]),
        (
            &[("a.rb", "def f(path:, **rest)\n  h = { 'a' => path }\n  sink(h['a'])\nend")],
            "sink",
            &["path"],
            &["rest"],
        ),
        (&[("a.rb", "def f(y)\n  run(y)\nend"), ("b.rb", "def run(x)\n  sink(x)\nend")], "sink", &["y"], &[]),
    ]);
}
