//! `mcp-vouch diff`: two targets, or a lock and what is there now, to what changed.

use std::path::{Path, PathBuf};

use super::{
    Stop,
    arguments::Diff,
    check::{Request, approved, is_lock, live, lock, targets},
};
use crate::{
    acquire::Target,
    baseline::Lock,
    report::{Asked, Report},
    scan::{self, Absent, Approved, Entries, Known, Scanned},
};

/// Compares, writes every report and answers with the exit code.
pub(super) fn run(diff: &Diff) -> Result<u8, Stop> {
    let request = Request::read_with(&diff.options, &diff.live)?;
    let before = is_lock(&diff.before);
    let live = live(&diff.live)?;
    if !live.is_empty() {
        return request.write(with_live(&request, diff, before, &live)?);
    }
    let now = diff.now.as_deref().and_then(is_lock);
    let reports = match (before, &diff.now, now) {
        (Some(before), Some(_), Some(now)) => locks(&request, &before, &now)?,
        (Some(before), Some(written), None) => {
            against(&request, &lock(&before)?, &targets(std::slice::from_ref(written))?)?
        }
        (Some(before), None, _) => {
            let lock = lock(&before)?;
            against(&request, &lock, &approved(&lock)?)?
        }
        (None, Some(_), Some(_)) => {
            return Err(Stop::new("no scan was performed: a lock stands first, as it says what was").hint(
                format!("mcp-vouch diff {} {}", diff.now.as_deref().unwrap_or_default(), diff.before),
            ));
        }
        (None, Some(now), None) => two(&request, &diff.before, now)?,
        (None, None, _) => {
            return Err(Stop::new("no scan was performed: there is nothing to compare with")
                .hint("name a second target, or a lock alone"));
        }
    };
    request.write(reports)
}

/// A lock or a target, and live servers.
fn with_live(
    request: &Request<'_>,
    diff: &Diff,
    before: Option<PathBuf>,
    live: &[Target],
) -> Result<Vec<Report>, Stop> {
    match (before, &diff.now, live) {
        (_, Some(_), _) => Err(Stop::new("no scan was performed: there are two things to compare with")
            .hint("`--connect URL` stands in the place of NOW")),
        (Some(before), None, live) => against(request, &lock(&before)?, live),
        (None, None, [one]) => between(request, &targets(std::slice::from_ref(&diff.before))?, one),
        (None, None, _) => {
            Err(Stop::new("no scan was performed: there are several live servers to compare with")
                .hint("a lock can be compared with several: `mcp-vouch lock --connect URL`"))
        }
    }
}

/// A lock and targets.
fn against(request: &Request<'_>, lock: &Lock, targets: &[Target]) -> Result<Vec<Report>, Stop> {
    let approved = Approved::Lock { lock, absent: Absent::Gap, asked: Asked::Changes };
    Ok(request.scan(targets, approved, Entries::Dropped)?.into_iter().map(|scanned| scanned.report).collect())
}

/// Two locks.
fn locks(request: &Request<'_>, before: &Path, now: &Path) -> Result<Vec<Report>, Stop> {
    Ok(scan::compare(&lock(before)?, &lock(now)?, &request.policy))
}

/// Two targets.
fn two(request: &Request<'_>, before: &str, now: &str) -> Result<Vec<Report>, Stop> {
    match targets(&[now.to_owned()])?.as_slice() {
        [now] => between(request, &targets(&[before.to_owned()])?, now),
        _ => Err(several()),
    }
}

fn several() -> Stop {
    Stop::new("no scan was performed: a configuration with several servers is no single target")
        .hint("`mcp-vouch lock CONFIGURATION` approves them; `mcp-vouch diff mcp-vouch.lock CONFIGURATION` compares")
}

/// Two targets, as they were read.
fn between(request: &Request<'_>, first: &[Target], now: &Target) -> Result<Vec<Report>, Stop> {
    if first.len() != 1 {
        return Err(several());
    }
    let second = std::slice::from_ref(now);
    let mut scanned = request.scan(first, Approved::Nothing, Entries::Kept)?;
    let Some(Scanned { report, entry }) = scanned.pop() else { return Ok(Vec::new()) };
    // What could not be had is said by its own report.
    let Some(entry) = entry else { return Ok(vec![report]) };
    let known = Known::of(&report);
    let approved = Approved::Entry { entry: &entry, known: &known };
    Ok(request.scan(second, approved, Entries::Dropped)?.into_iter().map(|scanned| scanned.report).collect())
}
