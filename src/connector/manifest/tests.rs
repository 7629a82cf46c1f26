use super::*;
use crate::artifact::Kind;

fn artifact(files: &[(&str, &str)]) -> Artifact {
    let mut files: Vec<File> = files
        .iter()
        .map(|(path, text)| File {
            path: (*path).to_owned(),
            size: text.len() as u64,
            sha256: [0; 32],
            kind: Kind::Data,
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Artifact { files, ..Artifact::default() }
}

fn read_all(files: &[(&str, &str)]) -> (Manifests, Vec<Unreadable>) {
    let artifact = artifact(files);
    let mut problems = Vec::new();
    let manifests = read(&artifact, &mut problems);
    (manifests, problems)
}

fn raw(text: Option<&Untrusted>) -> &str {
    text.map_or("", Untrusted::raw)
}

fn hooks(manifests: &Manifests) -> Vec<(&str, &str)> {
    manifests.install_hooks.iter().map(|hook| (hook.event.as_str(), hook.command.raw())).collect()
}

fn entries(manifests: &Manifests) -> Vec<(&str, &str)> {
    manifests.entry_points.iter().map(|entry| (entry.name.raw(), entry.target.raw())).collect()
}

#[test]
fn reads_package_json_at_the_root_or_below_the_single_top_folder() {
    let package = r#"{"name": "@a/b", "version": "1.0.0", "repository": {"type": "git", "url": "git+https://forge.example/a/b.git"},
        "mcpName": "io.example/b", "bin": "./run.js", "main": "lib.js", "exports": {".": {"import": "./m.mjs", "require": ["./c.cjs"]}}}"#;
    for path in ["package.json", "package/package.json", "x/1/package/package.json"] {
        let (manifests, problems) = read_all(&[(path, package)]);
        assert_eq!(problems, []);
        assert_eq!(raw(manifests.name.as_ref()), "@a/b");
        assert_eq!(raw(manifests.version.as_ref()), "1.0.0");
        assert_eq!(raw(manifests.repository.as_ref()), "git+https://forge.example/a/b.git");
        assert_eq!(manifests.mcp_names[0].0.raw(), "io.example/b");
        assert_eq!(manifests.mcp_names[0].1.line, 2);
        let expected =
            [("b", "./run.js"), ("main", "lib.js"), ("exports", "./m.mjs"), ("exports", "./c.cjs")];
        assert_eq!(entries(&manifests), expected);
    }
}

#[test]
fn leaves_manifests_of_other_packages_alone() {
    let inner = r#"{"name": "inner", "scripts": {"postinstall": "x"}}"#;
    let (manifests, _) =
        read_all(&[("node_modules/inner/package.json", inner), ("index.js", ""), ("b/package.json", inner)]);
    assert!(manifests.package_json.is_none());
    assert_eq!(hooks(&manifests), []);
}

#[test]
fn takes_only_the_scripts_that_a_registry_install_runs() {
    let all = r#"{"scripts": {"prepare": "p", "prepublishOnly": "p", "prepack": "p", "preinstall": "a",
        "install": "b", "postinstall": "c", "test": "t", "preuninstall": "p"}}"#;
    let (manifests, _) = read_all(&[("package.json", all), ("binding.gyp", "{}")]);
    assert_eq!(hooks(&manifests), [("preinstall", "a"), ("install", "b"), ("postinstall", "c")]);
    assert_eq!(manifests.install_hooks[0].location.line, 1);
    assert_eq!(manifests.install_hooks[2].location.line, 2);
}

#[test]
fn knows_when_node_gyp_runs_by_itself() {
    let gyp = [("node-gyp", "node-gyp rebuild")];
    for (package, expected) in [
        ("{}", &gyp[..]),
        (r#"{"scripts": {"install": ""}}"#, &gyp),
        (r#"{"scripts": {"postinstall": "c"}}"#, &[("postinstall", "c"), gyp[0]]),
        (r#"{"gypfile": false}"#, &[]),
        (r#"{"scripts": {"install": "i"}}"#, &[("install", "i")]),
    ] {
        let (manifests, _) = read_all(&[("package.json", package), ("binding.gyp", "{}")]);
        assert_eq!(hooks(&manifests), expected, "{package}");
    }
}

#[test]
fn reads_wheel_metadata_with_its_readme_and_commands() {
    let metadata = "Metadata-Version: 2.4\r\nName: a-b\r\nVersion: 2\r\nProject-URL: Source Code, https://forge.example/a\r\n\
        Requires-Dist: httpx>=1\r\nLicense: one\r\n  two\r\n\r\n# A\r\n<!-- mcp-name: io.example/a -->\r\nName: not-a-header\r\n";
    let points = "[console_scripts]\na = a.main:run\n\n[other]\nb = c\n";
    let (manifests, problems) = read_all(&[
        ("a_b-2.dist-info/METADATA", metadata),
        ("a_b-2.dist-info/entry_points.txt", points),
        ("a/x.py", ""),
    ]);
    assert_eq!(problems, []);
    assert_eq!(raw(manifests.name.as_ref()), "a-b");
    assert_eq!(raw(manifests.repository.as_ref()), "https://forge.example/a");
    assert!(manifests.metadata.contains(&("license".to_owned(), "one\ntwo".to_owned())));
    assert_eq!(manifests.mcp_names[0].0.raw(), "io.example/a");
    assert_eq!(manifests.mcp_names[0].1.line, 10);
    assert_eq!(entries(&manifests), [("a", "a.main:run")]);
}

#[test]
fn reads_pyproject_with_the_poetry_tables_as_fallback() {
    let standard = "[project]\nname = \"a\"\nversion = \"1\"\n[project.urls]\nRepository = \"https://forge.example/a\"\n[project.scripts]\nrun = \"a:b\"\n";
    let poetry = "[tool.poetry]\nname = \"a\"\nversion = \"1\"\nrepository = \"https://forge.example/a\"\n[tool.poetry.scripts]\nrun = \"a:b\"\n";
    for text in [standard, poetry] {
        let (manifests, problems) = read_all(&[("pyproject.toml", text), ("setup.py", "")]);
        assert_eq!(problems, []);
        assert_eq!((raw(manifests.name.as_ref()), raw(manifests.version.as_ref())), ("a", "1"));
        assert_eq!(raw(manifests.repository.as_ref()), "https://forge.example/a");
        assert_eq!(entries(&manifests), [("run", "a:b")]);
        assert_eq!(hooks(&manifests), [("setup.py", "setup.py")]);
    }
}

#[test]
fn knows_what_python_starts_by_itself() {
    let wheel = ("a-1.dist-info/METADATA", "Name: a\n\n");
    let (manifests, _) = read_all(&[
        wheel,
        ("a.pth", "# c\n./lib\nimport os; os.getcwd()\n"),
        ("a-1.data/purelib/sitecustomize.py", ""),
        ("a/sitecustomize.py", ""),
        ("setup.py", ""),
    ]);
    let expected =
        [("interpreter start", "sitecustomize.py"), ("interpreter start", "import os; os.getcwd()")];
    assert_eq!(hooks(&manifests), expected);
    assert_eq!(manifests.install_hooks[1].location.line, 3);
}

#[test]
fn reads_server_json_of_both_naming_styles() {
    let now = r#"{"name": "io.example/a", "packages": [{"identifier": "a", "environmentVariables": [{"name": "KEY", "isSecret": true}]}]}"#;
    let before = r#"{"name": "io.example/a", "packages": [{"name": "a", "environment_variables": [{"name": "KEY", "is_secret": true}]}]}"#;
    for text in [now, before] {
        let (manifests, _) = read_all(&[("server.json", text)]);
        assert!(manifests.server_json.is_some());
        let variable = &manifests.environment[0];
        assert_eq!((variable.name.raw(), variable.secret), ("KEY", Some(true)));
    }
    let (manifests, problems) = read_all(&[("server.json", r#"{"port": 80}"#)]);
    assert!(manifests.server_json.is_none() && problems.is_empty());
}

#[test]
fn reads_bundle_manifests_and_which_values_are_secret() {
    let text = r#"{"dxt_version": "0.1", "name": "a", "version": "1", "server": {"type": "node", "entry_point": "s/i.js",
        "mcp_config": {"env": {"KEY": "${user_config.key}", "DIR": "${user_config.dir}", "ON": "1"}}},
        "user_config": {"key": {"sensitive": true}, "dir": {"type": "directory"}}}"#;
    let (manifests, _) = read_all(&[("manifest.json", text)]);
    assert_eq!(entries(&manifests), [("a", "s/i.js")]);
    let variables: Vec<_> = manifests.environment.iter().map(|it| (it.name.raw(), it.secret)).collect();
    assert_eq!(variables, [("KEY", Some(true)), ("DIR", Some(false)), ("ON", Some(false))]);
    let (manifests, problems) =
        read_all(&[("manifest.json", r#"{"manifest_version": 3, "name": "browser"}"#)]);
    assert!(manifests.mcpb.is_none() && problems.is_empty());
}

#[test]
fn reads_readme_markers_and_cargo_manifests() {
    let readme = "# A\n\nmcp-name: io.example/a.\n`mcp-name: io.example/a`\nmcp-name: no slash\n";
    let cargo = "[package]\nname = \"a\"\nversion = \"1.0.0\"\nrepository = \"https://forge.example/a\"\n[[bin]]\nname = \"run\"\npath = \"src/run.rs\"\n";
    let (manifests, _) = read_all(&[("README.md", readme), ("Cargo.toml", cargo), ("build.rs", "")]);
    let names: Vec<_> = manifests.mcp_names.iter().map(|(name, place)| (name.raw(), place.line)).collect();
    assert_eq!(names, [("io.example/a", 3)]);
    assert_eq!(raw(manifests.name.as_ref()), "a");
    assert_eq!(entries(&manifests), [("run", "src/run.rs")]);
    assert_eq!(hooks(&manifests), [("build.rs", "build.rs")]);
}

#[test]
fn broken_manifests_are_problems() {
    let deep_json = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_key = format!("{} = 1", vec!["a"; 100_000].join("."));
    let deep_table = format!("[{}]\n", vec!["a"; 100_000].join("."));
    let deep_array = format!("a = {}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let large = " ".repeat(LARGEST + 1);
    for (path, text, why) in [
        ("package.json", "{", "not valid JSON"),
        ("package.json", "[]", "not a JSON object"),
        ("package.json", &deep_json, "recursion limit"),
        ("server.json", "nope", "not valid JSON"),
        ("manifest.json", "\"", "not valid JSON"),
        ("pyproject.toml", "[a", "not valid TOML"),
        ("pyproject.toml", &deep_key, "nest deeper"),
        ("Cargo.toml", &deep_table, "nest deeper"),
        ("Cargo.toml", &deep_array, "nest deeper"),
        ("package.json", &large, "too many"),
    ] {
        let (_, problems) = read_all(&[(path, text)]);
        assert_eq!(problems.len(), 1, "{path} {why}");
        assert!(problems[0].why.contains(why), "{}", problems[0].why);
    }
}

#[test]
fn invalid_utf8_is_a_problem_and_a_byte_order_mark_is_not() {
    let mut artifact = artifact(&[("package.json", "")]);
    artifact.files[0].bytes = b"{\"name\": \"\xff\"}".to_vec();
    let mut problems = Vec::new();
    assert!(read(&artifact, &mut problems).name.is_none());
    assert_eq!(problems[0].why, "not valid UTF-8 at byte 10");
    artifact.files[0].bytes = b"\xef\xbb\xbf{\"name\": \"a\"}".to_vec();
    assert_eq!(raw(read(&artifact, &mut Vec::new()).name.as_ref()), "a");
}

#[test]
fn nested_tables_of_long_keys_do_not_exhaust_the_stack() {
    let key = vec!["a"; 64].join(".");
    for (open, close) in [("{ ", " }"), ("{\n", "\n}"), ("[{ ", " }]")] {
        let text = format!("{}{key} = 1{}", format!("{key} = {open}").repeat(75), close.repeat(75));
        let (_, problems) = read_all(&[("pyproject.toml", &text)]);
        assert!(problems[0].why.contains("nest deeper"), "{open}");
    }
}
