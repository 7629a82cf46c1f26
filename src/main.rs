//! The command line: turns arguments into a request and the answer into an exit code.

use std::process::ExitCode;

/// A scan makes many small short-lived values, which the usual allocators are slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mcp_vouch::cli::run()
}
