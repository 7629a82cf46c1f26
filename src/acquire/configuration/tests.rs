use super::*;

/// Every target as `line:column name scheme written`, or why there is none.
fn read(path: &str, text: &str) -> Vec<String> {
    let exists = |path: &str| matches!(path, "./server/package.json" | "server.py");
    match targets(text, path, &exists) {
        Ok(targets) => targets
            .into_iter()
            .map(|target| {
                let configured = target.configured.unwrap();
                let Configured { line, column, name, .. } = configured;
                let why = if target.scheme == "configured" { &target.version } else { &target.written };
                format!("{line}:{column} {name} {}: {why}", target.scheme)
            })
            .collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn reads_the_configurations_of_clients() {
    let servers = "{\n // ours\n \"mcpServers\": {\n  \"files\": {\n   \"command\": \"npx\",\n   \"args\": [\n    \"-y\",\n    \
                   \"@acme/files@1.2.3\",\n    \"/home\"]\n  },\n  \"notes\": { \"command\": \"uvx\", \"args\": [\"notes\"] },\n }\n}";
    assert_eq!(
        read("mcp.json", servers),
        ["8:5 files npm: npm:@acme/files@1.2.3", "11:41 notes pypi: pypi:notes"]
    );
    for (path, text, expected) in [
        (".vscode/mcp.json", r#"{"servers":{"a":{"type":"stdio","command":"npx","args":["b"]}}}"#, "npm:b"),
        ("settings.json", r#"{"mcp":{"servers":{"a":{"command":"npx","args":["b"]}}}}"#, "npm:b"),
        ("opencode.json", r#"{"mcp":{"a":{"type":"local","command":["npx","-y","b"]}}}"#, "npm:b"),
        ("settings.json", r#"{"context_servers":{"a":{"command":{"path":"uvx","args":["b"]}}}}"#, "pypi:b"),
        ("config.toml", "[mcp_servers.a]\ncommand = \"uvx\"\nargs = [\"b==1.0\"]\n", "pypi:b==1.0"),
        (
            "mcp.json",
            r#"{"mcpServers":{"a":{"command":"node","args":["${workspaceFolder}/server/x.js"]}}}"#,
            "./server",
        ),
        ("mcp.json", r#"{"mcpServers":{"a":{"command":"cmd","args":["/c","npx","-y","b"]}}}"#, "npm:b"),
        (
            "mcp.json",
            r#"{"mcpServers":{"a":{"command":"uvx","args":["--from","git+https://h.example/o/r@v1","x"]}}}"#,
            "git+https://h.example/o/r#v1",
        ),
    ] {
        let found = read(path, text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].ends_with(&format!(": {expected}")), "{text}: {found:?}");
    }
}

#[test]
fn reads_what_a_server_json_publishes() {
    let text = r#"{ "name": "io.github.acme/files", "version": "1.0.0",
      "packages": [
        { "registryType": "npm", "identifier": "@acme/files", "version": "1.0.0" },
        { "registryType": "pypi", "identifier": "acme-files", "version": "1.0.0" },
        { "registryType": "oci", "identifier": "acme/files", "version": "1.0.0" }
      ],
      "remotes": [{ "type": "streamable-http", "url": "https://u:p@mcp.acme.example/mcp?key=1" }] }"#;
    assert_eq!(
        read("server.json", text),
        [
            "3:48 @acme/files npm: npm:@acme/files@1.0.0",
            "4:49 acme-files pypi: pypi:acme-files==1.0.0",
            "5:48 acme/files configured: packages of the kind `oci` are not read",
            "7:55 remote configured: `https://…@mcp.acme.example/mcp` is a live server, which no package shows",
        ]
    );
}

#[test]
fn an_entry_that_cannot_be_looked_at_says_why() {
    for (server, why) in [
        (r#"{"command":"docker","args":["run","x"]}"#, "a line that starts `docker` is not supported"),
        (r#"{"command":"npx","args":["-y"]}"#, "the launch line names no package"),
        (r#"{"command":"","args":[]}"#, "a line that starts `` is not supported"),
        (r#"{"args":[]}"#, "it names no command and no address"),
        (r#"{"url":"https://a.example/mcp#x"}"#, "`https://a.example/mcp` is a live server"),
    ] {
        let found = read("mcp.json", &format!("{{\"mcpServers\":{{\"a\":{server}}}}}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(why), "{server}: {found:?}");
    }
}

#[test]
fn variables_that_change_what_is_started_are_told_and_no_value_is_kept() {
    let text = r#"{"mcpServers":{"a":{"command":"npx","args":["-y","b","--api-key","hush"],
      "env":{"NPM_CONFIG_REGISTRY":"https://hush.example","TOKEN":"hush","DEBUG":"1"}}}}"#;
    let target = targets(text, "mcp.json", &|_| false).unwrap().remove(0);
    let launch = target.launch.clone().unwrap();
    assert_eq!(launch.notes, ["takes packages from another place (`NPM_CONFIG_REGISTRY`)"]);
    assert!(!format!("{target:?}").contains("hush"), "{target:?}");
}

#[test]
fn what_is_no_configuration_is_refused_with_its_place() {
    for (path, text, message) in [
        ("mcp.json", "{\n\"a\" 1}", "`mcp.json`, line 2: this is no JSON: a colon is missing"),
        ("mcp.json", "{}", "`mcp.json` names no server"),
        ("package.json", r#"{"name":"x","scripts":{"start":"node x"}}"#, "`package.json` names no server"),
        ("mcp.json", r#"{"mcpServers":{}}"#, "`mcp.json` names no server"),
        ("mcp.json", r#"{"mcpServers":[1],"servers":"x"}"#, "`mcp.json` names no server"),
        ("config.toml", "[a\n", "`config.toml`, line 1: this is no TOML"),
    ] {
        let found = read(path, text);
        assert!(found[0].starts_with(message), "{path}: {found:?}");
    }
    let many: Vec<String> =
        (0..1_000).map(|at| format!("\"s{at}\":{{\"command\":\"npx\",\"args\":[\"b\"]}}")).collect();
    let found = read("mcp.json", &format!("{{\"mcpServers\":{{{}}}}}", many.join(",")));
    assert_eq!(found.len(), MOST + 1);
    assert!(found[MOST].contains("800 more configured: "), "{}", found[MOST]);
}
