//! The flags, as clap reads them.

use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{acquire::target, report::FORMATS};

/// Does this MCP connector deserve my trust?
#[derive(Debug, Parser)]
#[command(name = "mcp-vouch", version, about, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Scans connectors, without running them, and exits with the verdict
    #[command(after_help = after_check())]
    Check(Check),
    /// Checks what a line would start and, on a pass, starts exactly that version
    Run(Run),
    /// Writes down what is approved, for `check --baseline` and `diff`
    #[command(after_help = AFTER_LOCK)]
    Lock(Lock),
    /// Tells what changed between two connectors, or since an approval, as what it means
    #[command(after_help = AFTER_DIFF)]
    Diff(Diff),
    /// Lists the rules, or explains one
    Rules(Rules),
    /// Reads, shows or begins a policy file
    Policy(Policy),
    /// Writes an exception for a finding of the last run into the policy file
    Accept(Accept),
    /// Writes the completions for a shell to the standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Writes the manual page to the standard output
    Man,
    /// Verifies one Sigstore bundle, as the conformance suite of Sigstore clients asks
    #[command(hide = true)]
    VerifyBundle(VerifyBundle),
}

#[derive(Debug, Args)]
pub(super) struct VerifyBundle {
    /// Count the staging instance as trusted instead
    #[arg(long)]
    pub(super) staging: bool,
    /// The bundle
    #[arg(long, value_name = "FILE")]
    pub(super) bundle: PathBuf,
    /// The identity in the certificate
    #[arg(long, value_name = "IDENTITY", requires = "certificate_oidc_issuer")]
    pub(super) certificate_identity: Option<String>,
    /// Who issued that identity
    #[arg(long, value_name = "URL")]
    pub(super) certificate_oidc_issuer: Option<String>,
    /// A public key in PEM, instead of a certificate
    #[arg(long, value_name = "FILE", conflicts_with = "certificate_identity")]
    pub(super) key: Option<PathBuf>,
    /// The trust root
    #[arg(long, value_name = "FILE")]
    pub(super) trusted_root: Option<PathBuf>,
    /// The artifact, or `sha256:` and its digest
    #[arg(value_name = "FILE_OR_DIGEST")]
    pub(super) artifact: String,
}

/// The formats that there are.
fn output_help() -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
    format!("Write a report: {}; `-` is the standard output; may be repeated", names.join(", "))
}

/// The forms of a target and the exit codes.
fn after_check() -> String {
    let mut text = String::from("Targets:\n");
    for (form, meaning) in target::FORMS {
        let _ = writeln!(text, "  {form:<23}  {meaning}");
    }
    text.push_str(
        "\nExit codes: 0 pass, 1 fail, 2 usage error, 3 incomplete; the worst of all targets counts.",
    );
    text
}

const AFTER_LOCK: &str = "\
Exit codes: 0 written, 1 or 3 not written: something fails the gate, asks for more than was
approved, or could not be looked at, and no --reason accepts it; 2 usage error.";

const AFTER_DIFF: &str = "\
BEFORE and NOW are targets as for `check`, or locks. A lock alone is compared with what its targets
are now. `--connect URL` stands for NOW.

Exit codes: 0 nothing asks for more, 1 something asks for more, 2 usage error, 3 not everything could
be compared.";

#[derive(Debug, Args)]
pub(super) struct Check {
    /// What to scan; several are scanned in parallel
    #[arg(required_unless_present = "connect", value_name = "TARGET")]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) live: Live,
    /// Compare with what this lock approved
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(super) options: Options,
}

/// Servers that run already.
#[derive(Debug, Args)]
pub(super) struct Live {
    /// A live server to ask what it lists, over streamable HTTP; may be repeated
    #[arg(long, value_name = "URL", help_heading = "Live servers")]
    pub(super) connect: Vec<String>,
    /// A header for live servers, with its value from an environment variable; may be repeated
    #[arg(long, value_name = "NAME=VARIABLE", help_heading = "Live servers")]
    pub(super) header_env: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Lock {
    /// What to approve; with --update by default everything that the lock holds
    #[arg(required_unless_present_any = ["update", "connect"], value_name = "TARGET")]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) live: Live,
    /// The lock
    #[arg(short = 'o', long = "lock", value_name = "FILE", default_value = "mcp-vouch.lock")]
    pub(super) file: PathBuf,
    /// Replace what the lock holds of the targets; the rest stays
    #[arg(long)]
    pub(super) update: bool,
    /// Accept what fails the gate or asks for more, for this reason
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[command(flatten)]
    pub(super) options: Options,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// What was: a target, or a lock
    #[arg(value_name = "BEFORE")]
    pub(super) before: String,
    /// What is: a target, or a lock
    #[arg(value_name = "NOW")]
    pub(super) now: Option<String>,
    #[command(flatten)]
    pub(super) live: Live,
    #[command(flatten)]
    pub(super) options: Options,
}

/// How targets are fetched, judged and reported.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is one switch on the command line")]
pub(super) struct Options {
    /// Fail on what asks for more than these bounds allow any connector
    #[arg(long, value_name = "FILE")]
    pub(super) bounds: Option<PathBuf>,
    /// Fail on findings of this severity or worse, instead of what the policy says
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(super) fail_on: Option<FailOn>,
    /// The policy; by default `mcp-vouch.toml` here or in a folder above, up to the repository's root
    #[arg(long, value_name = "FILE", conflicts_with = "no_policy")]
    pub(super) policy: Option<PathBuf>,
    /// Use no policy file
    #[arg(long)]
    pub(super) no_policy: bool,
    /// The built-in settings to begin with, where there is no policy file
    #[arg(long, value_enum, value_name = "PROFILE", conflicts_with = "policy")]
    pub(super) profile: Option<ProfileName>,
    #[arg(long = "output", value_name = "FORMAT=FILE", help = output_help())]
    pub(super) outputs: Vec<String>,
    /// Use the cache and the disk only
    #[arg(long)]
    pub(super) offline: bool,
    /// The npm registry, instead of the configured one
    #[arg(long, value_name = "URL")]
    pub(super) npm_registry: Option<String>,
    /// The Python package index (simple API), instead of the configured one
    #[arg(long, value_name = "URL")]
    pub(super) pypi_index: Option<String>,
    /// The Node version that npm would choose for, instead of the installed one
    #[arg(long, value_name = "VERSION")]
    pub(super) node_version: Option<String>,
    /// Attestations that speak for the targets: a file, or a folder of them
    #[arg(long, value_name = "PATH", help_heading = "Signatures and provenance")]
    pub(super) attestations: Option<PathBuf>,
    /// A Sigstore trust root, instead of the built-in ones
    #[arg(long, value_name = "FILE", help_heading = "Signatures and provenance")]
    pub(super) trusted_root: Option<PathBuf>,
    /// The repository that it must have been built from
    #[arg(long, value_name = "URL", help_heading = "Signatures and provenance")]
    pub(super) expect_repo: Option<String>,
    /// The workflow file that must have built it
    #[arg(long, value_name = "PATH", help_heading = "Signatures and provenance")]
    pub(super) expect_workflow: Option<String>,
    /// Who must have issued the identity of the builder
    #[arg(long, value_name = "URL", help_heading = "Signatures and provenance")]
    pub(super) expect_issuer: Option<String>,
    /// The builder that must have built it
    #[arg(long, value_name = "URL", help_heading = "Signatures and provenance")]
    pub(super) expect_builder: Option<String>,
    /// Fetch the source of the attested commit and compare it with the package
    #[arg(long, help_heading = "Signatures and provenance")]
    pub(super) source: bool,
    /// Where downloads are kept
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "no_cache")]
    pub(super) cache: Option<PathBuf>,
    /// Keep nothing
    #[arg(long)]
    pub(super) no_cache: bool,
    /// Worker threads; by default one for each core
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) threads: Option<u16>,
    /// Colour in the plain report
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub(super) color: When,
    /// No plain report and no progress on the terminal
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// The rule to explain, such as `family/name`; a family lists its rules
    #[arg(value_name = "ID")]
    pub(super) id: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Policy {
    #[command(subcommand)]
    pub(super) what: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Lists every mistake in a policy file
    Check {
        /// The file; by default the one that a check here would use
        file: Option<PathBuf>,
    },
    /// Shows every setting that would count
    Show {
        /// The file; by default the one that a check here would use
        file: Option<PathBuf>,
    },
    /// Writes a policy file to begin with
    Init {
        /// The settings that it begins with
        #[arg(long, value_enum, value_name = "PROFILE", default_value_t = ProfileName::Ci)]
        profile: ProfileName,
        /// The file
        #[arg(default_value = "mcp-vouch.toml")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Check again, also where a pass is remembered
    #[arg(long)]
    pub(super) recheck: bool,
    /// Start it this once, with the code that the refusal names
    #[arg(long, value_name = "CODE")]
    pub(super) once: Option<String>,
    #[command(flatten)]
    pub(super) options: Options,
    /// Refused: a live server runs already
    #[arg(long, value_name = "URL", hide = true)]
    pub(super) connect: Option<String>,
    /// The line that starts the connector
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The id of a finding, its beginning, or with `--broad` the id of a rule
    #[arg(value_name = "FINDING")]
    pub(super) finding: String,
    /// Why it is acceptable
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    /// The last day on which it holds
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) until: String,
    /// Who answers for it; by default the user's name
    #[arg(long, value_name = "NAME")]
    pub(super) owner: Option<String>,
    /// The JSON report that has the finding; by default the last run
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// The policy file that it is written to; by default the one that a check here would use
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Accept whatever the rule finds, also later
    #[arg(long)]
    pub(super) broad: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum ProfileName {
    Laptop,
    Ci,
    Audit,
    Strict,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum FailOn {
    High,
    Medium,
    Low,
    Info,
    Never,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn flags_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
