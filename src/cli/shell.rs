//! The command line described for shells and for `man`.

use clap::CommandFactory as _;

use super::{Stop, arguments::Arguments, policy::said};

/// Writes the completions for a shell.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<u8, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "mcp-vouch", &mut text);
    said(&String::from_utf8_lossy(&text))
}

/// Writes the manual page: every command in one.
pub(super) fn manual() -> Result<u8, Stop> {
    let mut text = Vec::new();
    let mut command = Arguments::command();
    command.build();
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    for command in std::iter::once(command.clone()).chain(commands) {
        clap_mangen::Man::new(command)
            .render(&mut text)
            .map_err(|error| Stop::new(format!("the manual page was not written: {error}")))?;
    }
    said(&String::from_utf8_lossy(&text))
}
