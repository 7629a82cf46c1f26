use super::*;

fn parse(text: &str) -> Result<Target, AcquireError> {
    Target::parse(text, &|path| matches!(path, "here" | "my folder" | "x.tgz" | "some file.whl"))
}

#[test]
fn reads_every_form() {
    for (text, scheme, name, version) in [
        ("tools:list.json", "tools", "list.json", ""),
        ("npm:a", "npm", "a", ""),
        ("npm:a@1.2.3", "npm", "a", "1.2.3"),
        ("npm:a@next", "npm", "a", "next"),
        ("npm:@s/a", "npm", "@s/a", ""),
        ("npm:@s/a@^1.2 || >=3 <4", "npm", "@s/a", "^1.2 || >=3 <4"),
        ("npm:alias@npm:@s/real@2", "npm", "@s/real", "2"),
        ("npm:JSONStream", "npm", "JSONStream", ""),
        ("pypi:a", "pypi", "a", ""),
        ("pypi:a==1.0", "pypi", "a", "==1.0"),
        ("pypi:A.b_c>=1,<2", "pypi", "A.b_c", ">=1,<2"),
        ("pypi:a[x,y]==1.0", "pypi", "a", "==1.0"),
        ("pypi:a@1.0", "pypi", "a", "==1.0"),
        ("pypi:a@latest", "pypi", "a", ""),
        ("git+https://git.example/o/r.git", "git", "https://git.example/o/r.git", ""),
        ("git+https://git.example/o/r#v1", "git", "https://git.example/o/r", "v1"),
        ("git+file:///a/b#main", "git", "file:///a/b", "main"),
        ("git+./repository", "git", "./repository", ""),
        ("github:o/r", "git", "https://github.com/o/r", ""),
        ("github:o/r@v1", "git", "https://github.com/o/r", "v1"),
        ("github:o/r#feature/x", "git", "https://github.com/o/r", "feature/x"),
        ("here", "folder", "here", ""),
        ("my folder", "folder", "my folder", ""),
        ("x.tgz", "archive", "x.tgz", ""),
        ("some file.whl", "archive", "some file.whl", ""),
        ("./missing", "folder", "./missing", ""),
        ("/srv/x", "folder", "/srv/x", ""),
        ("C:\\x", "folder", "C:\\x", ""),
        (".", "folder", ".", ""),
        ("missing.tar.gz", "archive", "missing.tar.gz", ""),
        ("  npm:a  ", "npm", "a", ""),
    ] {
        let target = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (target.scheme, target.name.as_str(), target.version.as_str()),
            (scheme, name, version),
            "{text}"
        );
        assert_eq!(target.written, text.trim());
    }
}

#[test]
fn refuses_what_has_no_form() {
    for (text, message) in [
        ("", "the target is empty"),
        ("a", "`a` is no target"),
        ("docker:a", "`docker:a` is no target"),
        ("npm:", "`` is not a package name of the npm registry"),
        ("npm:a@", "`npm:a@` names no version after `@`"),
        ("npm:@a", "`@a` is not a package name of the npm registry"),
        ("npm:@a/", "`@a/` is not a package name of the npm registry"),
        ("npm:a/b", "`a/b` is not a package name of the npm registry"),
        ("npm:../a", "`../a` is not a package name of the npm registry"),
        ("npm:a b", "`a b` is not a package name of the npm registry"),
        ("npm:\u{430}", "`\u{430}` is not a package name of the npm registry"),
        ("npm:a@https://x.example/a.tgz", "`https://x.example/a.tgz` is not a version, tag or range"),
        ("pypi:-a", "`-a` is not a package name of PyPI"),
        ("pypi:a-", "`a-` is not a package name of PyPI"),
        ("pypi:a=1", "`=1` is not a version specifier"),
        ("pypi:a[x", "`[x` is not a version specifier"),
        ("git+", "`git+` names no repository"),
        ("git+-x", "`git+` names no repository"),
        ("git+https://a.example/x#-x", "`-x` is not a git reference"),
        (
            "git+ssh://git@a.example/x",
            "`git+ssh://…@a.example/x` was not scanned: only https repositories are fetched",
        ),
        ("github:o", "`github:o` is not OWNER/REPO"),
        ("github:o/../x", "`github:o/../x` is not OWNER/REPO"),
        ("tools:", "`tools:` names no file"),
        ("npm:a\u{7}", "the target is longer than 4096 bytes or has control characters"),
    ] {
        match parse(text) {
            Err(AcquireError::Usage { message: found, hints }) => {
                assert_eq!(found, message);
                assert!(!hints.is_empty());
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    assert!(parse(&format!("npm:{}", "a".repeat(215))).is_err());
    assert!(parse(&"a".repeat(5000)).is_err());
}

#[test]
fn an_unknown_form_lists_all_forms() {
    let Err(AcquireError::Usage { message, hints }) = parse("moon") else { panic!("no error") };
    insta::assert_snapshot!(format!("{message}\n{}", hints.join("\n")), @r#"
    `moon` is no target
    a target is one of:
      tools:FILE                a captured `tools/list` answer
      npm:NAME[@VERSION]        a package of the npm registry; VERSION may be a tag or a range
      pypi:NAME[==VERSION]      a package of PyPI
      git+URL[#REF]             a git repository
      github:OWNER/REPO[@REF]   a repository on GitHub
      FOLDER                    a folder on this machine
      CONFIGURATION             a file that names servers, such as mcp.json, or a server.json: each of them
      ARCHIVE                   an archive on this machine: .tgz .tar.gz .whl .zip .mcpb .dxt .crate
      "COMMAND LINE"            the line that starts the connector: npx, npm exec, pnpm dlx, yarn dlx, bunx,
                                uvx, uv tool run, uv run, pipx run, node FILE, python FILE, python -m NAME
    "#);
}

#[test]
fn shows_no_credentials() {
    let target = parse("git+https://user:secret@git.example/o/r#v1").unwrap();
    assert_eq!(target.written, "git+https://…@git.example/o/r#v1");
    assert_eq!(target.name, "https://user:secret@git.example/o/r");
}

#[test]
fn knows_an_exact_version() {
    for (text, expected) in [
        ("npm:a", None),
        ("npm:a@latest", None),
        ("npm:a@^1.2.3", None),
        ("npm:a@1.2", None),
        ("npm:a@1.2.3", Some("1.2.3")),
        ("npm:a@v1.2.3-rc.1", Some("1.2.3-rc.1")),
        ("pypi:a", None),
        ("pypi:a>=1", None),
        ("pypi:a==1.*", None),
        ("pypi:a==1,!=2", None),
        ("pypi:a==1.0rc1", Some("1.0rc1")),
        ("github:o/r@main", None),
        (
            "github:o/r@0123456789012345678901234567890123456789",
            Some("0123456789012345678901234567890123456789"),
        ),
        ("here", None),
    ] {
        assert_eq!(reference::exact(&parse(text).unwrap()).as_deref(), expected, "{text}");
    }
}
