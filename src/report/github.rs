//! Reports to workflow commands, which GitHub shows as annotations of a run.

use std::{fmt::Write as _, io};

use super::{Format, Report, Run, plain, subject};
use crate::{
    finding::{Finding, Location, Severity},
    gate::{Judged, Verdict},
    untrusted::excerpt,
};

/// Annotations of one level that are shown for a step; further ones would be dropped silently.
const MOST: usize = 10;
/// Characters of one annotation.
const LENGTH: usize = 2_000;

/// Writes `github`.
pub struct Github;

impl Format for Github {
    fn name(&self) -> &'static str {
        "github"
    }

    fn render(&self, run: &Run, out: &mut dyn io::Write) -> io::Result<()> {
        let mut all: Vec<Annotation> = run.reports.iter().flat_map(annotations).collect();
        all.sort_by_key(|annotation| annotation.rank);
        let mut dropped = 0;
        for level in [Level::Error, Level::Warning, Level::Notice] {
            // The last word, on what was dropped, is a notice itself.
            let most = if level == Level::Notice { MOST - 1 } else { MOST };
            let of_level: Vec<&Annotation> = all.iter().filter(|one| one.level == level).collect();
            dropped += of_level.len().saturating_sub(most);
            for annotation in of_level.into_iter().take(most) {
                writeln!(out, "{}", annotation.command())?;
            }
        }
        let verdict = Annotation {
            level: Level::Notice,
            rank: 0,
            place: None,
            title: format!("mcp-vouch: {}", run.verdict().name()),
            message: summary(run, dropped),
        };
        writeln!(out, "{}", verdict.command())
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// One line that the runner obeys.
struct Annotation {
    level: Level,
    /// The smaller, the worse.
    rank: usize,
    /// File, line and column in the repository.
    place: Option<(String, u32, u32)>,
    title: String,
    message: String,
}

impl Annotation {
    fn command(&self) -> String {
        let name = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut properties = Vec::new();
        if let Some((file, line, column)) = &self.place {
            properties.push(format!("file={}", property(file)));
            properties.push(format!("line={line}"));
            properties.push(format!("col={column}"));
        }
        properties.push(format!("title={}", property(&excerpt(&self.title, 200))));
        format!("::{name} {}::{}", properties.join(","), data(&excerpt(&self.message, LENGTH)))
    }
}

/// A message: what would end the line, and the mark of an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: what would end it as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn annotations(report: &Report) -> Vec<Annotation> {
    let findings = report.outcome.findings.iter().map(|judged| of_finding(report, judged));
    let gaps = report.outcome.unchecked.iter().filter(|gap| gap.needed).map(|gap| Annotation {
        level: if report.outcome.verdict == Verdict::Pass { Level::Warning } else { Level::Error },
        rank: 1,
        place: asked_by(report),
        title: format!("Not checked: {}", gap.check),
        message: format!("{}: {}", report.target, gap.why),
    });
    findings.chain(gaps).collect()
}

fn of_finding(report: &Report, judged: &Judged) -> Annotation {
    let finding = &judged.finding;
    let level = match (judged.gates, finding.severity) {
        (true, _) => Level::Error,
        _ if judged.accepted.is_some() => Level::Notice,
        (false, Severity::High | Severity::Medium) => Level::Warning,
        (false, Severity::Low | Severity::Info) => Level::Notice,
    };
    let place = asked_by(report).or_else(|| in_repository(report, finding));
    let mut message = subject::message(finding).to_owned();
    if let Some(configured) = &report.configured {
        message = subject::configured(report, configured, finding);
    } else if place.is_none() {
        let place = subject::place(finding).map(|place| format!(" at {place}")).unwrap_or_default();
        message = format!("{}{place}: {message}", report.target);
    }
    let message = format!("{message}. Fix: {} ({})", finding.rule.fix, finding.rule.id);
    let rank = Severity::High as usize + 2 - finding.severity as usize;
    Annotation {
        level,
        rank: if judged.gates { 0 } else { rank },
        place,
        title: finding.rule.title.clone(),
        message,
    }
}

/// The line of a configuration that asks for the connector.
fn asked_by(report: &Report) -> Option<(String, u32, u32)> {
    let Location { path, line, column } = &report.configured.as_ref()?.location;
    let is_inside = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
    is_inside.then(|| (path.clone(), *line, *column))
}

/// The place of a finding where the scanned files are those of the repository: a folder below the
/// directory that the command ran in.
fn in_repository(report: &Report, finding: &Finding) -> Option<(String, u32, u32)> {
    let artifact = report.artifact.as_ref()?;
    if artifact.ecosystem != "local" || !artifact.digests.is_empty() || report.target.starts_with('/') {
        return None;
    }
    let location = finding.location.as_ref()?;
    let folder = report.target.trim_start_matches("./").trim_end_matches('/');
    let file = match folder {
        "" | "." => location.path.clone(),
        folder if folder.contains(':') || folder.split('/').any(|part| part == "..") => return None,
        folder => format!("{folder}/{}", location.path),
    };
    Some((file, location.line.max(1), location.column.max(1)))
}

fn summary(run: &Run, dropped: usize) -> String {
    let targets: Vec<String> = run
        .reports
        .iter()
        .map(|report| {
            format!("{} {}: {}", report.outcome.verdict.name(), report.target, plain::because(report))
        })
        .collect();
    let mut text = excerpt(&targets.join("; "), LENGTH - 100);
    if dropped > 0 {
        let _ = write!(text, "; {dropped} more in the full report");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_or_a_property_early() {
        let annotation = Annotation {
            level: Level::Error,
            rank: 0,
            place: Some(("a,b:c\n::error::.js".to_owned(), 3, 4)),
            title: "t: 100%, ::set-output name=x::y".to_owned(),
            message: "line\r\n::stop-commands::x 5%".to_owned(),
        };
        let command = annotation.command();
        assert_eq!(command.lines().count(), 1);
        assert_eq!(
            command,
            "::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A.js,line=3,col=4,\
             title=t%3A 100%25%2C %3A%3Aset-output name=x%3A%3Ay::line  ::stop-commands::x 5%25"
        );
    }
}
