//! `mcp-vouch run`: what passed is started in its exact version, byte for byte on its streams; what
//! did not is not.
#![cfg(unix)]

use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _, process::Stdio};

use super::{
    registry::Registry,
    support::{root, tarball},
};

/// A user with a registry on this machine and launchers that tell how they were started.
struct User {
    directory: tempfile::TempDir,
    registry: Registry,
}

struct Ended {
    code: i32,
    stdout: Vec<u8>,
    stderr: String,
    started: String,
}

impl User {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let registry = Registry::start();
        for folder in ["home", "programs", "work"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        fs::write(directory.path().join("home/.npmrc"), format!("registry={}\n", registry.url("/"))).unwrap();
        let user = Self { directory, registry };
        user.program("node", "echo v22.0.0");
        user.program("npm", "echo 10.9.0");
        user.program("npx", "printf '%s\\n' \"$*\" >>\"$HOME/started\"; cat; exit 7");
        user
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.directory.path().join("programs").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn publish(&self, name: &str, source: &str) {
        let manifest = format!("{{ \"name\": \"{name}\", \"version\": \"1.0.0\", \"bin\": \"index.js\" }}");
        self.registry.npm(
            name,
            &tarball(&[
                ("package/package.json", manifest.as_bytes()),
                ("package/index.js", source.as_bytes()),
            ]),
        );
    }

    #[expect(clippy::disallowed_methods, reason = "runs the binary under test")]
    fn run(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let place = |path: &str| self.directory.path().join(path);
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-vouch"))
            .arg("run")
            .args(arguments)
            .current_dir(place("work"))
            .env_clear()
            .env("HOME", place("home"))
            .env("PATH", format!("{}:/usr/bin:/bin", place("programs").display()))
            .env("MCP_VOUCH_CACHE", place("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A connector that was not started reads nothing.
        let _ = stdin.write_all(input);
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let started = place("home/started");
        let ended = Ended {
            code: output.status.code().unwrap(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
            started: fs::read_to_string(&started).unwrap_or_default(),
        };
        let _ = fs::remove_file(started);
        ended
    }
}

const HONEST: &str = "export const nothing = 1;\n";

#[test]
fn what_passed_is_started_with_its_streams() {
    let user = User::new();
    user.publish("honest", HONEST);
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for round in 0..2 {
        let asked = user.registry.asked().len();
        let ended = user.run(&["--", "npx", "-y", "honest", "a b", "--flag=$(touch made)"], &bytes);
        assert_eq!(ended.started, "-y honest@1.0.0 a b --flag=$(touch made)\n", "{}", ended.stderr);
        assert_eq!(ended.code, 7, "the exit code is the connector's: {}", ended.stderr);
        assert!(ended.stdout == bytes, "the streams are not the connector's own");
        assert_eq!(ended.stderr, "");
        assert_eq!(user.registry.asked().len() == asked, round == 1, "a remembered pass asks nobody");
    }
}

#[test]
fn what_did_not_pass_is_not_started_but_once_where_it_is_meant() {
    let user = User::new();
    let planted = fs::read_to_string(root().join("fixtures/connectors/planted-dist/dist/index.js")).unwrap();
    user.publish("planted", &planted);
    let refused = user.run(&["--", "npx", "-y", "planted"], b"");
    assert_eq!(
        (refused.code, refused.started.as_str(), refused.stdout.len()),
        (1, "", 0),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("VERDICT") && refused.stderr.contains("not started"),
        "{}",
        refused.stderr
    );
    let code = refused.stderr.split("--once ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let wrong = user.run(&["--once", "000000000000", "--", "npx", "-y", "planted"], b"");
    assert_eq!((wrong.code, wrong.started.as_str()), (1, ""), "{}", wrong.stderr);
    let meant = user.run(&["--once", &code, "--", "npx", "-y", "planted"], b"");
    assert_eq!((meant.code, meant.started.as_str()), (7, "-y planted@1.0.0\n"), "{}", meant.stderr);
    let again = user.run(&["--", "npx", "-y", "planted"], b"");
    assert_eq!((again.code, again.started.as_str()), (1, ""), "once is once: {}", again.stderr);

    user.publish("planted", &format!("{planted}\n// other bytes\n"));
    fs::remove_dir_all(user.directory.path().join("cache")).unwrap();
    let other = user.run(&["--once", &code, "--", "npx", "-y", "planted"], b"");
    assert_eq!(
        (other.code, other.started.as_str()),
        (1, ""),
        "other bytes need another look: {}",
        other.stderr
    );
}

#[test]
fn what_cannot_be_pinned_or_was_not_checked_is_not_started() {
    let user = User::new();
    user.publish("honest", HONEST);
    user.publish("other", HONEST);
    for line in [
        &["npx", "-y", "-p", "honest", "-p", "other", "honest"][..],
        &["npx", "--registry", "http://127.0.0.1:9/", "honest"],
        &["node", "index.js"],
        &["sh", "-c", "npx -y honest"],
        &["sudo", "npx", "honest"],
    ] {
        let mut arguments = vec!["--"];
        arguments.extend(line);
        let ended = user.run(&arguments, b"");
        assert_eq!((ended.code, ended.started.as_str()), (2, ""), "{line:?}: {}", ended.stderr);
        assert!(ended.stderr.starts_with("error: nothing was started: "), "{line:?}: {}", ended.stderr);
    }
    let stranger = User::new();
    let offline = stranger.run(&["--offline", "--", "npx", "-y", "honest"], b"");
    assert_eq!((offline.code, offline.started.as_str()), (3, ""), "{}", offline.stderr);
}
