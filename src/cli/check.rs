//! `mcp-vouch check`: targets to reports, reports to their places, verdict to exit code.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    Stop, accept,
    arguments::{Check, FailOn, Live, Options},
    environment, output, policy,
};
use crate::{
    acquire::{AcquireError, Door, Settings, Target, changed, configuration, read_bounded, web},
    baseline::{self, Entry, Lock, bounds, bounds::Bounds},
    detect::{catalogue, reference},
    finding::Severity,
    gate::{Policy, requirements::Dated},
    report::{Asked, Report, Run},
    scan::{self, Absent, Approved, Entries, Scanned, Standard},
    untrusted::excerpt,
};

/// Scans, writes every report and answers with the exit code.
pub(super) fn run(check: &Check) -> Result<u8, Stop> {
    let request = Request::read_with(&check.options, &check.live)?;
    let mut targets = targets(&check.targets)?;
    targets.extend(live(&check.live)?);
    let lock = check.baseline.as_deref().map(lock).transpose()?;
    let approved = lock.as_ref().map_or(Approved::Nothing, |lock| Approved::Lock {
        lock,
        absent: Absent::Gap,
        asked: Asked::Everything,
    });
    let scanned = request.scan(&targets, approved, Entries::Dropped)?;
    let mut reports: Vec<Report> = scanned.into_iter().map(|scanned| scanned.report).collect();
    scan::together(&mut reports, &request.policy);
    request.write(reports)
}

/// What every command that scans was asked for, read before anything is scanned.
pub(super) struct Request<'a> {
    /// The flags.
    pub(super) options: &'a Options,
    outputs: Vec<output::Output>,
    /// What any connector may ask for; all of it holds.
    pub(super) bounds: Vec<Bounds>,
    references: Vec<Dated>,
    /// What fails the gate.
    pub(super) policy: Policy,
    /// What the user configured.
    pub(super) settings: Settings,
}

impl<'a> Request<'a> {
    /// Reads flags, files and environment.
    pub(super) fn read(options: &'a Options) -> Result<Self, Stop> {
        let outputs = output::parse(&options.outputs)?;
        let settings = environment::settings(options)?;
        let (policy, own) = policy(options, &settings)?;
        let given = options.bounds.as_deref().map(bounds).transpose()?;
        Ok(Self {
            options,
            outputs,
            bounds: own.into_iter().chain(given).collect(),
            references: options.bounds.iter().map(|file| dated(file)).collect(),
            policy,
            settings,
        })
    }

    /// Reads flags, files and environment, those for live servers included.
    pub(super) fn read_with(options: &'a Options, live: &Live) -> Result<Self, Stop> {
        let mut request = Self::read(options)?;
        request.settings.headers = environment::headers(&live.header_env, &request.settings.environment)?;
        Ok(request)
    }

    /// Scans targets in parallel.
    pub(super) fn scan(
        &self,
        targets: &[Target],
        approved: Approved<'_>,
        entries: Entries,
    ) -> Result<Vec<Scanned>, Stop> {
        let web = web::open(&self.settings, environment::shows_progress(self.options));
        let door = Door { web: web.as_ref(), settings: &self.settings };
        let threads = self.options.threads.map_or_else(environment::cores, usize::from);
        let (bounds, references) = (self.bounds.as_slice(), self.references.as_slice());
        let standard = Standard { approved, bounds, references, entries };
        scan::all_against(targets, &door, &self.policy, &standard, threads).map_err(|misuse| Stop {
            message: format!("no scan was performed: {}", misuse.message),
            hints: misuse.hints,
        })
    }

    /// The answers of this run.
    pub(super) fn run(&self, reports: Vec<Report>) -> Run {
        Run::new(catalogue::digest(), reports)
            .at(environment::report_time(&self.settings))
            .with_data_of(reference::oldest())
    }

    /// Writes every report and answers with the exit code of the worst.
    pub(super) fn write(&self, reports: Vec<Report>) -> Result<u8, Stop> {
        let run = self.run(reports);
        accept::remember(&run, &self.settings);
        let (stdout, stderr) = (&mut io::stdout(), &mut io::stderr());
        output::write(&run, &self.outputs, self.options, &self.settings, stdout, stderr)?;
        Ok(run.verdict().exit_code())
    }
}

/// Reads targets as they are written.
pub(super) fn targets(written: &[String]) -> Result<Vec<Target>, Stop> {
    let mut targets = Vec::new();
    for text in written {
        if configuration::is_named(text) && Path::new(text).is_file() {
            targets.extend(configured(text)?);
        } else {
            targets.push(target(text)?);
        }
    }
    Ok(targets)
}

/// Reads one target as it is written.
pub(super) fn target(written: &str) -> Result<Target, Stop> {
    Target::parse(written, &exists).map_err(unmeant)
}

fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// What a configuration asks for; its path is shown from where the user is, as reports of a repository need it.
fn configured(written: &str) -> Result<Vec<Target>, Stop> {
    let path = Path::new(written);
    let text = text(path, configuration::LARGEST)?;
    let here = environment::directory()?;
    let path = path.strip_prefix(&here).unwrap_or(path);
    let path = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let path = path.strip_prefix("./").unwrap_or(&path);
    configuration::targets(&text, &excerpt(path, 400), &exists).map_err(unmeant)
}

/// Live servers, as they are named.
pub(super) fn live(live: &Live) -> Result<Vec<Target>, Stop> {
    live.connect.iter().map(|address| Target::connect(address).map_err(unmeant)).collect()
}

/// The targets of a lock, as it has them written.
pub(super) fn approved(lock: &Lock) -> Result<Vec<Target>, Stop> {
    let one = |entry: &Entry| match entry.target.strip_prefix("connect:") {
        Some(address) => Target::connect(address).map_err(unmeant),
        None => target(&entry.target),
    };
    lock.connectors.iter().map(one).collect()
}

fn unmeant(error: AcquireError) -> Stop {
    match error {
        AcquireError::Usage { message, hints } => {
            Stop { message: format!("no scan was performed: {message}"), hints }
        }
        other => Stop::new(format!("no scan was performed: {other}")),
    }
}

/// Reads a lock.
pub(super) fn lock(path: &Path) -> Result<Lock, Stop> {
    let text = text(path, baseline::LARGEST)?;
    baseline::parse(&text).map_err(|unusable| {
        let line = unusable.line.map_or(String::new(), |line| format!(", line {line}"));
        Stop::new(format!("no scan was performed: `{}`{line}: {}", shown(path), unusable.why))
            .hint("`mcp-vouch lock TARGET -o FILE` writes a lock")
    })
}

/// Reads bounds; every mistake in them is told at once.
fn bounds(path: &Path) -> Result<Bounds, Stop> {
    let text = text(path, bounds::LARGEST)?;
    bounds::parse(&text).map_err(|mistakes| {
        let lines = mistakes.iter().map(|mistake| format!("  line {}: {}", mistake.line, mistake.why));
        Stop {
            message: format!("no scan was performed: `{}` cannot be meant as written", shown(path)),
            hints: lines.collect(),
        }
    })
}

/// How old the file with the bounds is.
fn dated(path: &Path) -> Dated {
    Dated {
        what: format!("the bounds in `{}`", shown(path)),
        date: changed(path).and_then(|time| i64::try_from(time).ok()),
        remedy: "fetch them again",
    }
}

fn text(path: &Path, limit: u64) -> Result<String, Stop> {
    let bytes =
        read_bounded(path, limit).map_err(|why| Stop::new(format!("no scan was performed: {why}")))?;
    String::from_utf8(bytes)
        .map_err(|_| Stop::new(format!("no scan was performed: `{}` is not UTF-8", shown(path))))
}

/// A path, printable.
pub(super) fn shown(path: &Path) -> String {
    excerpt(&path.to_string_lossy(), 300)
}

/// The path of a lock, where that is what an argument of `diff` names.
pub(super) fn is_lock(written: &str) -> Option<PathBuf> {
    let path = Path::new(written);
    let lower = written.to_ascii_lowercase();
    let mut others = crate::acquire::target::ARCHIVES.iter().chain(&[".json", ".jsonc"]);
    let is_other = others.any(|end| lower.ends_with(end));
    (path.is_file() && !is_other).then(|| path.to_path_buf())
}

/// The policy file or profile, under what the command line says.
fn policy(options: &Options, settings: &Settings) -> Result<(Policy, Option<Bounds>), Stop> {
    let profile = || options.profile.map_or_else(Policy::default, |name| Policy::of(name.into()));
    let (mut policy, bounds) = match (&options.policy, options.no_policy) {
        (None, true) => None,
        (Some(file), _) => Some(policy::read_all(file)?),
        (None, false) => policy::find(&settings.directory).map(|file| policy::read_all(&file)).transpose()?,
    }
    .unwrap_or_else(|| (profile(), None));
    if let Some(fail_on) = options.fail_on {
        policy.threshold.fail_on = match fail_on {
            FailOn::High => Some(Severity::High),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::Low => Some(Severity::Low),
            FailOn::Info => Some(Severity::Info),
            FailOn::Never => None,
        };
    }
    policy.now = i64::try_from(settings.now).ok();
    Ok((policy, bounds))
}
