use super::*;
use crate::{
    artifact::{File, Kind},
    connector::manifest,
};

/// Kind, name, requirement, origin and line of every dependency that one manifest declares.
fn declared(path: &str, content: &str) -> (Vec<String>, Vec<Unreadable>) {
    let file = File {
        path: path.to_owned(),
        size: content.len() as u64,
        sha256: [0; 32],
        kind: Kind::Data,
        bytes: content.as_bytes().to_vec(),
    };
    let artifact = Artifact { files: vec![file], ..Artifact::default() };
    let mut problems = Vec::new();
    let manifests = manifest::read(&artifact, &mut problems);
    let lines = read(&artifact, &manifests, &mut problems)
        .into_iter()
        .map(|it| {
            let (name, requirement) = (it.name.raw(), it.requirement.raw());
            format!("{} {name} {requirement} {:?} {}", it.kind.name(), it.origin, it.location.line)
        })
        .collect();
    (lines, problems)
}

#[test]
fn npm_tables_by_kind_with_aliases_resolved() {
    let (found, problems) = declared(
        "package.json",
        r#"{"dependencies": {"b": "^1.0.0", "a": "npm:@scope/real@2.x", "c": "npm:plain", "o": "1"},
            "devDependencies": {"d": "*"}, "peerDependencies": {"p": ">=1"},
            "optionalDependencies": {"o": "1"}}"#,
    );
    let expected = [
        "normal @scope/real 2.x Registry 1",
        "normal b ^1.0.0 Registry 1",
        "normal plain  Registry 1",
        "optional o 1 Registry 3",
        "peer p >=1 Registry 2",
        "development d * Registry 2",
    ];
    assert_eq!((found.as_slice(), problems.len()), (expected.map(String::from).as_slice(), 0));
}

#[test]
fn npm_origins() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for (specification, expected) in [
        ("^1", "Registry"),
        ("latest", "Registry"),
        ("", "Registry"),
        ("owner/repo", "GitMoving"),
        (&format!("owner/repo#{commit}"), "GitPinned"),
        ("github:owner/repo#v1", "GitMoving"),
        ("git+https://forge.example/a.git#semver:^1", "GitMoving"),
        (&format!("git+ssh://git@forge.example/a.git#{commit}"), "GitPinned"),
        ("https://github.com/owner/repo", "GitMoving"),
        ("https://github.com/owner/repo/archive/main.tar.gz", "Url"),
        ("http://packages.example/a.tgz", "Url"),
        ("file:../a", "Path"),
        ("./a", "Path"),
        ("workspace:*", "Path"),
    ] {
        let (found, _) =
            declared("package.json", &format!(r#"{{"dependencies": {{"a": "{specification}"}}}}"#));
        assert_eq!(found, [format!("normal a {specification} {expected} 1")]);
    }
}

#[test]
fn python_metadata_with_extras_urls_and_markers() {
    let (found, problems) = declared(
        "a-1.dist-info/METADATA",
        "Name: a\nRequires-Dist: HTTPX[http2] (>=0.27,<1)\nRequires-Dist: b; python_version < \"3.9\"\n\
         Requires-Dist: c==1 ; extra == 'dev'\nRequires-Dist: d @ https://files.example/d.whl\n\
         Requires-Dist: e @ git+https://forge.example/e@main ; python_version > \"3\"\nRequires-Dist: not a name\n\n",
    );
    let expected = [
        "normal b  Registry 3",
        "normal d https://files.example/d.whl Url 5",
        "normal e git+https://forge.example/e@main GitMoving 6",
        "normal httpx >=0.27, <1 Registry 2",
        "optional c ==1 Registry 4",
    ];
    assert_eq!(found, expected);
    assert_eq!(problems[0].why, "not a dependency specifier: `not a name`");
}

#[test]
fn pyproject_tables_of_the_standard_and_of_poetry() {
    let (found, _) = declared(
        "pyproject.toml",
        "[build-system]\nrequires = [\"hatchling\"]\n[project]\ndependencies = [\n  \"mcp>=1\",\n]\n\
         [project.optional-dependencies]\nx = [\"y\"]\n[dependency-groups]\ndev = [\"pytest\", {include-group = \"x\"}]\n",
    );
    let expected = [
        "normal mcp >=1 Registry 5",
        "optional y  Registry 8",
        "build hatchling  Registry 2",
        "development pytest  Registry 10",
    ];
    assert_eq!(found, expected);
    let (found, _) = declared(
        "pyproject.toml",
        "[tool.poetry.dependencies]\npython = \"^3.10\"\na = \"^1\"\nb = {git = \"https://forge.example/b\", branch = \"main\"}\n\
         c = {version = \"1\", optional = true}\n[tool.poetry.group.dev.dependencies]\nd = {path = \"../d\"}\n",
    );
    let expected = [
        "normal a ^1 Registry 3",
        "normal b https://forge.example/b GitMoving 4",
        "optional c 1 Registry 5",
        "development d ../d Path 7",
    ];
    assert_eq!(found, expected);
}

#[test]
fn cargo_tables() {
    let (found, _) = declared(
        "Cargo.toml",
        "[package]\nname = \"a\"\n[dependencies]\nb = \"1\"\nc = { git = \"https://forge.example/c\", tag = \"v1\" }\n\
         d = { package = \"real\", version = \"2\", path = \"../d\" }\n[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n\
         [dev-dependencies]\ne = { path = \"e\" }\n",
    );
    let expected = [
        "normal b 1 Registry 4",
        "normal c https://forge.example/c GitMoving 5",
        "normal libc 0.2 Registry 8",
        "normal real 2 Registry 6",
        "development e e Path 10",
    ];
    assert_eq!(found, expected);
}

#[test]
fn hostile_requirements_are_problems() {
    let deep = format!("a; {}extra == 'x'{}", "(".repeat(1_000), ")".repeat(1_000));
    let (found, problems) = declared("m.dist-info/METADATA", &format!("Name: m\nRequires-Dist: {deep}\n\n"));
    assert_eq!((found.len(), problems.len()), (1, 0));
    let long = format!("a>={}", "1.".repeat(LIMIT));
    let (found, problems) = declared("m.dist-info/METADATA", &format!("Name: m\nRequires-Dist: {long}1\n\n"));
    assert_eq!((found.len(), problems.len()), (0, 1));
}

/// More parts than a requirement may have.
const LIMIT: usize = 4_096;

#[test]
fn many_declarations_are_cut_and_said() {
    let entries: Vec<String> = (0..=DECLARATIONS).map(|at| format!("\"d{at}\": \"1\"")).collect();
    let (found, problems) =
        declared("package.json", &format!("{{\"dependencies\": {{{}}}}}", entries.join(",")));
    assert_eq!((found.len(), problems.len()), (DECLARATIONS, 1));
}
