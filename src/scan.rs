//! The pipeline, top to bottom: a target goes in, a report comes out.
//!
//! Only [`scan`] reaches outside, through the door that it is given. [`judge`] is pure.

mod approval;
mod bind;
mod comments;
mod coverage;
mod excerpts;
mod facts;
mod gaps;
mod set;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use crate::{
    acquire::{self, AcquireError, Door, Target},
    artifact::Artifact,
    baseline::Entry,
    code, connector,
    detect::{self, Subject, catalogue},
    finding::{self, Finding},
    gate::{self, About, Policy, requirements},
    report::Report,
};

pub use approval::{Absent, Approved, Entries, Known, OWNER, Standard, compare};

/// Stack of each worker, bytes: parsers recurse as deep as the source is nested, within their limits.
const STACK: usize = 256 << 20;

/// Why nothing was scanned at all: the target, a flag or a configuration file cannot be meant as written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Misuse {
    /// One sentence.
    pub message: String,
    /// Lines that tell what to do.
    pub hints: Vec<String>,
}

/// A report, and what a lock would hold of the connector where it could be read.
#[derive(Debug)]
pub struct Scanned {
    /// The answer.
    pub report: Report,
    /// What a lock would hold, but for what was accepted.
    pub entry: Option<Entry>,
}

/// Scans several targets in parallel; reports stand in the order given.
///
/// # Errors
/// Where a target cannot be meant as written: then there is no report at all.
pub fn all(
    targets: &[Target],
    door: &Door<'_>,
    policy: &Policy,
    threads: usize,
) -> Result<Vec<Report>, Misuse> {
    let scanned = all_against(targets, door, policy, &Standard::default(), threads)?;
    let mut reports: Vec<Report> = scanned.into_iter().map(|scanned| scanned.report).collect();
    together(&mut reports, policy);
    Ok(reports)
}

/// Looks at connectors that one agent would use together.
pub fn together(reports: &mut [Report], policy: &Policy) {
    if reports.len() > 1 {
        set::judge(reports, policy);
    }
}

/// As [`all`], measured against what was approved and what any connector may ask for.
///
/// # Errors
/// Where a target cannot be meant as written: then there is no report at all.
pub fn all_against(
    targets: &[Target],
    door: &Door<'_>,
    policy: &Policy,
    standard: &Standard<'_>,
    threads: usize,
) -> Result<Vec<Scanned>, Misuse> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build();
    let pool = pool.map_err(|error| Misuse {
        message: format!("threads could not be started: {error}"),
        hints: vec!["fewer of them may fit: `--threads 1`".to_owned()],
    })?;
    pool.install(|| targets.par_iter().map(|target| scan(target, door, policy, standard)).collect())
}

/// Scans one target.
///
/// # Errors
/// Where the target cannot be meant as written.
pub fn scan(
    target: &Target,
    door: &Door<'_>,
    policy: &Policy,
    standard: &Standard<'_>,
) -> Result<Scanned, Misuse> {
    let report = match catch_unwind(AssertUnwindSafe(|| acquire::acquire(target, door))) {
        Ok(Ok(artifact)) => return Ok(judge_against(target, &artifact, policy, standard)),
        Ok(Err(error)) => not_acquired(target, error, policy)?,
        Err(_) => {
            let gap = gaps::needed("acquire", "internal error while fetching the connector");
            facts::empty(target, gate::judge(Vec::new(), vec![gap], policy, &unknown(target), &[]))
        }
    };
    Ok(Scanned { report, entry: None })
}

/// Judges an artifact. Pure; a panic on the way is a gap in the report, never a pass.
pub fn judge(target: &Target, artifact: &Artifact, policy: &Policy) -> Report {
    judge_against(target, artifact, policy, &Standard::default()).report
}

/// As [`judge`], measured against what was approved and what any connector may ask for.
pub fn judge_against(
    target: &Target,
    artifact: &Artifact,
    policy: &Policy,
    standard: &Standard<'_>,
) -> Scanned {
    let judged = catch_unwind(AssertUnwindSafe(|| read_and_judge(target, artifact, policy, standard)));
    judged.unwrap_or_else(|_| {
        let gap = gaps::needed("scan", "internal error while reading the connector");
        let report = Report {
            artifact: Some(facts::artifact(artifact)),
            ..facts::empty(target, gate::judge(Vec::new(), vec![gap], policy, &unknown(target), &[]))
        };
        Scanned { report, entry: None }
    })
}

fn read_and_judge(target: &Target, artifact: &Artifact, policy: &Policy, standard: &Standard<'_>) -> Scanned {
    let code = code::read(artifact, &detect::sets::get().callees);
    let connector = connector::read(artifact, &code);
    let provenance = detect::provenance::examine(artifact);
    let found = approval::find(target, artifact, standard);
    let measure = found.measure(standard);
    let subject = Subject { artifact, code: &code, connector: &connector, provenance: &provenance, measure };
    let detected = detect::run(&subject, |_| true);
    let mut unchecked = gaps::list(target, &subject, &detected);
    let is_wanted = standard.entries == Entries::Kept || !matches!(standard.approved, Approved::Nothing);
    let entry = is_wanted.then(|| Entry { target: target.written.clone(), ..detect::drift::entry(&subject) });
    if let Some(entry) = &entry {
        found.gaps(entry, &mut unchecked);
    }
    let policy = &found.policy(policy);
    let mut findings = found.relevant(detected.findings, policy);
    let about = facts::about(artifact, &provenance, standard.references);
    let (violations, open) = requirements::compare(policy, &about);
    findings.extend(violations.into_iter().filter_map(violation));
    finding::sort(&mut findings);
    unchecked.extend(open);
    bind::contents(&mut findings, artifact, &connector);
    let is_ours = policy.ours && target.scheme == "folder";
    let comments = if is_ours { comments::read(artifact, &findings) } else { Vec::new() };
    let mut outcome = gate::judge(findings, unchecked, policy, &about, &comments);
    outcome.spent.retain(|spent| spent.line > 0);
    let excerpts = excerpts::read(artifact, outcome.findings.iter().map(|judged| &judged.finding));
    let report = Report {
        excerpts,
        compared: found.compared(),
        artifact: Some(facts::artifact(artifact)),
        provenance: provenance.iter().map(facts::provenance).collect(),
        tools: connector.tools.iter().map(facts::tool).collect(),
        prompts: connector.prompts.iter().map(|prompt| prompt.name.visible()).collect(),
        resources: connector.resources.iter().map(|resource| resource.name.visible()).collect(),
        scopes: connector.scopes.iter().map(facts::scope).collect(),
        dependencies: connector.dependencies.iter().map(facts::dependency).collect(),
        coverage: coverage::ledger(&subject),
        manifest: facts::manifest(artifact, &connector),
        capabilities: connector.capabilities,
        ..facts::empty(target, outcome)
    };
    let entry = entry.filter(|_| standard.entries == Entries::Kept);
    let verdict = report.outcome.verdict.name();
    Scanned { entry: entry.map(|entry| Entry { verdict: verdict.to_owned(), ..entry }), report }
}

/// A connector of which only the target is known.
fn unknown(target: &Target) -> About {
    About { connector: format!("{}:{}", target.scheme, target.name), ..About::default() }
}

/// The report on a target of which nothing is known yet.
pub fn unknown_report(target: &Target) -> Report {
    facts::empty(target, gate::judge(Vec::new(), Vec::new(), &Policy::default(), &unknown(target), &[]))
}

fn violation(violation: requirements::Violation) -> Option<Finding> {
    let entry = catalogue::get().entry(violation.rule)?;
    Some(Finding::new(&entry.rule, violation.message).because(violation.evidence))
}

fn not_acquired(target: &Target, error: AcquireError, policy: &Policy) -> Result<Report, Misuse> {
    let (findings, gap, hints) = match error {
        AcquireError::Usage { message, hints } => return Err(Misuse { message, hints }),
        AcquireError::NotFound { message, hints } | AcquireError::Unavailable { message, hints } => {
            (Vec::new(), gaps::needed("acquire", message), hints)
        }
        AcquireError::Hostile { message, rule } => {
            let finding = catalogue::get()
                .entry(rule)
                .map(|entry| Finding::new(&entry.rule, message.clone()).because(rule));
            (finding.into_iter().collect(), gaps::needed("acquire", message), Vec::new())
        }
    };
    let outcome = gate::judge(findings, vec![gap], policy, &unknown(target), &[]);
    Ok(Report { hints, ..facts::empty(target, outcome) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        acquire::{Settings, web::WebError},
        artifact::{File, Kind, Language, Native, Needed, Refusal, RefusalReason, Unread},
        finding::Confidence,
        gate::{Verdict, policy::Threshold},
        untrusted::Untrusted,
    };

    fn target(scheme: &'static str) -> Target {
        Target { written: "x".to_owned(), scheme, name: "x".to_owned(), ..Target::default() }
    }

    fn file(path: &str, kind: Kind, text: &str) -> File {
        let bytes = text.as_bytes().to_vec();
        File { path: path.to_owned(), size: bytes.len() as u64, sha256: [0; 32], kind, bytes }
    }

    fn judged(files: Vec<File>) -> Report {
        judge(&target("folder"), &Artifact { files, ..Artifact::default() }, &Policy::default())
    }

    fn needed_gaps(report: &Report) -> Vec<&str> {
        report.outcome.unchecked.iter().filter(|gap| gap.needed).map(|gap| gap.why.as_str()).collect()
    }

    #[test]
    fn code_in_a_language_that_nobody_reads_is_needed_where_it_is_what_runs() {
        let native = || file("server", Kind::Native(Native::Elf), "");
        let script = |text: &str| file("install.sh", Kind::Source(Language::Shell), text);
        let batch = || file("install.ps1", Kind::Source(Language::Shell), "ls");
        assert_eq!(needed_gaps(&judged(vec![batch()])), ["1 file: no front end for powershell"]);
        assert_eq!(needed_gaps(&judged(vec![script("ls")])), Vec::<&str>::new());
        let machine = "1 file of machine code: hashed, not analysed";
        assert_eq!(needed_gaps(&judged(vec![native(), script("ls")])), [machine]);
        let broken = "install.sh: syntax error (line 1)";
        assert_eq!(needed_gaps(&judged(vec![script("if ("), native()])), [broken, machine]);
        assert_eq!(needed_gaps(&judged(vec![native()])), ["1 file of machine code: hashed, not analysed"]);
        let python = file("server.py", Kind::Source(Language::Python), "x = 1\n");
        let report = judged(vec![batch(), python, native(), script("if (")]);
        assert_eq!(needed_gaps(&report), Vec::<&str>::new());
    }

    #[test]
    fn a_package_without_code_is_incomplete() {
        let report = judged(vec![file("README.md", Kind::Text, "read me")]);
        assert_eq!(needed_gaps(&report), ["no source code was found: what would run is not in the package"]);
        assert_eq!(report.outcome.verdict, Verdict::Incomplete);
    }

    #[test]
    fn entries_that_a_client_may_unpack_differently_are_needed() {
        for (reason, expected) in [
            (RefusalReason::Duplicate, true),
            (RefusalReason::Collision, true),
            (RefusalReason::Traversal, true),
            (RefusalReason::Link, false),
            (RefusalReason::Device, false),
        ] {
            let refused = vec![Refusal { path: Untrusted::new("a\u{1b}"), reason }];
            let files = vec![file("README.md", Kind::Text, "read me")];
            let artifact = Artifact { files, refused, ..Artifact::default() };
            let report = judge(&target("folder"), &artifact, &Policy::default());
            let gap = report.outcome.unchecked.iter().find(|gap| gap.why.contains("refused")).unwrap();
            assert_eq!(gap.needed, expected, "{reason:?}");
            assert!(gap.why.contains("a\\u{1b}"), "{}", gap.why);
        }
    }

    #[test]
    fn the_ledger_counts_every_file_once() {
        let files = vec![
            file("a.d.ts", Kind::Declaration, ""),
            file("a.go", Kind::Source(Language::Go), "package a"),
            file("a.js", Kind::Source(Language::JavaScript), "1"),
            file("a.md", Kind::Text, "text"),
            file("big.json", Kind::Data, "{}"),
            file("lib.so", Kind::Native(Native::Elf), ""),
        ];
        let unread = [("big.json", Needed::No), ("node_modules", Needed::No), ("big.json", Needed::Yes)]
            .map(|(path, needed)| Unread { path: path.to_owned(), why: "larger".to_owned(), needed });
        let artifact = Artifact { files, unread: unread.into(), ..Artifact::default() };
        let coverage = judge(&target("folder"), &artifact, &Policy::default()).coverage;
        let read: usize = coverage.read.values().map(|(files, _)| files).sum();
        let skipped: Vec<&str> = coverage.skipped.iter().map(|(path, _)| path.as_str()).collect();
        let files = skipped.iter().filter(|path| **path != "node_modules").count();
        assert_eq!((coverage.files, read + files), (6, 6), "{coverage:?}");
        assert!(skipped.contains(&"big.json") && skipped.contains(&"node_modules"), "{skipped:?}");
    }

    #[test]
    fn gaps_are_counted_where_they_are_too_many_to_name() {
        let unread = (0..1_000)
            .map(|at| Unread { path: format!("{at:04}.js"), why: "cut".to_owned(), needed: Needed::Yes })
            .collect();
        let artifact = Artifact { unread, ..Artifact::default() };
        let report = judge(&target("folder"), &artifact, &Policy::default());
        assert!(needed_gaps(&report).contains(&"and 800 more of this kind"));
    }

    struct Closed;

    impl acquire::Web for Closed {
        fn get(&self, get: &acquire::Get) -> Result<acquire::Reply, WebError> {
            Err(WebError::Offline { url: get.url.to_string() })
        }
    }

    #[test]
    fn what_cannot_be_acquired_is_never_a_pass() {
        let unavailable =
            AcquireError::Unavailable { message: "no answer".to_owned(), hints: vec!["wait".to_owned()] };
        let report = not_acquired(&target("npm"), unavailable, &Policy::default()).unwrap();
        assert_eq!((report.outcome.verdict, report.hints), (Verdict::Incomplete, vec!["wait".to_owned()]));
        for fail_on in [None, Some(crate::finding::Severity::High)] {
            let hostile =
                AcquireError::Hostile { message: "a bomb".to_owned(), rule: "artifact/archive-bomb" };
            let threshold = Threshold { fail_on, confidence: Confidence::High };
            let policy = Policy { threshold, ..Policy::default() };
            let report = not_acquired(&target("npm"), hostile, &policy).unwrap();
            assert_ne!(report.outcome.verdict, Verdict::Pass);
        }
        let usage = AcquireError::Usage { message: "what".to_owned(), hints: Vec::new() };
        assert!(not_acquired(&target("npm"), usage, &Policy::default()).is_err());
    }

    #[test]
    fn several_targets_answer_in_the_order_given() {
        let targets: Vec<Target> = (0..20)
            .map(|at| Target {
                written: format!("./nothing-{at}"),
                scheme: "folder",
                name: format!("./nothing-{at}"),
                ..Target::default()
            })
            .collect();
        let settings = Settings { offline: true, ..Settings::default() };
        let door = Door { web: &Closed, settings: &settings };
        for threads in [1, 8] {
            let reports = all(&targets, &door, &Policy::default(), threads).unwrap();
            let order: Vec<&str> = reports.iter().map(|report| report.target.as_str()).collect();
            let expected: Vec<&str> = targets.iter().map(|target| target.written.as_str()).collect();
            assert_eq!(order, expected);
        }
    }
}
