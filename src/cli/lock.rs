//! `mcp-vouch lock`: targets to a lock, where nothing speaks against them or somebody says why.

use std::io::{self, Write as _};

use super::{
    Stop, arguments,
    check::{Request, approved as known, live, lock as read, shown, targets},
    files, output,
};
use crate::{
    baseline::{self, Accepted, Entry, Lock},
    detect::catalogue,
    finding::Finding,
    gate::Verdict,
    report::{Asked, Report},
    scan::{Absent, Approved, Entries, OWNER, Scanned},
    untrusted::{Untrusted, visible},
};

/// Longest reason, characters.
const REASON: usize = 1_000;

/// Scans, writes the reports, and the lock where it may be written.
pub(super) fn run(arguments: &arguments::Lock) -> Result<u8, Stop> {
    let request = Request::read_with(&arguments.options, &arguments.live)?;
    let reason = reason(arguments)?;
    let old = old(arguments)?;
    let mut wanted = targets(&arguments.targets)?;
    wanted.extend(live(&arguments.live)?);
    if let (Some(lock), true) = (&old, wanted.is_empty()) {
        wanted = known(lock)?;
    }
    let approved = old.as_ref().map_or(Approved::Nothing, |lock| Approved::Lock {
        lock,
        absent: Absent::New,
        asked: Asked::Everything,
    });
    let scanned = request.scan(&wanted, approved, Entries::Kept)?;
    let (reports, entries): (Vec<Report>, Vec<Option<Entry>>) =
        scanned.into_iter().map(|Scanned { report, entry }| (report, entry)).unzip();
    let verdict = reports.iter().map(|report| report.outcome.verdict).max().unwrap_or(Verdict::Incomplete);
    let missing = entries.iter().filter(|entry| entry.is_none()).count();
    let approved: Vec<Entry> = entries
        .into_iter()
        .zip(&reports)
        .filter_map(|(entry, report)| Some(accepted(entry?, report, old.as_ref(), reason.as_deref())))
        .collect();
    request.write(reports)?;
    if missing > 0 || (verdict != Verdict::Pass && reason.is_none()) {
        return Ok(not_written(arguments, verdict, missing));
    }
    let count = approved.len();
    let lock = Lock::new(catalogue::digest(), merged(old, approved));
    let (total, text) = (lock.connectors.len(), baseline::render(&lock));
    files::replace(&arguments.file, text.as_bytes()).map_err(|error| {
        output::failed(&format!("`{}`", shown(&arguments.file)), &error)
            .hint("the directory must exist and be writable")
    })?;
    say(arguments, &format!("`{}` was written: {count} of {total} approved now", shown(&arguments.file)));
    Ok(0)
}

fn reason(arguments: &arguments::Lock) -> Result<Option<String>, Stop> {
    let Some(text) = &arguments.reason else { return Ok(None) };
    let text = visible(text.trim());
    match text.chars().count() {
        0 => Err(Stop::new("no scan was performed: the reason is empty")),
        length if length > REASON => {
            Err(Stop::new(format!("no scan was performed: the reason has more than {REASON} characters")))
        }
        _ => Ok(Some(text)),
    }
}

/// The lock as it is; a new one is not written over it.
fn old(arguments: &arguments::Lock) -> Result<Option<Lock>, Stop> {
    let exists = arguments.file.exists();
    match (arguments.update, exists) {
        (true, true) => read(&arguments.file).map(Some),
        (true, false) => {
            Err(Stop::new(format!("no scan was performed: `{}` does not exist", shown(&arguments.file)))
                .hint("without `--update` a new lock is written"))
        }
        (false, true) if arguments.file.is_file() => {
            Err(Stop::new(format!("no scan was performed: `{}` exists already", shown(&arguments.file)))
                .hint("`--update` replaces what it holds of the targets and keeps the rest"))
        }
        (false, _) => Ok(None),
    }
}

fn not_written(arguments: &arguments::Lock, verdict: Verdict, missing: usize) -> u8 {
    let why = if missing > 0 {
        "not every target could be looked at"
    } else {
        match (verdict, arguments.update) {
            (Verdict::Incomplete, _) => "something that the gate needs was not looked at",
            (_, true) => "something fails the gate or asks for more than was approved",
            (_, false) => "something fails the gate",
        }
    };
    say(arguments, &format!("`{}` was not written: {why}", shown(&arguments.file)));
    if missing == 0 {
        say(arguments, "hint: `--reason TEXT` accepts it; the reason is kept in the lock");
    }
    if missing > 0 { Verdict::Incomplete.exit_code() } else { verdict.exit_code() }
}

/// A line for a person, beside the reports.
fn say(arguments: &arguments::Lock, line: &str) {
    if !arguments.options.quiet {
        let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

/// An entry with the findings that are accepted with it: what changed is part of the entry itself.
fn accepted(entry: Entry, report: &Report, old: Option<&Lock>, reason: Option<&str>) -> Entry {
    let known = old.and_then(|lock| replaced(lock, &entry));
    let mut accepted: Vec<Accepted> = report
        .outcome
        .findings
        .iter()
        .filter(|judged| is_acceptable(&judged.finding))
        .filter_map(|judged| {
            let before = judged.accepted.as_ref().filter(|exception| exception.owner == OWNER);
            let before = before.map(|exception| exception.reason.clone());
            let reason = before.or_else(|| reason.filter(|_| judged.gates).map(str::to_owned))?;
            let finding = &judged.finding;
            Some(Accepted {
                rule: finding.rule.id.clone(),
                path: finding.location.as_ref().map(|location| Untrusted::new(&location.path)),
                tool: finding.tool.as_ref().map(Untrusted::new),
                content: finding.content.clone(),
                reason,
            })
        })
        .collect();
    accepted.sort();
    accepted.dedup();
    let is_clean = report.outcome.verdict == Verdict::Pass && accepted.is_empty();
    let kept = || known.filter(|_| !is_clean).and_then(|known| known.reason.clone());
    let reason = reason.map(str::to_owned).or_else(kept);
    Entry { reason, accepted, ..entry }
}

/// Whether a lock may accept a finding: what changed is part of the entry itself, and what a policy or
/// bounds forbid only they can allow.
fn is_acceptable(finding: &Finding) -> bool {
    let family = finding.rule.id.split('/').next();
    finding.change.is_none() && !matches!(family, Some("baseline" | "bounds" | "policy"))
}

/// The entry of a lock that another one takes the place of.
fn replaced<'a>(lock: &'a Lock, entry: &Entry) -> Option<&'a Entry> {
    lock.find(&entry.target, &entry.artifact.ecosystem, &entry.artifact.name).ok()
}

/// The old lock with new entries in the place of those that they replace.
fn merged(old: Option<Lock>, approved: Vec<Entry>) -> Vec<Entry> {
    let Some(old) = old else { return approved };
    let gone: Vec<String> = approved
        .iter()
        .filter_map(|entry| replaced(&old, entry).map(|replaced| replaced.target.clone()))
        .collect();
    let kept = old.connectors.into_iter().filter(|entry| !gone.contains(&entry.target));
    kept.chain(approved).collect()
}
