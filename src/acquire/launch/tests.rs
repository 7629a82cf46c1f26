use super::*;

fn exists(path: &str) -> bool {
    matches!(path, "./package.json" | "srv/package.json" | "/opt/x/pyproject.toml" | "server/__main__.py")
}

fn read(line: &str) -> Target {
    Target::parse(line, &exists).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn finds_the_package_that_a_line_starts() {
    for (line, scheme, name, version, pinned) in [
        ("npx a", "npm", "a", "", None),
        ("npx -y @s/a@1.2.3 --flag", "npm", "@s/a", "1.2.3", Some("1.2.3")),
        ("npx --yes @s/a@latest", "npm", "@s/a", "latest", None),
        ("npx -p @s/a@1.0.0 command", "npm", "@s/a", "1.0.0", Some("1.0.0")),
        ("npx --package=a@2.0.0 -c 'a x'", "npm", "a", "2.0.0", Some("2.0.0")),
        ("npx -y -- a x", "npm", "a", "", None),
        ("npx -y github:o/r#v1", "git", "https://github.com/o/r", "v1", None),
        ("npx o/r", "git", "https://github.com/o/r", "", None),
        ("npx git+https://git.example/r.git", "git", "https://git.example/r.git", "", None),
        ("npx ./here", "folder", "./here", "", None),
        ("npm exec -- a@1.0.0", "npm", "a", "1.0.0", Some("1.0.0")),
        ("npm x a", "npm", "a", "", None),
        ("pnpm dlx a", "npm", "a", "", None),
        ("yarn dlx -p b c", "npm", "b", "", None),
        ("bunx a", "npm", "a", "", None),
        ("bun x a@1.0.0", "npm", "a", "1.0.0", Some("1.0.0")),
        ("uvx a", "pypi", "a", "", None),
        ("uvx a@1.0", "pypi", "a", "==1.0", Some("1.0")),
        ("uvx a==1.0 --flag", "pypi", "a", "==1.0", Some("1.0")),
        ("uvx --python 3.12 --from a[cli]==2.0 command", "pypi", "a", "==2.0", Some("2.0")),
        (
            "uvx --from git+https://git.example/o/r@v1#subdirectory=x command",
            "git",
            "https://git.example/o/r",
            "v1",
            None,
        ),
        ("uvx --from 'a @ git+https://git.example/o/r@v1' c", "git", "https://git.example/o/r", "v1", None),
        ("uvx --from ./here command", "folder", "./here", "", None),
        ("uv tool run a==1.0", "pypi", "a", "==1.0", Some("1.0")),
        ("uv tool run --from b a", "pypi", "b", "", None),
        ("uv run --with a==1 a", "pypi", "a", "==1", Some("1")),
        ("uv run --with x --with the_name the-name", "pypi", "the_name", "", None),
        ("uv run --with a python -m b", "pypi", "a", "", None),
        ("uv --directory /opt/x run server", "folder", "/opt/x", "", None),
        ("uv run --directory /opt/x src/server.py", "folder", "/opt/x", "", None),
        ("uv run server", "folder", ".", "", None),
        ("pipx run a==1.0", "pypi", "a", "==1.0", Some("1.0")),
        ("pipx run --spec b==2 a", "pypi", "b", "==2", Some("2")),
        ("node ./x.js", "folder", ".", "", None),
        ("node srv/dist/x.js --flag", "folder", "srv", "", None),
        ("node /nowhere/dist/x.js", "folder", "/nowhere/dist", "", None),
        ("node --import ./hook.js dist/x.js", "folder", ".", "", None),
        ("bun run srv/x.ts", "folder", "srv", "", None),
        ("python /opt/x/src/server.py", "folder", "/opt/x", "", None),
        ("python3.12 -u -m mcp_thing.server", "pypi", "mcp-thing", "", None),
        ("python -m server", "folder", ".", "", None),
        ("cmd /c npx -y a", "npm", "a", "", None),
        ("sh -c \"npx -y a@1.0.0\"", "npm", "a", "1.0.0", Some("1.0.0")),
        ("bash -lc 'cd /x && uvx a'", "pypi", "a", "", None),
        ("env -i K=V npx a", "npm", "a", "", None),
        ("K=V npx a", "npm", "a", "", None),
        ("sudo -E npx a", "npm", "a", "", None),
        ("timeout -k 5 30 npx a", "npm", "a", "", None),
        ("/usr/local/bin/npx a", "npm", "a", "", None),
        (r"C:\nodejs\npx.cmd -y a", "npm", "a", "", None),
        ("cd /x; npx a", "npm", "a", "", None),
    ] {
        let target = read(line);
        assert_eq!(
            (target.scheme, target.name.as_str(), target.version.as_str()),
            (scheme, name, version),
            "{line}"
        );
        assert_eq!(target.launch.unwrap().pinned.as_deref(), pinned, "{line}");
    }
}

#[test]
fn notes_what_is_remarkable() {
    for (line, expected) in [
        ("npx -y a", &[][..]),
        ("npx --registry https://u:p@x.example a", &["takes packages from another place (`--registry`)"]),
        ("uvx --index-url=https://x.example a", &["takes packages from another place (`--index-url`)"]),
        ("uvx --with b a", &["adds the package `b`"]),
        ("npx -p a -p b c", &["adds the package `b`"]),
        ("sudo npx a", &["runs with the rights of another user (`sudo`)"]),
        (
            "npm_config_registry=https://x.example npx a",
            &["takes packages from another place (`npm_config_registry`)"],
        ),
        ("NODE_OPTIONS=--require=x npx a", &["loads other code first (`NODE_OPTIONS`)"]),
        ("npx a | tee x", &["the line needs a shell (`|`) and may run other commands"]),
        ("sh -c 'npx a; rm x'", &["the line needs a shell (`;`) and may run other commands"]),
        ("node -r ./x srv/y.js", &["loads other code first (`-r`)", "runs what is on this machine"]),
        (
            "npx a https://u:p@x.example/sse?k=1",
            &["hands over the address `https://…@x.example/sse`: what answers there is not in the package"],
        ),
        ("python -m a_b", &["starts the module `a_b` as it is installed; its package may have another name"]),
    ] {
        assert_eq!(read(line).launch.unwrap().notes, expected, "{line}");
    }
}

#[test]
fn shows_no_secret_of_the_line() {
    for (line, shown) in [
        ("env API_KEY=abc123 npx a", "env API_KEY=… npx a"),
        ("TOKEN='abc 123' npx a", "TOKEN='…' npx a"),
        ("npx a --api-key abc123 --name b", "npx a --api-key … --name b"),
        ("npx a --token=abc123", "npx a --token=…"),
        ("npx a https://user:pass@x.example/", "npx a https://…@x.example/"),
    ] {
        let target = read(line);
        assert_eq!(target.written, shown);
        assert_eq!(target.launch.unwrap().line, shown);
    }
}

#[test]
fn refuses_lines_that_start_something_else() {
    for (line, message) in [
        ("docker run image", "a line that starts `docker` is not supported"),
        ("deno run -A npm:a", "a line that starts `deno` is not supported"),
        ("./server --stdio", "a line that starts `server` is not supported"),
        ("npm install a", "a line that starts `npm` is not supported"),
        ("uv pip install a", "a line that starts `uv pip` is not supported"),
        ("npx -y", "the launch line names no package"),
        ("uvx --from", "`` is not a package name of PyPI"),
        ("node -e 'x()'", "a line that starts `code on the line` is not supported"),
        ("python -c 'x()'", "a line that starts `python -c` is not supported"),
        ("npx https://x.example/a.tgz", "a line that starts `https://x.example/a.tgz` is not supported"),
        ("&& ||", "the launch line is empty"),
        ("sh -c", "the launch line is empty"),
    ] {
        match Target::parse(line, &exists) {
            Err(AcquireError::Usage { message: found, hints }) => {
                assert_eq!(found, message, "{line}");
                assert!(hints.len() > super::target::FORMS.len());
            }
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn unwraps_only_so_far() {
    let deep = format!("{}npx a", "env ".repeat(20));
    assert!(Target::parse(&deep, &exists).is_err());
    let nested = (0..12).fold("npx a".to_owned(), |line, _| format!("sh -c {line:?}"));
    assert!(Target::parse(&nested, &exists).is_err());
}

#[test]
fn a_line_reads_back_as_its_words() {
    let words = ["npx", "-y", "name", "a b", "it's", "$(touch made)", ""].map(str::to_owned);
    assert_eq!(line(&words), r"npx -y name 'a b' 'it'\''s' '$(touch made)' ''");
}
