//! Inputs that are built to harm, made here and scanned by the real binary: what was not read is
//! said and is never a pass, nothing panics, nothing is written, and the time stays in proportion.

use std::{
    fmt::Write as _,
    fs, io,
    time::{Duration, Instant},
};

use super::support::{Answer, Place, shown, tarball};

/// For one scan of an unoptimised binary on a machine that is busy with other tests.
const MOST_TIME: Duration = Duration::from_mins(1);

/// Scans a target of a place within the time, and asserts what holds for every input.
#[expect(clippy::print_stdout, reason = "the times are the measurement")]
fn scan(place: &Place, target: &str, what: &str) -> Answer {
    let before = place.listing();
    let start = Instant::now();
    let answer = place.check(&[target]);
    let time = start.elapsed();
    println!("{what}: exit code {}, {:.1} s", answer.code, time.as_secs_f64());
    assert!(time < MOST_TIME, "{what}: {time:?}");
    assert!([0, 1, 3].contains(&answer.code), "{what}: {}", shown(&answer));
    for word in ["panicked", "internal error", "overflow"] {
        assert!(!answer.stderr.contains(word), "{what}: {}", shown(&answer));
        assert!(!answer.stdout.contains("internal error"), "{what}: {}", shown(&answer));
    }
    assert_eq!(place.listing(), before, "{what}: something was written");
    answer
}

/// Joins what the report wraps.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn connector(files: &[(&str, Vec<u8>)]) -> Place {
    let place = Place::empty();
    place.write("x/package.json", r#"{"name":"x","version":"1.0.0","main":"index.js","type":"module"}"#);
    for (path, content) in files {
        place.write(&format!("x/{path}"), content);
    }
    place
}

/// Scans files of which something cannot be read: the code, and words that the report must have.
fn refused(what: &str, files: &[(&str, Vec<u8>)], code: i32, words: &str) {
    let place = connector(files);
    let answer = scan(&place, "x", what);
    assert_eq!(answer.code, code, "{what}: {}", shown(&answer));
    assert!(flat(&answer.stdout).contains(words), "{what}: no `{words}` in {}", shown(&answer));
}

/// Scans files that are large or odd but can be read.
fn read(what: &str, files: &[(&str, Vec<u8>)]) {
    let place = connector(files);
    let answer = scan(&place, "x", what);
    assert!([0, 3].contains(&answer.code), "{what}: {}", shown(&answer));
}

fn text(lines: impl Iterator<Item = String>) -> Vec<u8> {
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

fn nested(depth: usize, open: &str, core: &str, close: &str) -> Vec<u8> {
    format!("{}{core}{}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

/// 256 MB of nothing in 256 kB.
fn bomb() -> Vec<u8> {
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut archive = tar::Builder::new(packed);
    for at in 0..16 {
        let mut header = tar::Header::new_ustar();
        header.set_path(format!("package/{at}.js")).unwrap();
        header.set_size(16 << 20);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, io::Read::take(io::repeat(b' '), 16 << 20)).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

#[test]
fn archives() {
    let manifest: (&str, &[u8]) = ("package/package.json", br#"{"name":"x","version":"1.0.0"}"#);
    let many: Vec<String> = (0..100_000).map(|at| format!("package/{at}.js")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|path| (path.as_str(), &b""[..])).collect();
    let bomb = bomb();
    for (what, archive, words) in [
        ("gzip bomb", bomb, "artifact/archive-bomb"),
        (
            "leaves with dots",
            tarball(&[manifest, ("package/../../../outside.js", b"1")]),
            "artifact/path-escape",
        ),
        ("absolute", tarball(&[manifest, ("/outside.js", b"1")]), "artifact/path-escape"),
        (
            "link out",
            tarball(&[manifest, ("package/index.js -> ../../outside", b"")]),
            "artifact/path-escape",
        ),
        ("100,000 entries", tarball(&many), "artifact/too-many-entries"),
    ] {
        let place = Place::empty();
        place.write("x.tgz", archive);
        let answer = scan(&place, "x.tgz", what);
        assert_eq!(answer.code, 1, "{what}: {}", shown(&answer));
        assert!(answer.stdout.contains(words), "{what}: {}", shown(&answer));
    }
}

#[test]
fn zip_bombs() {
    let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("x-1.0.0.dist-info/METADATA", options).unwrap();
    io::Write::write_all(&mut archive, b"Name: x\nVersion: 1.0.0\n\n").unwrap();
    archive.start_file("x/__init__.py", options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..64 {
        io::Write::write_all(&mut archive, &zeros).unwrap();
    }
    let place = Place::empty();
    place.write("x-1.0.0-py3-none-any.whl", archive.finish().unwrap().into_inner());
    let answer = scan(&place, "x-1.0.0-py3-none-any.whl", "zip bomb");
    assert_eq!(answer.code, 1, "{}", shown(&answer));
    assert!(answer.stdout.contains("artifact/archive-bomb"), "{}", shown(&answer));
}

#[test]
#[cfg(unix)]
fn folders() {
    let place = connector(&[("index.js", b"export const nothing = 1;\n".to_vec())]);
    std::os::unix::fs::symlink("/etc/hostname", place.work().join("x/linked.js")).unwrap();
    std::os::unix::fs::symlink(".", place.work().join("x/again")).unwrap();
    let answer = scan(&place, "x", "links out of the folder");
    assert!(answer.code != 0 || answer.stdout.contains("linked.js"), "{}", shown(&answer));

    let large = fs::File::create(place.work().join("x/large.js")).unwrap();
    large.set_len(200 << 20).unwrap();
    let answer = scan(&place, "x", "a sparse file of 200 MB");
    assert!([1, 3].contains(&answer.code), "{}", shown(&answer));
    assert!(answer.stdout.contains("large.js"), "{}", shown(&answer));
}

#[test]
fn manifests() {
    for (what, manifest) in [
        ("invalid UTF-8", b"{\"name\": \"\xff\xfe\", \"version\": \"1.0.0\"}".to_vec()),
        ("JSON 10,000 deep", nested(10_000, "{\"a\":", "1", "}")),
        ("JSON list 10,000 deep", nested(10_000, "[", "1", "]")),
    ] {
        let place = Place::empty();
        place.write("x/package.json", manifest);
        place.write("x/index.js", "export const nothing = 1;\n");
        let answer = scan(&place, "x", what);
        assert_eq!(answer.code, 3, "{what}: {}", shown(&answer));
        assert!(answer.stdout.contains("package.json"), "{what}: {}", shown(&answer));
    }
}

#[test]
fn nesting_that_no_parser_gets() {
    for (what, path, source) in [
        ("50,000 brackets", "index.js", nested(50_000, "[", "1", "]")),
        ("50,000 brackets in Python", "server.py", nested(50_000, "(", "1", ")")),
        ("900 open arrow functions", "index.js", b"(a=".repeat(900)),
        ("900 balanced arrow functions", "index.js", nested(900, "(a=", "1", ")")),
        ("300 balanced arrow functions", "index.js", nested(300, "(a=", "1", ")")),
    ] {
        refused(what, &[(path, source)], 3, "nest");
    }
}

#[test]
fn nesting_that_is_parsed() {
    read("150 open arrow functions", &[("index.js", b"(a=".repeat(150))]);
    read("190 balanced arrow functions", &[("index.js", nested(190, "(a=", "1", ")"))]);
    read("150 classes in classes", &[("index.js", nested(150, "class A { m() { return ", "1", " } }"))]);
    let classes =
        text((0..90).map(|at| format!("{}class A{at}:", " ".repeat(at))).chain([" ".repeat(90) + "pass"]));
    read("90 classes in classes in Python", &[("server.py", classes)]);
}

#[test]
fn long_expressions() {
    let chain = |term: &str, operator: &str| vec![term; 20_000].join(operator);
    for (path, what, source) in [
        ("index.js", "20,000 terms", format!("export const x = {};\n", chain("\"a\"", " + "))),
        ("index.js", "20,000 unknown terms", format!("export const x = y => {};\n", chain("y", " + "))),
        ("index.js", "20,000 calls in a chain", format!("x{};\n", ".y()".repeat(20_000))),
        ("index.js", "20,000 alternatives", format!("export const x = {};\n", chain("a", " || "))),
        ("server.py", "20,000 terms in Python", format!("x = {}\n", chain("\"a\"", " + "))),
        ("server.py", "20,000 unknown terms in Python", format!("x = {}\n", chain("y", " + "))),
        ("server.py", "20,000 calls in Python", format!("x = y{}\n", ".z()".repeat(20_000))),
    ] {
        read(what, &[(path, source.into_bytes())]);
    }
}

#[test]
fn large_files() {
    let unit = "x.push({a:1,b:\"text\",c:f(1,2)});";
    read("one line of 10 MB", &[("index.js", [b"const x=[];", unit.repeat(330_000).as_bytes()].concat())]);
    read(
        "100,000 functions",
        &[(
            "index.js",
            text((0..100_000).map(|at| format!("function f{at}(a) {{ return f{}(a); }}", at + 1))),
        )],
    );
    read(
        "50,000 functions in Python",
        &[("server.py", text((0..50_000).map(|at| format!("def f{at}(a):\n    return f{}(a)", at + 1))))],
    );
}

#[test]
fn values_that_double() {
    let doubled = |at: usize| format!("const a{at} = a{0} + a{0};", at - 1);
    read(
        "text doubled 60 times",
        &[(
            "index.js",
            text(
                ["const a0 = \"\";".to_owned()]
                    .into_iter()
                    .chain((1..60).map(doubled))
                    .chain(["require(a59); eval(a59);".to_owned()]),
            ),
        )],
    );
    let joined = |at: usize| format!("const a{at} = [a{0}, a{0}].join(\"\");", at - 1);
    read(
        "joins doubled 60 times",
        &[(
            "index.js",
            text(
                ["const a0 = \"\";".to_owned()]
                    .into_iter()
                    .chain((1..60).map(joined))
                    .chain(["require(a59); eval(a59);".to_owned()]),
            ),
        )],
    );
    let alternatives = |at: usize| format!("const a{at} = c ? a{0} : b ? a{0}.x : a{0}.y;", at - 1);
    read(
        "choices tripled 60 times",
        &[(
            "index.js",
            text(
                ["const a0 = fetch;".to_owned()]
                    .into_iter()
                    .chain((1..60).map(alternatives))
                    .chain(["a59(process.env);".to_owned()]),
            ),
        )],
    );
}

#[test]
fn updates_of_one_object() {
    let updates = |line: fn(usize) -> String| text((0..5_000).map(line));
    let wrap = |body: Vec<u8>| {
        [
            &b"import fs from \"fs\";\nconst o = {};\n"[..],
            &body,
            b"\nfetch(o.x, { body: o });\nfs.readFile(o.k4999);\n",
        ]
        .concat()
    };
    read(
        "5,000 members of one object",
        &[("index.js", wrap(updates(|at| format!("o.k{at} = o.k{};", at / 2))))],
    );
    read("5,000 updates of one member", &[("index.js", wrap(updates(|at| format!("o.x = o.x + {at};"))))]);
    let body = |line: &str, at: usize| format!("{line}{at}");
    let looped = text((0..5_000).map(|at| body("  o.k = o.j; o.j = o.k; // ", at)));
    let looped =
        [&b"const o = {};\nfor (const x of y) {\n"[..], &looped, b"\n}\nfetch(o.k, { body: o.j });\n"]
            .concat();
    read("a loop with 5,000 updates of one object", &[("index.js", looped)]);
    let python = text(
        ["import requests\no = {}\nfor x in y:".to_owned()]
            .into_iter()
            .chain((0..5_000).map(|at| format!("    o[\"k{at}\"] = o")))
            .chain(["requests.post(o[\"k1\"], json=o)".to_owned()]),
    );
    read("a loop with 5,000 updates in Python", &[("server.py", python)]);
}

#[test]
fn cycles() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..300 {
        let next = (at + 1) % 300;
        files.push((format!("m{at}.js"), format!("import {{ f as g }} from \"./m{next}.js\";\nexport * from \"./m{next}.js\";\nexport const f = (x) => g(x) + h(x);\n").into_bytes()));
    }
    files.push((
        "index.js".to_owned(),
        b"import { f, h } from \"./m0.js\";\nimport { exec } from \"child_process\";\nexec(f(h));\n".to_vec(),
    ));
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, source)| (path.as_str(), source.clone())).collect();
    read("300 files that import each other", &files);

    let mut mutual = String::from("import { exec } from \"child_process\";\n");
    for at in 0..2_000 {
        let _ = writeln!(
            mutual,
            "function f{at}(a, b) {{ return f{}(b, a) + f{}(a, b); }}",
            (at * 7 + 1) % 2_000,
            (at * 3 + 2) % 2_000
        );
    }
    mutual.push_str("exec(f0(process.argv[2], process.env));\n");
    read("2,000 functions that call each other", &[("index.js", mutual.into_bytes())]);
}

#[test]
fn many_files() {
    let files: Vec<(String, Vec<u8>)> = (0..3_000)
        .map(|at| {
            (
                format!("d{}/f{at}.js", at % 50),
                format!(
                    "export const v{at} = require(\"../d{}/f{}.js\");\n",
                    (at + 1) % 50,
                    (at + 1) % 3_000
                )
                .into_bytes(),
            )
        })
        .collect();
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, source)| (path.as_str(), source.clone())).collect();
    read("3,000 files", &files);
}
