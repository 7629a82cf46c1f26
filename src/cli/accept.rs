//! `mcp-vouch accept`: a finding of the last run becomes an exception in the policy file.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{Stop, arguments::Accept, environment, files, policy};
use crate::{
    acquire::Settings,
    detect::catalogue,
    gate::{
        exceptions::Exception,
        policy::{LONGEST, is_day},
    },
    report::{
        Run,
        json::{self, Document, Finding, SCHEMA, Target},
    },
};

/// Where the findings of the last run are kept, in the cache.
const LAST: &str = "last-run.json";
/// Findings that are kept for each target.
const KEPT: usize = 2_000;
/// Longest report that is read, bytes.
const REPORT: usize = 64 << 20;
/// Characters of an id that may stand for the whole.
const SHORTEST: usize = 6;

/// Keeps what `accept` needs of a run. A cache that cannot be written changes no verdict.
pub(super) fn remember(run: &Run, settings: &Settings) {
    let Some(cache) = &settings.cache else { return };
    let reports: Vec<Value> = run
        .reports
        .iter()
        .map(|report| {
            let artifact = report.artifact.as_ref();
            let findings = report.outcome.findings.iter().take(KEPT).map(|judged| {
                let finding = &judged.finding;
                json!({
                    "id": judged.id,
                    "rule": finding.rule.id,
                    "location": finding.location.as_ref().map(|place| json!({ "path": place.path })),
                    "tool": finding.tool,
                    "content": finding.content,
                })
            });
            json!({
                "artifact": artifact.map(|one| json!({ "ecosystem": one.ecosystem, "name": one.name })),
                "findings": findings.collect::<Vec<_>>(),
            })
        })
        .collect();
    let text = json!({ "schema": SCHEMA, "reports": reports }).to_string();
    let _ = files::keep(&cache.join(LAST), text.as_bytes());
}

/// Writes the exception.
pub(super) fn run(accept: &Accept) -> Result<u8, Stop> {
    let undone = |why: String| Stop::new(format!("nothing was accepted: {why}"));
    if accept.reason.trim().is_empty() {
        return Err(undone("the reason is empty".to_owned()));
    }
    if !is_day(&accept.until) {
        return Err(undone(format!("`{}` is no day", accept.until)).hint("write it as `2027-01-31`"));
    }
    let directory = environment::directory()?;
    let owner = accept
        .owner
        .clone()
        .or_else(environment::user)
        .ok_or_else(|| undone("nobody answers for it".to_owned()).hint("name somebody with `--owner`"))?;
    let mut exception = match catalogue::get().entry(&accept.finding) {
        Some(entry) if accept.broad => {
            Exception { rule: entry.rule.id.clone(), broad: true, ..Exception::default() }
        }
        Some(_) => {
            return Err(undone(format!(
                "`{}` is a rule: that accepts whatever it finds, also later",
                accept.finding
            ))
            .hint("name one finding by its id, as in the JSON report")
            .hint("or add `--broad`, if it is meant"));
        }
        None => one(accept, &find(accept)?)?,
    };
    exception.reason.clone_from(&accept.reason);
    exception.until.clone_from(&accept.until);
    exception.owner = owner;
    if exception.too_broad().is_some() && !accept.broad {
        return Err(undone(
            "the finding names no file and no tool, so that the exception would hold for all of its kind"
                .to_owned(),
        )
        .hint("add `--broad`, if it is meant"));
    }
    exception.broad = exception.too_broad().is_some();
    let file = accept
        .policy
        .clone()
        .or_else(|| policy::find(&directory))
        .unwrap_or_else(|| directory.join(policy::NAME));
    append(&file, &exception)?;
    super::policy::said(&format!(
        "wrote an exception for {} until {} into {}\n",
        exception.rule,
        exception.until,
        file.display()
    ))
}

fn append(file: &Path, exception: &Exception) -> Result<(), Stop> {
    let failed = |error: io::Error| {
        Stop::new(format!("nothing was accepted: `{}` was not written: {error}", file.display()))
    };
    let mut text = String::new();
    if files::is_file(file) {
        policy::read(file)?;
        text = files::read(file, LONGEST).map_err(failed)?;
        let ends = match (text.is_empty(), text.ends_with('\n')) {
            (true, _) => "",
            (false, true) => "\n",
            (false, false) => "\n\n",
        };
        text.push_str(ends);
    }
    text.push_str(&exception.show());
    files::replace(file, text.as_bytes()).map_err(failed)
}

/// The report that has the finding.
fn find(accept: &Accept) -> Result<Document, Stop> {
    let last = || environment::usual_cache().map(|cache| cache.join(LAST));
    let file: Option<PathBuf> = accept.report.clone().or_else(last);
    let undone = |why: String| {
        Stop::new(format!("nothing was accepted: {why}"))
            .hint("`mcp-vouch check TARGET` first, or name a JSON report with `--report`")
    };
    let Some(file) = file else { return Err(undone("no run is known".to_owned())) };
    let text = files::read(&file, REPORT)
        .map_err(|error| undone(format!("`{}` was not read: {error}", file.display())))?;
    json::read(&text).map_err(|why| undone(format!("`{}` is no report: {why}", file.display())))
}

/// The exception for one finding of a report.
fn one(accept: &Accept, report: &Document) -> Result<Exception, Stop> {
    let wanted = accept.finding.as_str();
    let mut found: Vec<Exception> = Vec::new();
    for target in &report.reports {
        for finding in &target.findings {
            let id = finding.id.as_str();
            if id == wanted || wanted.len() >= SHORTEST && id.starts_with(wanted) {
                found.push(exception(target, finding));
            }
        }
    }
    found.dedup();
    let undone = |why: &str| Stop::new(format!("nothing was accepted: {why}"));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(undone(&format!("no finding of the report has the id `{wanted}`"))
            .hint("ids stand in the plain and the JSON report")),
        _ => Err(undone(&format!("several findings of the report have an id that begins with `{wanted}`"))
            .hint("write the whole id")),
    }
}

fn exception(target: &Target, finding: &Finding) -> Exception {
    let artifact = target.artifact.as_ref().filter(|artifact| !artifact.ecosystem.is_empty());
    Exception {
        rule: finding.rule.clone(),
        connector: artifact.map_or_else(String::new, |one| format!("{}:{}", one.ecosystem, one.name)),
        path: finding.location.as_ref().map(|place| place.path.clone()).filter(|path| !path.is_empty()),
        tool: finding.tool.clone().filter(|tool| !tool.is_empty()),
        content: Some(finding.content.clone()).filter(|content| !content.is_empty()),
        ..Exception::default()
    }
}
