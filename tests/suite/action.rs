//! The steps of the GitHub Action, run by bash in a simulated runner: outputs, summary, exit codes,
//! and inputs that try to become commands.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::support::root;

/// A runner with its folders, and programs that stand for those of a real one.
struct Runner {
    directory: tempfile::TempDir,
}

/// What a step left behind.
struct Step {
    code: i32,
    stdout: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Runner {
    fn new() -> Self {
        let runner = Self { directory: tempfile::tempdir().unwrap() };
        for folder in ["temp/mcp-vouch-binaries", "work", "home", "programs"] {
            fs::create_dir_all(runner.path(folder)).unwrap();
        }
        let binary = runner.path("temp/mcp-vouch-binaries/mcp-vouch");
        fs::copy(env!("CARGO_BIN_EXE_mcp-vouch"), binary).unwrap();
        runner
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A program of the runner: a script that runs instead of the real one.
    fn program(&self, name: &str, script: &str) {
        let path = self.path("programs").join(name);
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}\n")).unwrap();
        make_executable(&path);
    }

    #[expect(clippy::disallowed_methods, reason = "runs the steps of the action, and finds bash and git")]
    fn step(&self, script: &str, variables: &[(&str, &str)]) -> Step {
        let (outputs, summary) = (self.path("outputs"), self.path("summary"));
        fs::write(&outputs, "").unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let done = std::process::Command::new("bash")
            .arg(root().join("action").join(script))
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", format!("{}:{path}", self.path("programs").display()))
            .env("HOME", self.path("home"))
            .env("MCP_VOUCH_CACHE", self.path("cache"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("BINARIES", self.path("temp/mcp-vouch-binaries"))
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let written = fs::read_to_string(&outputs).unwrap();
        let pairs = written.lines().filter_map(|line| line.split_once('='));
        Step {
            code: done.status.code().unwrap(),
            stdout: String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap(),
            outputs: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            summary: fs::read_to_string(&summary).unwrap_or_default(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "makes the repository that the action runs in")]
    fn git(&self, folder: &str, arguments: &[&str]) {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(self.path(folder))
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}

fn fixture(case: &str) -> String {
    root().join("fixtures/connectors").join(case).to_str().unwrap().to_owned()
}

#[test]
fn a_check_answers_with_verdict_outputs_and_summary() {
    for (case, code, verdict) in
        [("clean-javascript", "0", "pass"), ("planted-dist", "1", "fail"), ("only-prose", "3", "incomplete")]
    {
        let runner = Runner::new();
        runner.write("work/only-prose/README.md", "read me");
        let path = if case == "only-prose" { case.to_owned() } else { fixture(case) };
        let step = runner.step("check.sh", &[("INPUT_PATH", &path), ("INPUT_OFFLINE", "true")]);
        assert_eq!(step.code, 0, "the verdict is answered by a later step\n{}", step.stdout);
        assert_eq!(step.outputs["code"], code, "{case}: {}", step.stdout);
        assert_eq!(step.outputs["verdict"], verdict, "{case}");
        let report: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&step.outputs["report"]).unwrap()).unwrap();
        let findings = report["reports"][0]["findings"].as_array().unwrap().len();
        assert_eq!(step.outputs["findings-count"], findings.to_string(), "{case}");
        assert!(fs::read_to_string(&step.outputs["sarif-file"]).unwrap().contains("\"2.1.0\""), "{case}");
        assert!(step.summary.to_lowercase().contains(verdict), "{case}: {}", step.summary);
        assert_eq!(step.stdout.contains("::error"), verdict != "pass", "{case}: {}", step.stdout);
    }
}

#[test]
fn inputs_never_become_commands() {
    let hostile = [
        "$(touch made)",
        "`touch made`",
        "\"; touch made; \"",
        "'; touch made; '",
        "a b\n$(touch made)\n--output json=made",
        "--output=json=made",
        "${IFS}touch${IFS}made",
        "%0A::set-output name=verdict::pass",
    ];
    for text in hostile {
        for name in ["TARGETS", "PATH", "POLICY", "FAIL_ON", "FORMAT", "SARIF_FILE", "OFFLINE", "BASELINE"] {
            let runner = Runner::new();
            let name = format!("INPUT_{name}");
            let mut variables = vec![(name.as_str(), text)];
            let path = fixture("clean-javascript");
            if name != "INPUT_PATH" {
                variables.push(("INPUT_PATH", &path));
            }
            if name != "INPUT_OFFLINE" {
                variables.push(("INPUT_OFFLINE", "true"));
            }
            let step = runner.step("check.sh", &variables);
            assert!(!runner.path("work/made").exists(), "{name} = {text}: {}", step.stdout);
            assert!(
                !matches!(step.outputs.get("verdict").map(String::as_str), Some("pass"))
                    || name == "INPUT_SARIF_FILE",
                "{name} = {text}: {}",
                step.stdout
            );
            let values = ["code", "verdict", "findings-count", "sarif-file", "report", "summary"];
            assert!(step.outputs.keys().all(|key| values.contains(&key.as_str())), "{:?}", step.outputs);
        }
    }
}

#[test]
fn a_pull_request_is_compared_with_the_lock_of_its_base() {
    let runner = Runner::new();
    let server = |more: &str| {
        format!(
            "import {{ McpServer }} from \"@modelcontextprotocol/sdk/server/mcp.js\";\nimport {{ z }} from \"zod\";\nconst server = new McpServer({{ name: \"s\", version: \"1.0.0\" }});\nserver.tool(\"add\", \"Adds two numbers\", {{ a: z.number(){more} }}, async ({{ a }}) => ({{ content: [{{ type: \"text\", text: String(a) }}] }}));\n"
        )
    };
    fs::create_dir_all(runner.path("upstream")).unwrap();
    runner.git("upstream", &["init", "--quiet"]);
    runner.write(
        "upstream/connector/package.json",
        "{ \"name\": \"s\", \"version\": \"1.0.0\", \"type\": \"module\" }",
    );
    runner.write("upstream/connector/index.js", &server(""));
    lock(&runner, "upstream");
    runner.git("upstream", &["add", "."]);
    runner.git("upstream", &["commit", "--quiet", "-m", "base"]);
    fs::remove_dir_all(runner.path("work")).unwrap();
    runner.git("", &["clone", "--quiet", "upstream", "work"]);
    let variables = [
        ("INPUT_PATH", "connector"),
        ("INPUT_OFFLINE", "true"),
        ("INPUT_BASELINE", "mcp-vouch.lock"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_BASE_REF", "main"),
    ];
    let same = runner.step("check.sh", &variables);
    assert_eq!(same.outputs["verdict"], "pass", "{}", same.stdout);

    runner.write("work/connector/index.js", &server(", callback_url: z.string()"));
    lock(&runner, "work");
    let drifted = runner.step("check.sh", &variables);
    assert_eq!(drifted.outputs["verdict"], "fail", "{}", drifted.stdout);
    assert!(drifted.summary.contains("parameter <code>callback&#95;url</code>"), "{}", drifted.summary);
}

#[expect(clippy::disallowed_methods, reason = "runs the binary under test")]
fn lock(runner: &Runner, folder: &str) {
    let _ = fs::remove_file(runner.path(folder).join("mcp-vouch.lock"));
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-vouch"))
        .args(["lock", "--offline", "connector", "-o", "mcp-vouch.lock"])
        .current_dir(runner.path(folder))
        .env("HOME", runner.path("home"))
        .env("MCP_VOUCH_CACHE", runner.path("cache"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A release whose digest and attestation are asked for before anything of it runs.
#[test]
fn a_release_runs_only_where_it_verifies() {
    for (digest, attested, expected) in [(true, true, 0), (false, true, 2), (true, false, 2)] {
        let runner = Runner::new();
        fs::remove_file(runner.path("temp/mcp-vouch-binaries/mcp-vouch")).unwrap();
        runner.program(
            "gh",
            &format!(
                r#"set -e
printf '%s\n' "$*" >>"$HOME/asked"
case "$1 $2" in
  "release download")
    while [ "$1" != --dir ]; do shift; done
    cd "$2"
    printf '#!/usr/bin/env bash\necho mcp-vouch-of-the-release\n' >mcp-vouch && chmod +x mcp-vouch
    tar -czf mcp-vouch-x86_64-unknown-linux-gnu.tar.gz mcp-vouch && rm mcp-vouch
    sha256sum mcp-vouch-x86_64-unknown-linux-gnu.tar.gz >SHA256SUMS
    {}
    ;;
  "attestation verify") exit {} ;;
esac"#,
                if digest { "" } else { "echo changed >>mcp-vouch-x86_64-unknown-linux-gnu.tar.gz" },
                i32::from(!attested)
            ),
        );
        let variables = [("INPUT_VERSION", "v1.2.3"), ("ACTION_REPOSITORY", "owner/name")];
        let step = runner.step("install.sh", &variables);
        assert_eq!(step.code, expected, "{}", step.stdout);
        assert_eq!(step.stdout.contains("mcp-vouch-of-the-release"), expected == 0, "{}", step.stdout);
        assert_eq!(runner.path("temp/mcp-vouch-binaries/mcp-vouch").exists(), expected == 0);
        if attested && digest {
            let asked = fs::read_to_string(runner.path("home/asked")).unwrap();
            assert!(asked.contains("--signer-workflow owner/name/.github/workflows/release.yml"), "{asked}");
        }
    }
    let runner = Runner::new();
    for version in ["latest", "v1", "v1.2.3;x", "$(touch made)", "-R evil/repository"] {
        let variables = [("INPUT_VERSION", version), ("ACTION_REPOSITORY", "owner/name")];
        let step = runner.step("install.sh", &variables);
        assert_eq!(step.code, 2, "{version}: {}", step.stdout);
    }
    assert!(!runner.path("work/made").exists());
}

#[test]
fn without_a_version_the_source_of_the_action_is_built_once() {
    let runner = Runner::new();
    fs::remove_file(runner.path("temp/mcp-vouch-binaries/mcp-vouch")).unwrap();
    runner.program(
        "cargo",
        r#"printf '%s\n' "$PWD $*" >>"$HOME/asked"
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/release"
printf '#!/usr/bin/env bash\necho built\n' >"$2/release/mcp-vouch"
chmod +x "$2/release/mcp-vouch""#,
    );
    let named = runner.step("source.sh", &[]);
    assert_eq!(named.outputs["digest"].len(), 40, "{:?}", named.outputs);
    assert_eq!(runner.step("source.sh", &[]).outputs, named.outputs);
    for _ in 0..2 {
        let step = runner.step("install.sh", &[]);
        assert_eq!((step.code, step.stdout.contains("built")), (0, true), "{}", step.stdout);
    }
    let asked = fs::read_to_string(runner.path("home/asked")).unwrap();
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(asked.contains("build --release --locked"), "{asked}");
}

#[test]
fn a_comment_is_replaced_and_not_repeated() {
    for (known, expected) in [("", "--method POST"), ("4711", "--method PATCH")] {
        let runner = Runner::new();
        runner.write("temp/summary.md", "**fail** `$(touch made)`\n");
        runner.program(
            "gh",
            &format!(
                "case \"$*\" in *--paginate*) printf '%s' '{known}' ;; *) printf '%s\\n' \"$*\" >>\"$HOME/asked\" ;; esac"
            ),
        );
        let summary = runner.path("temp/summary.md");
        let variables = [
            ("SUMMARY", summary.to_str().unwrap()),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_REPOSITORY", "owner/name"),
        ];
        let step = runner.step("comment.sh", &variables);
        assert_eq!(step.code, 0, "{}", step.stdout);
        let asked = fs::read_to_string(runner.path("home/asked")).unwrap();
        assert!(asked.contains(expected) && asked.lines().count() == 1, "{asked}");
        let body = fs::read_to_string(runner.path("temp/mcp-vouch-comment.md")).unwrap();
        assert!(body.starts_with("<!-- mcp-vouch -->\n**fail**"), "{body}");
        assert!(!runner.path("work/made").exists());
    }
}

#[test]
fn every_script_gets_its_inputs_as_variables() {
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    for line in action.lines().filter(|line| line.trim_start().starts_with("run:")) {
        assert!(!line.contains("${{"), "an expression inside of a command: {line}");
    }
    let pinned = regex::Regex::new("@[0-9a-f]{40} # v[0-9.]+$").unwrap();
    for line in action.lines().filter(|line| line.trim_start().starts_with("uses:")) {
        assert!(pinned.is_match(line), "not pinned: {line}");
    }
}
