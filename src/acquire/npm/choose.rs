//! A package's versions and what was asked for to the version that npm would take, and why.
//!
//! The order of npm's own manifest picker: a tag or an exact version means just that; a range
//! prefers `latest` where it fits, else what is neither deprecated nor unfit for the runtime, else
//! what is fit, else what is not deprecated, else the highest.

use nodejs_semver::{Range, Version};
use serde_json::Value;

use super::packument::{Entry, Packument};
use crate::untrusted::excerpt;

/// The runtime that a version must fit; `None` for what is not known.
#[derive(Debug, Default)]
pub(super) struct Runtime {
    /// Node.js.
    pub(super) node: Option<Version>,
    /// npm.
    pub(super) npm: Option<Version>,
}

/// The version that npm would take.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Choice {
    /// As the document spells it.
    pub(super) version: String,
    /// Why, one sentence a line.
    pub(super) how: Vec<String>,
}

/// Chooses as npm does. An empty `wanted` means any version.
///
/// # Errors
/// The words for why there is none.
pub(super) fn choose(packument: &Packument, wanted: &str, runtime: &Runtime) -> Result<Choice, String> {
    let wanted = wanted.trim();
    if packument.versions.is_empty() {
        return Err("has no published version".into());
    }
    if let Some(exact) = exact(wanted) {
        return match packument.versions.get(&exact) {
            Some(entry) => Ok(asked(exact, entry, "as asked", runtime)),
            None => Err(format!("has no version `{}`{}", excerpt(wanted, 60), latest_is(packument))),
        };
    }
    let range = if wanted.is_empty() { Some(Range::any()) } else { Range::parse(wanted).ok() };
    match range {
        Some(range) => in_range(packument, wanted, &range, runtime),
        None => tagged(packument, wanted, runtime),
    }
}

/// The exact version that a text names, as documents spell it: no `v`, no build metadata.
fn exact(wanted: &str) -> Option<String> {
    let bare = wanted.trim_start_matches(['=', 'v', ' ']);
    Version::parse(bare).ok()?;
    Some(bare.split('+').next().unwrap_or(bare).to_owned())
}

fn tagged(packument: &Packument, tag: &str, runtime: &Runtime) -> Result<Choice, String> {
    let named = packument.tag(tag).and_then(|version| packument.versions.get_key_value(version));
    let Some((version, entry)) = named else {
        let tags: Vec<String> =
            packument.tags().take(8).map(|tag| format!("`{}`", excerpt(tag, 30))).collect();
        return Err(format!("has no tag `{}`; its tags are {}", excerpt(tag, 60), tags.join(", ")));
    };
    Ok(asked(version.clone(), entry, &format!("dist-tag `{}`", excerpt(tag, 60)), runtime))
}

/// A version that was asked for by name: taken even where the runtime does not fit.
fn asked(version: String, entry: &Entry, why: &str, runtime: &Runtime) -> Choice {
    let mut how = vec![format!("version {} ({why})", excerpt(&version, 60))];
    how.extend(unfit(entry, runtime).map(|why| format!("{why}; npm would start it all the same")));
    Choice { version, how }
}

fn in_range(packument: &Packument, wanted: &str, range: &Range, runtime: &Runtime) -> Result<Choice, String> {
    let latest = packument.tag("latest").and_then(|version| packument.versions.get_key_value(version));
    let is_any = matches!(wanted, "" | "*");
    let fitting_latest = latest.filter(|(version, _)| {
        is_any || Version::parse(version.as_str()).is_ok_and(|version| range.satisfies(&version))
    });
    if let Some((version, entry)) = fitting_latest
        && unfit(entry, runtime).is_none()
        && entry.deprecation().is_none()
    {
        return Ok(Choice { version: version.clone(), how: vec![said(version, wanted, "latest", runtime)] });
    }
    let best = packument
        .versions
        .iter()
        .filter_map(|(text, entry)| Some((Version::parse(text).ok()?, text, entry)))
        .filter(|(version, _, _)| range.satisfies(version))
        .max_by_key(|(version, _, entry)| {
            let (is_current, is_fit) = (entry.deprecation().is_none(), unfit(entry, runtime).is_none());
            (is_current && is_fit, is_fit, is_current, version.clone())
        });
    let Some((_, version, entry)) = best else {
        return Err(format!(
            "has no version that satisfies `{}`{}",
            excerpt(wanted, 60),
            latest_is(packument)
        ));
    };
    let mut how = vec![said(version, wanted, "the best that fits", runtime)];
    how.extend(fitting_latest.filter(|(latest, _)| *latest != version).map(|(latest, entry)| {
        let latest = excerpt(latest, 60);
        let why = match unfit(entry, runtime) {
            Some(why) => format!("but {why}"),
            None => "but it is deprecated".to_owned(),
        };
        format!("latest is {latest}, {why}; npm would start {}", excerpt(version, 60))
    }));
    how.extend(unfit(entry, runtime).map(|why| format!("{why}; npm would start it all the same")));
    Ok(Choice { version: version.clone(), how })
}

fn said(version: &str, wanted: &str, why: &str, runtime: &Runtime) -> String {
    let asked =
        if wanted.is_empty() { String::new() } else { format!(", satisfies `{}`", excerpt(wanted, 60)) };
    let unknown =
        if runtime.node.is_none() { "; no Node.js was found, so `engines` was not compared" } else { "" };
    format!("version {} ({why}{asked}{unknown})", excerpt(version, 60))
}

fn latest_is(packument: &Packument) -> String {
    packument.tag("latest").map_or_else(String::new, |latest| format!("; latest is {}", excerpt(latest, 60)))
}

/// Why a version does not fit the runtime.
fn unfit(entry: &Entry, runtime: &Runtime) -> Option<String> {
    let engine = |key: &str, shown: &str, version: Option<&Version>| {
        let (range, version) = (entry.engines.get(key).and_then(Value::as_str)?, version?);
        let fits = range.is_empty()
            || Range::parse(range).is_ok_and(|range| range.satisfies_with_prerelease(version, true));
        (!fits).then(|| format!("its engines `{key} {}` do not fit {shown}{version}", excerpt(range, 60)))
    };
    engine("node", "Node v", runtime.node.as_ref()).or_else(|| engine("npm", "npm ", runtime.npm.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// `1.0.0 latest deprecated node=>=18` a line.
    fn packument(lines: &[&str]) -> Packument {
        let (mut tags, mut versions) = (serde_json::Map::new(), serde_json::Map::new());
        for line in lines {
            let mut words = line.split(' ');
            let version = words.next().unwrap();
            let mut entry = json!({});
            for word in words {
                match word.split_once('=') {
                    Some((engine, range)) => entry["engines"][engine] = json!(range),
                    None if word == "deprecated" => entry["deprecated"] = json!("gone"),
                    None => drop(tags.insert(word.to_owned(), json!(version))),
                }
            }
            versions.insert(version.to_owned(), entry);
        }
        Packument::parse(json!({"dist-tags": tags, "versions": versions}).to_string().as_bytes()).unwrap()
    }

    fn check(lines: &[&str], wanted: &str, node: &str) -> Result<(String, String), String> {
        let runtime = Runtime { node: Version::parse(node).ok(), npm: Version::parse("10.8.2").ok() };
        choose(&packument(lines), wanted, &runtime).map(|choice| (choice.version, choice.how.join("\n")))
    }

    #[test]
    fn takes_what_npm_would_take() {
        let releases = &["1.0.0", "1.4.0 stable", "2.0.0 latest", "2.1.0", "3.0.0-rc.1 next"];
        for (wanted, version, how) in [
            ("", "2.0.0", "version 2.0.0 (latest)"),
            ("*", "2.0.0", "version 2.0.0 (latest, satisfies `*`)"),
            ("latest", "2.0.0", "version 2.0.0 (dist-tag `latest`)"),
            ("next", "3.0.0-rc.1", "version 3.0.0-rc.1 (dist-tag `next`)"),
            ("1.0.0", "1.0.0", "version 1.0.0 (as asked)"),
            ("v1.0.0", "1.0.0", "version 1.0.0 (as asked)"),
            ("=1.0.0+build", "1.0.0", "version 1.0.0 (as asked)"),
            ("^1", "1.4.0", "version 1.4.0 (the best that fits, satisfies `^1`)"),
            ("^2", "2.0.0", "version 2.0.0 (latest, satisfies `^2`)"),
            (">2.0.0", "2.1.0", "version 2.1.0 (the best that fits, satisfies `>2.0.0`)"),
            (
                "1.x || 3.0.0-rc.1",
                "3.0.0-rc.1",
                "version 3.0.0-rc.1 (the best that fits, satisfies `1.x || 3.0.0-rc.1`)",
            ),
        ] {
            assert_eq!(check(releases, wanted, "20.0.0"), Ok((version.into(), how.into())), "{wanted}");
        }
    }

    #[test]
    fn leaves_latest_where_its_engines_do_not_fit() {
        let releases = &["3.22.2 node=>=18", "3.25.0 deprecated", "3.26.0 latest node=>=22"];
        assert_eq!(
            check(releases, "", "20.20.2").unwrap(),
            (
                "3.22.2".into(),
                "version 3.22.2 (the best that fits)\nlatest is 3.26.0, but its engines `node >=22` do not fit Node v20.20.2; npm would start 3.22.2".into()
            )
        );
        assert_eq!(
            check(releases, "latest", "20.20.2").unwrap().1,
            "version 3.26.0 (dist-tag `latest`)\nits engines `node >=22` do not fit Node v20.20.2; npm would start it all the same"
        );
        assert_eq!(check(releases, "", "22.1.0").unwrap().0, "3.26.0");
        let unknown = check(releases, "", "unknown").unwrap();
        assert_eq!(unknown.0, "3.26.0");
        assert!(
            unknown.1.ends_with("(latest; no Node.js was found, so `engines` was not compared)"),
            "{}",
            unknown.1
        );
    }

    #[test]
    fn prefers_fit_over_current_and_current_over_high() {
        for (releases, version) in [
            (&["1.0.0", "2.0.0 latest deprecated"][..], "1.0.0"),
            (&["1.0.0 node=>=22", "2.0.0 latest deprecated"], "2.0.0"),
            (&["1.0.0 node=>=22", "2.0.0 latest node=>=22 deprecated"], "1.0.0"),
            (&["1.0.0 node=>=22", "2.0.0 node=>=22 latest"], "2.0.0"),
            (&["1.0.0", "2.0.0 latest npm=>=11"], "1.0.0"),
            (&["1.0.0", "2.0.0 latest node=nonsense"], "1.0.0"),
            (&["1.0.0", "10.0.0", "9.0.0"], "10.0.0"),
        ] {
            assert_eq!(check(releases, "", "20.0.0").unwrap().0, version, "{releases:?}");
        }
    }

    #[test]
    fn understands_engines_as_people_write_them() {
        for range in [
            ">=18",
            ">= 18.0.0",
            "^18 || >=20",
            "20.x",
            "*",
            "",
            ">=18.0.0 <23",
            "18 - 22",
            "v20",
            "=20",
            ">=18.x",
            "~20",
            ">=16 || 14 >=14.17",
            "^20.0.0||>=22.0.0",
            "x",
            ">=20.0.0-0",
            ">18",
        ] {
            let lines = ["1.0.0", "2.0.0 latest"];
            let mut packument = packument(&lines);
            packument.versions.get_mut("2.0.0").unwrap().engines = json!({ "node": range });
            let runtime = Runtime { node: Version::parse("20.20.2").ok(), npm: None };
            assert_eq!(choose(&packument, "", &runtime).unwrap().version, "2.0.0", "{range}");
        }
    }

    #[test]
    fn takes_a_prerelease_only_when_latest_or_asked() {
        assert_eq!(check(&["0.1.0-beta.1 latest"], "", "20.0.0").unwrap().0, "0.1.0-beta.1");
        assert!(check(&["0.1.0-beta.1"], "", "20.0.0").is_err());
    }

    #[test]
    fn says_what_is_missing() {
        let releases = &["1.0.0 latest", "2.0.0 next"];
        for (wanted, why) in [
            ("3.0.0", "has no version `3.0.0`; latest is 1.0.0"),
            ("^3", "has no version that satisfies `^3`; latest is 1.0.0"),
            ("beta", "has no tag `beta`; its tags are `latest`, `next`"),
            ("v2-latest", "has no tag `v2-latest`; its tags are `latest`, `next`"),
            ("next-15", "has no tag `next-15`; its tags are `latest`, `next`"),
            ("rc", "has no tag `rc`; its tags are `latest`, `next`"),
            ("xyz", "has no tag `xyz`; its tags are `latest`, `next`"),
            (
                "git+https://git.example/x",
                "has no tag `git+https://git.example/x`; its tags are `latest`, `next`",
            ),
        ] {
            assert_eq!(check(releases, wanted, "20.0.0"), Err(why.into()));
        }
        assert_eq!(check(&[], "", "20.0.0"), Err("has no published version".into()));
    }
}
