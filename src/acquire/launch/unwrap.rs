//! What stands around a launcher: shells, `env`, `sudo`, `timeout`, and the operators of the shell.

use super::{Reading, options::Options, words};

/// The commands of a line, each without its wrappers; the launcher is lower-case and without path
/// and ending.
pub(crate) fn commands(line: &str, reading: &mut Reading<'_>, wrappers: usize) -> Vec<Vec<String>> {
    let line = words::split(line);
    for operator in &line.operators {
        reading.note(format!("the line needs a shell (`{operator}`) and may run other commands"));
    }
    let mut found = Vec::new();
    for command in line.commands {
        found.extend(unwrapped(command, reading, wrappers));
    }
    found
}

fn unwrapped(mut words: Vec<String>, reading: &mut Reading<'_>, wrappers: usize) -> Vec<Vec<String>> {
    for left in (0..wrappers).rev() {
        assignments(&mut words, reading);
        let Some(program) = words.first().map(|word| program(word)) else { return Vec::new() };
        let arguments: Vec<String> = words.iter().skip(1).cloned().collect();
        words = match program.as_str() {
            "cmd" => arguments.into_iter().skip_while(|word| word.starts_with('/')).collect(),
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "powershell" | "pwsh" => match shell_line(&arguments) {
                Some(line) if left > 0 => return commands(&line, reading, left),
                _ => return Vec::new(),
            },
            "env" => Options::read(&arguments, &["-u", "--unset", "-C", "--chdir"]).rest,
            "sudo" | "doas" => {
                reading.note(format!("runs with the rights of another user (`{program}`)"));
                Options::read(&arguments, &["-u", "--user", "-g", "--group", "-C", "-h", "-p"]).rest
            }
            "timeout" => {
                let mut options = Options::read(&arguments, &["-k", "--kill-after", "-s", "--signal"]);
                options.shift();
                options.rest
            }
            "nice" => Options::read(&arguments, &["-n", "--adjustment"]).rest,
            "nohup" | "exec" | "time" | "command" | "setsid" | "stdbuf" | "caffeinate" => {
                Options::read(&arguments, &["-i", "-o", "-e"]).rest
            }
            _ => {
                secrets(&arguments, reading);
                let mut command = vec![program];
                command.extend(arguments);
                return vec![command];
            }
        };
    }
    Vec::new()
}

/// The line behind `-c`, also where other short options stand in the same word.
fn shell_line(arguments: &[String]) -> Option<String> {
    let at = arguments.iter().position(|word| {
        let is_short = word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        is_short || word.eq_ignore_ascii_case("-command")
    })?;
    arguments.get(at + 1).cloned()
}

/// A program's name without path, `.exe` and the like.
pub(crate) fn program(word: &str) -> String {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    let bare = [".exe", ".cmd", ".bat", ".ps1"].iter().find_map(|end| name.strip_suffix(end));
    bare.unwrap_or(&name).to_owned()
}

/// Whether a variable changes what a line starts.
pub(crate) fn matters(name: &str) -> bool {
    let mut reading = Reading { exists: &|_| false, notes: Vec::new(), secrets: Vec::new() };
    assignments(&mut vec![format!("{name}=")], &mut reading);
    !reading.notes.is_empty()
}

/// Takes `NAME=VALUE` words off the front. Values may be secrets: they are never shown.
fn assignments(words: &mut Vec<String>, reading: &mut Reading<'_>) {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let count =
        words.iter().take_while(|word| word.split_once('=').is_some_and(|(name, _)| is_name(name))).count();
    for word in words.drain(..count) {
        let Some((name, value)) = word.split_once('=') else { continue };
        reading.secrets.push(value.to_owned());
        let upper = name.to_ascii_uppercase();
        if upper.contains("REGISTRY") || upper.contains("INDEX") || upper == "PIP_CONFIG_FILE" {
            reading.note(format!("takes packages from another place (`{name}`)"));
        } else if matches!(
            upper.as_str(),
            "NODE_OPTIONS" | "PYTHONPATH" | "PYTHONSTARTUP" | "LD_PRELOAD" | "DYLD_INSERT_LIBRARIES"
        ) {
            reading.note(format!("loads other code first (`{name}`)"));
        } else if matches!(upper.as_str(), "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY") {
            reading.note(format!("switches certificate checks off (`{name}`)"));
        }
    }
}

/// Remembers the values of options that are named like credentials.
fn secrets(arguments: &[String], reading: &mut Reading<'_>) {
    const LIKE: [&str; 5] = ["token", "secret", "password", "key", "credential"];
    let is_like = |flag: &str| {
        let flag = flag.to_ascii_lowercase();
        flag.starts_with('-') && LIKE.iter().any(|word| flag.contains(word))
    };
    for (at, word) in arguments.iter().enumerate() {
        match word.split_once('=') {
            Some((flag, value)) if is_like(flag) => reading.secrets.push(value.to_owned()),
            None if is_like(word) => {
                reading.secrets.extend(arguments.get(at + 1).filter(|next| !next.starts_with('-')).cloned());
            }
            _ => {}
        }
    }
}
