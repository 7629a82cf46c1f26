//! `mcp-vouch check`: targets to reports, reports to their places, verdict to exit code.

use std::{io, path::Path};

use super::{
    Stop,
    arguments::{Check, FailOn},
    environment, output,
};
use crate::{
    acquire::{AcquireError, Door, Target, web},
    detect::catalogue,
    finding::Severity,
    gate::Policy,
    report::Run,
    scan,
};

/// Scans, writes every report and answers with the exit code.
pub(super) fn run(check: &Check) -> Result<u8, Stop> {
    let outputs = output::parse(&check.outputs)?;
    let targets = targets(&check.targets)?;
    let settings = environment::settings(check)?;
    let web = web::open(&settings, environment::shows_progress(check));
    let door = Door { web: web.as_ref(), settings: &settings };
    let threads = check.threads.map_or_else(environment::cores, usize::from);
    let reports = scan::all(&targets, &door, &policy(check), threads).map_err(|misuse| Stop {
        message: format!("no scan was performed: {}", misuse.message),
        hints: misuse.hints,
    })?;
    let run = Run::new(catalogue::digest(), reports);
    output::write(&run, &outputs, check, &settings, &mut io::stdout(), &mut io::stderr())?;
    Ok(run.verdict().exit_code())
}

fn targets(written: &[String]) -> Result<Vec<Target>, Stop> {
    let exists = |path: &str| Path::new(path).exists();
    written
        .iter()
        .map(|text| {
            Target::parse(text, &exists).map_err(|error| match error {
                AcquireError::Usage { message, hints } => {
                    Stop { message: format!("no scan was performed: {message}"), hints }
                }
                other => Stop::new(format!("no scan was performed: {other}")),
            })
        })
        .collect()
}

fn policy(check: &Check) -> Policy {
    let fail_on = match check.fail_on {
        FailOn::High => Some(Severity::High),
        FailOn::Medium => Some(Severity::Medium),
        FailOn::Low => Some(Severity::Low),
        FailOn::Never => None,
    };
    Policy { fail_on, ..Policy::default() }
}
