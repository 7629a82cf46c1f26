//! `mcp-vouch diff`: two targets, or a lock and what is there now, to what changed.

use std::path::Path;

use super::{
    Stop,
    arguments::Diff,
    check::{Request, is_lock, lock, targets},
};
use crate::{
    acquire::Target,
    baseline::Lock,
    report::{Asked, Report},
    scan::{self, Absent, Approved, Entries, Known, Scanned},
};

/// Compares, writes every report and answers with the exit code.
pub(super) fn run(diff: &Diff) -> Result<u8, Stop> {
    let request = Request::read(&diff.options)?;
    let before = is_lock(&diff.before);
    let now = diff.now.as_deref().and_then(is_lock);
    let reports = match (before, &diff.now, now) {
        (Some(before), Some(_), Some(now)) => locks(&request, &before, &now)?,
        (Some(before), Some(written), None) => {
            against(&request, &lock(&before)?, &targets(std::slice::from_ref(written))?)?
        }
        (Some(before), None, _) => {
            let lock = lock(&before)?;
            let written: Vec<String> = lock.connectors.iter().map(|entry| entry.target.clone()).collect();
            against(&request, &lock, &targets(&written)?)?
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
    let both = targets(&[before.to_owned(), now.to_owned()])?;
    let (first, second) = both.split_at(1);
    let mut scanned = request.scan(first, Approved::Nothing, Entries::Kept)?;
    let Some(Scanned { report, entry }) = scanned.pop() else { return Ok(Vec::new()) };
    // What could not be had is said by its own report.
    let Some(entry) = entry else { return Ok(vec![report]) };
    let known = Known::of(&report);
    let approved = Approved::Entry { entry: &entry, known: &known };
    Ok(request.scan(second, approved, Entries::Dropped)?.into_iter().map(|scanned| scanned.report).collect())
}
