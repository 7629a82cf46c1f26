//! The command line: turns arguments into a request and the answer into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    mcp_vouch::cli::run()
}
