//! Flags to request, answer to exit code. The only place that reads the environment and the clock.

mod accept;
mod arguments;
mod check;
mod diff;
mod environment;
mod files;
mod lock;
mod output;
mod policy;
mod rules;
mod run;
mod shell;
mod verify;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

use arguments::{Arguments, Command};

/// The exit code where no scan was performed.
const USAGE: u8 = 2;

/// Runs the command line.
pub fn run() -> ExitCode {
    quiet_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let usage = error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if usage { USAGE } else { 0 });
        }
    };
    let done = match arguments.command {
        Command::Check(check) => check::run(&check),
        Command::Lock(lock) => lock::run(&lock),
        Command::Diff(diff) => diff::run(&diff),
        Command::Policy(policy) => policy::run(&policy),
        Command::Accept(accept) => accept::run(&accept),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man => shell::manual(),
        Command::Run(run) => run::run(&run),
        Command::Rules(rules) => rules::run(&rules),
        Command::VerifyBundle(verify) => verify::run(&verify),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            stop.print();
            ExitCode::from(USAGE)
        }
    }
}

/// Why the run ended without an answer, and what to do.
#[derive(Debug)]
pub(crate) struct Stop {
    message: String,
    hints: Vec<String>,
}

impl Stop {
    /// One sentence, first what did not happen.
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn print(&self) {
        let mut text = format!("error: {}\n", crate::untrusted::visible(&self.message));
        for hint in &self.hints {
            text.push_str(if hint.starts_with("  ") { "    " } else { "hint: " });
            text.push_str(&crate::untrusted::visible(hint));
            text.push('\n');
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// A panic inside a scan becomes a gap in its report; what it was about may be connector text, so
/// only its place is written.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
        let _ = writeln!(io::stderr(), "internal error{place}: this is a bug in mcp-vouch");
    }));
}
