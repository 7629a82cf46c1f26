//! `mcp-vouch check`: targets to reports, reports to their places, verdict to exit code.

use std::{io, path::Path};

use super::{
    Stop, accept,
    arguments::{Check, FailOn},
    environment, output, policy,
};
use crate::{
    acquire::{AcquireError, Door, Settings, Target, web},
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
    let policy = policy(check, &settings)?;
    let web = web::open(&settings, environment::shows_progress(check));
    let door = Door { web: web.as_ref(), settings: &settings };
    let threads = check.threads.map_or_else(environment::cores, usize::from);
    let reports = scan::all(&targets, &door, &policy, threads).map_err(|misuse| Stop {
        message: format!("no scan was performed: {}", misuse.message),
        hints: misuse.hints,
    })?;
    let run = Run::new(catalogue::digest(), reports).at(environment::report_time(&settings));
    accept::remember(&run, &settings);
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

/// The policy file or profile, under what the command line says.
fn policy(check: &Check, settings: &Settings) -> Result<Policy, Stop> {
    let mut policy = match (&check.policy, check.no_policy) {
        (None, true) => None,
        (Some(file), _) => Some(policy::read(file)?),
        (None, false) => policy::find(&settings.directory).map(|file| policy::read(&file)).transpose()?,
    }
    .unwrap_or_else(|| check.profile.map_or_else(Policy::default, |name| Policy::of(name.into())));
    if let Some(fail_on) = check.fail_on {
        policy.threshold.fail_on = match fail_on {
            FailOn::High => Some(Severity::High),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::Low => Some(Severity::Low),
            FailOn::Info => Some(Severity::Info),
            FailOn::Never => None,
        };
    }
    policy.now = i64::try_from(settings.now).ok();
    Ok(policy)
}
