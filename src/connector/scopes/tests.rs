use crate::{
    artifact::{Artifact, File, Kind, Language},
    code,
    connector::{Asked, scopes::is_secret_name},
    detect::sets,
};

/// The scopes of a package: `kind name` with `?` for the code, `!` for secret, `*` for required.
fn asked(files: &[(&str, &str)]) -> Vec<String> {
    let kind = |path: &str| match path.rsplit('.').next() {
        Some("py") => Kind::Source(Language::Python),
        Some("js") => Kind::Source(Language::JavaScript),
        Some("md") => Kind::Text,
        _ => Kind::Data,
    };
    let mut files: Vec<File> = files
        .iter()
        .map(|&(path, text)| File {
            path: path.to_owned(),
            size: text.len() as u64,
            sha256: [0; 32],
            kind: kind(path),
            bytes: text.as_bytes().to_vec(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let artifact = Artifact { files, ..Artifact::default() };
    let connector = crate::connector::read(&artifact, &code::read(&artifact, &sets::get().callees));
    connector
        .scopes
        .iter()
        .map(|scope| {
            let code = if scope.asked == Asked::Code { "?" } else { "" };
            let secret = if scope.secret == Some(true) { "!" } else { "" };
            let required = if scope.required == Some(true) { "*" } else { "" };
            format!("{}{code} {}{secret}{required}", scope.kind.name(), scope.name.raw())
        })
        .collect()
}

#[test]
fn reads_what_registry_entries_ask_for() {
    let now = r#"{"$schema":"https://x/server.schema.json","name":"a/b","packages":[{
        "environmentVariables":[{"name":"API_KEY","isSecret":true,"isRequired":true},{"name":"MODE"}],
        "packageArguments":[{"type":"named","name":"--root","format":"filepath","isRequired":true},{"type":"positional","valueHint":"city"}],
        "runtimeArguments":[{"type":"named","name":"-v","value":"/:/host"},{"type":"named","name":"--privileged"}],
        "transport":{"type":"stdio"}}],
        "remotes":[{"type":"sse","url":"https://mcp.service.example/x","headers":[{"name":"Authorization","isSecret":true}]}]}"#;
    assert_eq!(
        asked(&[("server.json", now)]),
        [
            "environment API_KEY!*",
            "environment Authorization header!",
            "environment MODE",
            "user-config city",
            "path --root*",
            "host mcp.service.example",
            "container mount /:/host",
            "container privileged",
        ]
    );
    let before = r#"{"name":"a/b","packages":[{"environment_variables":[{"name":"KEY","is_secret":true}]}]}"#;
    assert_eq!(asked(&[("server.json", before)]), ["environment KEY!"]);
}

#[test]
fn reads_what_bundles_ask_for() {
    let manifest = r#"{"manifest_version":"0.3","name":"x","server":{"type":"node","entry_point":"i.js","mcp_config":{"command":"node","env":{"KEY":"${user_config.key}"}}},
        "user_config":{"key":{"type":"string","sensitive":true,"required":true},"folder":{"type":"directory"}}}"#;
    assert_eq!(
        asked(&[("manifest.json", manifest)]),
        ["environment KEY!", "user-config key!*", "path folder", "executable node"]
    );
}

#[test]
fn reads_what_client_files_and_skills_ask_for() {
    let servers = r#"{"mcpServers":{"x":{"command":"docker","args":["run","-v","/var/run/docker.sock:/s","img"],"env":{"T":"1"},"autoApprove":["wipe"],"alwaysAllow":["look"]},
        "y":{"url":"https://mcp.service.example","trust":true}}}"#;
    let settings = r#"{"enableAllProjectMcpServers":true,"permissions":{"allow":["mcp__x__wipe"]}}"#;
    let skill = "---\nname: x\nallowed-tools: Read, Bash(git *) Write\n---\nallowed-tools: Nothing\n";
    assert_eq!(
        asked(&[(".mcp.json", servers), (".claude/settings.json", settings), ("skills/x/SKILL.md", skill)]),
        [
            "environment T",
            "host mcp.service.example",
            "executable docker",
            "container mount /var/run/docker.sock:/s",
            "permission *",
            "permission Bash(git *)",
            "permission Read",
            "permission Write",
            "permission every server of the project",
            "permission look",
            "permission mcp__x__wipe",
            "permission wipe",
        ]
    );
}

#[test]
fn reads_what_container_files_ask_for() {
    let compose = "services:\n  a:\n    privileged: true\n    network_mode: host\n    cap_add: [SYS_ADMIN]\n    volumes:\n      - ~/.ssh:/ssh\n      - data:/data\n    ports:\n      - '8080:80/tcp'\n    environment:\n      - TOKEN=x\n";
    let dockerfile = "FROM x\nEXPOSE 3000/tcp\nVOLUME [\"/data\"]\n";
    let smithery = "startCommand:\n  configSchema:\n    type: object\n    required:\n      - apiKey\n    properties:\n      apiKey:\n        type: string\n      mode:\n        type: string\n";
    assert_eq!(
        asked(&[("compose.yaml", compose), ("Dockerfile", dockerfile), ("smithery.yaml", smithery)]),
        [
            "environment TOKEN",
            "user-config apiKey*",
            "user-config mode",
            "port 3000",
            "port 80",
            "container cap-add SYS_ADMIN",
            "container mount data:/data",
            "container mount ~/.ssh:/ssh",
            "container network host",
            "container privileged",
            "container volume /data",
        ]
    );
}

#[test]
fn reads_what_code_asks_for() {
    let script = "import fs from 'fs'; import os from 'os'; import path from 'path'; import { spawn } from 'child_process'; import http from 'http';
        const SCOPES = ['https://www.googleapis.com/auth/drive.readonly', 'nothing here'];
        const url = make({ client_id: 'x', scope: 'repo read:org local' });
        const other = { scope: 'admin:org' };
        fs.readFileSync(path.join(os.homedir(), '.config', 'x.json'), 'utf8');
        spawn('/usr/bin/git', ['log']);
        http.createServer(f).listen(8123);
        fetch('https://api.service.example/v1', { headers: { Authorization: process.env.SERVICE_API_KEY, x: process.env.MODE } });";
    assert_eq!(
        asked(&[("a.js", script)]),
        [
            "oauth? https://www.googleapis.com/auth/drive.readonly",
            "oauth? read:org",
            "oauth? repo",
            "environment? SERVICE_API_KEY",
            "path? ~/.config/x.json",
            "host? api.service.example",
            "port? 8123",
            "executable? git",
        ]
    );
    let python = "import subprocess, os, uvicorn\nfrom pathlib import Path\nSCOPES = ['Mail.ReadWrite', 'chat:write']\n(Path.home() / '.x' / 'token.json').read_text()\nopen(os.path.expanduser('~/.y'))\nsubprocess.run(['kubectl', 'get'])\nuvicorn.run(app, port=9000)\nos.getenv('DB_PASSWORD')\n";
    assert_eq!(
        asked(&[("a.py", python)]),
        [
            "oauth? Mail.ReadWrite",
            "oauth? chat:write",
            "environment? DB_PASSWORD",
            "path? ~/.x/token.json",
            "path? ~/.y",
            "port? 9000",
            "executable? kubectl",
        ]
    );
}

#[test]
fn knows_names_of_secrets() {
    for name in ["API_KEY", "github-token", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "X_PAT"] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in [
        "MAX_TOKENS",
        "TOKEN_LIMIT",
        "KEY_FILE",
        "PUBLIC_KEY",
        "AWS_ACCESS_KEY_ID",
        "KEYBOARD",
        "PATH",
        "TOKEN_URL",
        "CLIENT_ID",
    ] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn hostile_files_are_bounded() {
    use std::fmt::Write as _;
    let mut settings = "{\"permissions\":{\"allow\":[".to_owned();
    for at in 0..5_000 {
        let _ = write!(settings, "\"t{at}\",");
    }
    settings.push_str("\"x\"]}}");
    let deep = (0..3_000).fold("a:\n".to_owned(), |deep, at| deep + &" ".repeat(at) + "b:\n");
    let found = asked(&[(".claude/settings.json", &settings), ("compose.yaml", &deep)]);
    assert_eq!(found.len(), 256);
}
