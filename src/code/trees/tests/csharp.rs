//! C#.

use super::{super::csharp, check_calls, check_flows};
use crate::{artifact::Language, code::trees::roles::Grammar};

#[test]
fn the_table_names_kinds_of_the_grammar() {
    let grammar = Grammar::new(tree_sitter_c_sharp::LANGUAGE.into(), csharp::ROLES);
    let unknown = grammar.unknown(csharp::ROLES);
    assert_eq!(unknown, Vec::<&str>::new());
    assert_eq!(Language::CSharp.name(), "csharp");
}

#[test]
fn calls_have_the_names_of_their_types() {
    check_calls(
        "A.cs",
        &[
            (
                "using System.IO; namespace N; class A { void F(string p) { File.ReadAllText(p); Q.Go(p); } }",
                &["System.IO.File.ReadAllText"],
            ),
            (
                "class A { private readonly HttpClient _http = new(); async Task F(string u) { await _http.GetStringAsync(u); } }",
                &["System.Net.Http.HttpClient().GetStringAsync"],
            ),
            (
                "class A(HttpClient http) { Task F(string u) => http.GetAsync(u); }",
                &["System.Net.Http.HttpClient().GetAsync"],
            ),
            (
                "class A { static void F(HttpClient c, string u) { c?.GetAsync(u); c.GetFromJsonAsync<List<int>>(u); } }",
                &["System.Net.Http.HttpClient().GetAsync", "System.Net.Http.HttpClient().GetFromJsonAsync"],
            ),
            ("Process.Start(\"git\", $\"log {args[0]}\");", &["System.Diagnostics.Process.Start"]),
            (
                "class A { void F(string x) { var p = new Process { StartInfo = new ProcessStartInfo { FileName = \"ls\", Arguments = x } }; p.Start(); } }",
                &["System.Diagnostics.ProcessStartInfo.Arguments"],
            ),
        ],
    );
}

#[test]
fn values_reach_calls() {
    check_flows(&[
        (
            &[("A.cs", "class A { void F(string k) { var s = $\"a {k} b\"; B.Sink(s); } }")],
            "Sink",
            &["k", "\"a \"", "\" b\""],
            &[],
        ),
        (
            &[(
                "A.cs",
                "class A { void F(string k) { string s = \"1\"; if (k == null) { s = k; } else { s = \"2\"; } B.Sink(s); } }",
            )],
            "Sink",
            &["k", "\"2\""],
            &["\"1\""],
        ),
        (
            &[
                (
                    "A.cs",
                    "namespace N; class A { string G(string x) => H.Wrap(x); void F(string k) { B.Sink(G(k)); } }",
                ),
                (
                    "H.cs",
                    "namespace N; static class H { public static string Wrap(string y) { return @\"c:\\\" + y; } }",
                ),
            ],
            "Sink",
            &["k", "\"c:\\\\\""],
            &[],
        ),
        (
            &[(
                "A.cs",
                "class A { string _dir = \"/srv\"; void F(string k) { foreach (var x in k.Split(',')) { B.Sink(Path.Combine(_dir, x)); } } }",
            )],
            "Sink",
            &["k", "\"/srv\""],
            &[],
        ),
        (
            &[(
                "A.cs",
                "class A { void F(string k) { switch (k) { case \"a\": B.Sink(\"1\"); break; default: B.Sink(k switch { \"x\" => \"2\", _ => \"3\" }); break; } } }",
            )],
            "Sink",
            &["\"1\"", "\"2\"", "\"3\""],
            &["k"],
        ),
        (
            &[(
                "A.cs",
                "class A { void F(object k) { if (k is string s) { B.Sink(s); } var (a, b) = (\"1\", \"2\"); B.Sink(b); Action<string> c = x => B.Sink(x); } }",
            )],
            "Sink",
            &["k", "x"],
            &[],
        ),
        (
            &[(
                "A.cs",
                "class A { void F(string k) { var psi = new ProcessStartInfo(\"sh\"); psi.ArgumentList.Add(\"-c\"); psi.ArgumentList.Add(k); using var p = Process.Start(psi); } }",
            )],
            "Process.Start",
            &["k", "\"sh\"", "\"-c\""],
            &[],
        ),
        (
            &[(
                "A.cs",
                "class A { void F(string k) { var p = new Process(); p.StartInfo.FileName = \"cmd.exe\"; p.StartInfo.Arguments = \"/c dir \" + k; p.Start(); } }",
            )],
            "Process.Start",
            &["k", "\"cmd.exe\"", "\"/c\"", "\"dir \""],
            &[],
        ),
    ]);
}
