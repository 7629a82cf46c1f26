//! `mcp-vouch policy`, and the policy file of a run.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    Stop,
    arguments::{self, PolicyCommand, ProfileName},
    environment, files,
};
use crate::{
    baseline::bounds::{self, Bounds},
    detect::{catalogue, reference},
    gate::{
        Policy,
        policy::{LONGEST, Mistake, Profile, keys},
    },
};

/// The name under which a policy file is found.
pub(super) const NAME: &str = "mcp-vouch.toml";

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Laptop => Self::Laptop,
            ProfileName::Ci => Self::Ci,
            ProfileName::Audit => Self::Audit,
            ProfileName::Strict => Self::Strict,
        }
    }
}

/// Checks, shows or begins a policy file.
pub(super) fn run(policy: &arguments::Policy) -> Result<u8, Stop> {
    match &policy.what {
        PolicyCommand::Check { file } => {
            let file = chosen(file.as_deref())?;
            read(&file)?;
            said(&format!("{}: no mistakes\n", file.display()))
        }
        PolicyCommand::Show { file } => {
            let data = format!("reference data of {}", reference::oldest());
            let found = match file {
                Some(file) => Some(file.clone()),
                None => find(&environment::directory()?),
            };
            match found {
                Some(file) => {
                    let (policy, bounds) = read_all(&file)?;
                    let bounds = bounds.map(|bounds| bounds.show()).unwrap_or_default();
                    said(&format!("# {}; {data}\n{}{bounds}", file.display(), policy.show()))
                }
                None => said(&format!("# no `{NAME}` here or above; {data}\n{}", Policy::default().show())),
            }
        }
        PolicyCommand::Init { profile, file } => {
            files::write_new(file, begin((*profile).into()).as_bytes()).map_err(|error| {
                Stop::new(format!("`{}` was not written: {error}", file.display()))
                    .hint("`mcp-vouch policy show` says what counts now")
            })?;
            said(&format!("wrote {}; `mcp-vouch policy check` reads it\n", file.display()))
        }
    }
}

fn chosen(file: Option<&Path>) -> Result<PathBuf, Stop> {
    if let Some(file) = file {
        return Ok(file.to_path_buf());
    }
    find(&environment::directory()?).ok_or_else(|| {
        Stop::new(format!("nothing was checked: there is no `{NAME}` here or above"))
            .hint("`mcp-vouch policy init` writes one")
    })
}

/// Reads a policy file, with all of its mistakes where it has any.
pub(super) fn read(file: &Path) -> Result<Policy, Stop> {
    Ok(read_all(file)?.0)
}

/// Reads a policy file and the bounds in it.
pub(super) fn read_all(file: &Path) -> Result<(Policy, Option<Bounds>), Stop> {
    let text = files::read(file, LONGEST)
        .map_err(|error| Stop::new(format!("the policy `{}` was not read: {error}", file.display())))?;
    let catalogue = catalogue::get();
    let known = |name: &str| match name.strip_suffix('*') {
        Some(family) => {
            family.ends_with('/') && catalogue.entries().any(|entry| entry.rule.id.starts_with(family))
        }
        None => catalogue.entry(name).is_some(),
    };
    let (policy, bounds) = (Policy::read(&text, &known), bounds::in_policy(&text));
    match (policy, bounds) {
        (Ok(policy), Ok(bounds)) => {
            Ok((Policy { origin: Some(file.display().to_string()), ..policy }, bounds))
        }
        (Err(mistakes), _) => Err(told(file, &mistakes)),
        (Ok(_), Err(mistakes)) => {
            let mistake = |one: bounds::Mistake| Mistake { line: one.line, message: one.why, hint: None };
            Err(told(file, &mistakes.into_iter().map(mistake).collect::<Vec<_>>()))
        }
    }
}

fn told(file: &Path, mistakes: &[Mistake]) -> Stop {
    let count = match mistakes.len() {
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    let mut stop = Stop::new(format!("the policy `{}` cannot be used: {count}", file.display()));
    for mistake in mistakes {
        stop = stop.hint(format!("  line {}: {}", mistake.line, mistake.message));
        if let Some(hint) = &mistake.hint {
            stop = stop.hint(format!("    {hint}"));
        }
    }
    stop
}

/// The policy file for a directory: in it or above, up to the root of its repository.
pub(super) fn find(directory: &Path) -> Option<PathBuf> {
    for above in directory.ancestors() {
        let file = above.join(NAME);
        if files::is_file(&file) {
            return Some(file);
        }
        if above.join(".git").exists() {
            return None;
        }
    }
    None
}

/// A file to begin with: every key, explained, and the profile's settings written out.
fn begin(profile: Profile) -> String {
    let mut text =
        String::from("# What this repository's gate forbids and needs. `mcp-vouch policy check` reads it.\n");
    text.push_str("# Everything that is not written down here is as the profile has it.\n");
    for key in keys::POLICY {
        let _ = writeln!(text, "# {}: {}", key.name, key.about);
    }
    text.push('\n');
    text.push_str(&Policy::of(profile).show());
    text
}

/// Writes to the standard output.
pub(super) fn said(text: &str) -> Result<u8, Stop> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Stop::new(format!("the standard output was not written: {error}")))
        }
        Ok(()) | Err(_) => Ok(0),
    }
}
