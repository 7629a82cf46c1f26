//! Environment, clock and directories to settings: the one place that reads them.
#![expect(clippy::disallowed_methods, reason = "this is the place that reads the environment and the clock")]

use std::{
    collections::BTreeMap,
    env,
    io::{self, IsTerminal as _},
    num::NonZero,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use etcetera::BaseStrategy as _;

use super::{
    Stop,
    arguments::{Options, When},
};
use crate::{
    acquire::{Expected, Limits, Secret, Settings},
    report::plain::{Colour, Style},
    untrusted,
};

/// Everything that the user configured.
pub(super) fn settings(options: &Options) -> Result<Settings, Stop> {
    let environment = variables();
    let home = etcetera::home_dir().ok();
    let directory = directory()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(Settings {
        offline: options.offline,
        cache: cache(options, &environment),
        npm_registry: options.npm_registry.clone(),
        pypi_index: options.pypi_index.clone(),
        node_version: options.node_version.clone(),
        home,
        directory,
        environment,
        attestations: options.attestations.clone(),
        trusted_root: options.trusted_root.clone(),
        expected: Expected {
            repository: options.expect_repo.clone(),
            workflow: options.expect_workflow.clone(),
            issuer: options.expect_issuer.clone(),
            builder: options.expect_builder.clone(),
        },
        headers: Vec::new(),
        source: options.source,
        limits: Limits::default(),
        now,
    })
}

/// Headers that the protocol itself sets.
const TAKEN: [&str; 6] =
    ["host", "accept", "content-type", "content-length", "connection", "transfer-encoding"];

/// Headers for live servers: `NAME=VARIABLE`.
pub(super) fn headers(
    written: &[String],
    environment: &BTreeMap<String, String>,
) -> Result<Vec<(String, Secret)>, Stop> {
    let stop = |why: String| Stop::new(format!("no scan was performed: {why}"));
    let read = |text: &String| {
        let (name, variable) = text.split_once('=').ok_or_else(|| {
            stop("`--header-env` takes NAME=VARIABLE: a header and an environment variable".to_owned())
        })?;
        let lower = name.to_ascii_lowercase();
        let is_token = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_token || TAKEN.contains(&lower.as_str()) || lower.starts_with("mcp-") {
            return Err(stop(format!("`{}` is no header that can be set", untrusted::excerpt(name, 60))));
        }
        let value = environment.get(variable).filter(|value| !value.is_empty());
        let value = value
            .ok_or_else(|| stop(format!("the environment variable of the header `{name}` is not set")))?;
        Ok((name.to_owned(), Secret(value.clone())))
    };
    written.iter().map(read).collect()
}

/// The directory that the user is in.
pub(super) fn directory() -> Result<PathBuf, Stop> {
    env::current_dir().map_err(|error| {
        Stop::new(format!("nothing was done: the current directory cannot be read: {error}"))
    })
}

/// The user's name, where the system tells it.
pub(super) fn user() -> Option<String> {
    let variables = variables();
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| variables.get(*name).filter(|name| !name.is_empty()).cloned())
}

/// Where downloads are kept, where no flag says otherwise.
pub(super) fn usual_cache() -> Option<PathBuf> {
    let variables = variables();
    configured_cache(&variables)
}

fn configured_cache(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let configured = environment.get("MCP_VOUCH_CACHE").filter(|path| !path.is_empty()).map(PathBuf::from);
    configured.or_else(|| Some(etcetera::choose_base_strategy().ok()?.cache_dir().join("mcp-vouch")))
}

fn variables() -> BTreeMap<String, String> {
    env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn cache(options: &Options, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    if options.no_cache {
        return None;
    }
    options.cache.clone().or_else(|| configured_cache(environment))
}

/// The time that reports carry: that of the run, or what `SOURCE_DATE_EPOCH` says so that two runs
/// write the same bytes.
pub(super) fn report_time(settings: &Settings) -> u64 {
    let asked = settings.environment.get("SOURCE_DATE_EPOCH");
    asked.and_then(|seconds| seconds.parse().ok()).unwrap_or(settings.now)
}

/// The number of cores that this process may use.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// The layout for a plain report that goes to the terminal or the place where one would be.
pub(super) fn style(when: When, terminal: bool, environment: &BTreeMap<String, String>) -> Style {
    let set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
    let colour = match when {
        When::Always => Colour::Always,
        When::Auto if terminal && !set("NO_COLOR") && !dumb => Colour::Always,
        When::Auto | When::Never => Colour::Never,
    };
    let columns = environment.get("COLUMNS").and_then(|columns| columns.parse::<usize>().ok());
    Style { colour, width: columns.map_or(100, |columns| columns.clamp(60, 160)) }
}

/// Whether progress may be shown: a person is looking, and did not ask for quiet.
pub(super) fn shows_progress(options: &Options) -> bool {
    !options.quiet && io::stderr().is_terminal()
}

/// Whether the plain report goes to a terminal.
pub(super) fn is_terminal(to_stdout: bool) -> bool {
    if to_stdout { io::stdout().is_terminal() } else { io::stderr().is_terminal() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_needs_a_terminal_that_nobody_forbade() {
        let variables = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        for (when, terminal, environment, expected) in [
            (When::Auto, true, &[][..], Colour::Always),
            (When::Auto, false, &[], Colour::Never),
            (When::Auto, true, &[("NO_COLOR", "1")], Colour::Never),
            (When::Auto, true, &[("NO_COLOR", "")], Colour::Always),
            (When::Auto, true, &[("TERM", "dumb")], Colour::Never),
            (When::Always, false, &[("NO_COLOR", "1")], Colour::Always),
            (When::Never, true, &[], Colour::Never),
        ] {
            assert_eq!(
                style(when, terminal, &variables(environment)).colour,
                expected,
                "{when:?} {environment:?}"
            );
        }
    }

    #[test]
    fn takes_header_values_from_the_environment_only() {
        let environment = BTreeMap::from([
            ("TOKEN".to_owned(), "Bearer x".to_owned()),
            ("EMPTY".to_owned(), String::new()),
        ]);
        for (written, expected) in [
            ("Authorization=TOKEN", Some("Authorization")),
            ("X-Api-Key=TOKEN", Some("X-Api-Key")),
            ("Authorization=Bearer secret", None),
            ("Authorization=EMPTY", None),
            ("Authorization", None),
            ("=TOKEN", None),
            ("Host=TOKEN", None),
            ("Mcp-Session-Id=TOKEN", None),
            ("A B=TOKEN", None),
        ] {
            let read = headers(&[written.to_owned()], &environment);
            if let Err(stop) = &read {
                assert!(!stop.message.contains("secret"), "{}", stop.message);
            }
            let name = read.ok().and_then(|headers| headers.first().map(|(name, _)| name.clone()));
            assert_eq!(name.as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn width_follows_the_terminal_within_reason() {
        for (columns, expected) in [("80", 80), ("20", 60), ("9999", 160), ("wide", 100)] {
            let environment = BTreeMap::from([("COLUMNS".to_owned(), columns.to_owned())]);
            assert_eq!(style(When::Never, false, &environment).width, expected);
        }
    }
}
