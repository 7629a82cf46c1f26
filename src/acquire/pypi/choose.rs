//! The files of a package and what was asked for to the version and files that pip or uv would take.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    str::FromStr as _,
};

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

use super::{
    filename::{self, Form, Name},
    fit::{Fit, Machine, fit},
    simple::PublishedFile,
};
use crate::untrusted::excerpt;

/// A file, with the index that lists it.
pub(super) type Listed<'a> = (usize, &'a PublishedFile);

/// What the client would take.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    /// As PEP 440 writes it.
    pub(super) version: String,
    /// The file that would be installed.
    pub(super) main: Listed<'a>,
    /// The source archive of the same version, where a wheel would be installed.
    pub(super) source: Option<Listed<'a>>,
    /// Wheels of the same version that this machine would not take.
    pub(super) others: Vec<String>,
    /// Every file of the version.
    pub(super) files: Vec<String>,
    /// Why, one sentence a line.
    pub(super) how: Vec<String>,
}

/// A file with what its name says.
struct Candidate<'a> {
    listed: Listed<'a>,
    name: Name,
}

/// Why a version is passed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Obstacle {
    Yanked,
    Python,
}

/// Chooses as pip and uv do. An empty `wanted` means any version.
///
/// # Errors
/// The words for why there is none.
pub(super) fn choose<'a>(
    package: &str,
    files: &[Listed<'a>],
    wanted: &str,
    machine: &Machine,
) -> Result<Choice<'a>, String> {
    let specifiers = specifiers(wanted)?;
    let mut versions: BTreeMap<Version, Vec<Candidate<'a>>> = BTreeMap::new();
    for listed in files {
        if let Some(name) = filename::parse(&listed.1.filename, package) {
            versions.entry(name.version.clone()).or_default().push(Candidate { listed: *listed, name });
        }
    }
    if versions.is_empty() {
        return Err("has no wheel and no source archive".into());
    }
    let newest = versions.keys().rev().find(|version| !version.any_prerelease()).cloned();
    versions.retain(|version, _| specifiers.contains(version));
    let wants_prerelease = specifiers.iter().any(VersionSpecifier::any_prerelease);
    if !wants_prerelease && versions.keys().any(|version| !version.any_prerelease()) {
        versions.retain(|version, _| !version.any_prerelease());
    }
    let best = versions.keys().next_back().cloned();
    let is_pinned = pinned(&specifiers);
    let mut passed: Option<(Version, Obstacle)> = None;
    while let Some((version, candidates)) = versions.pop_last() {
        match obstacle(&candidates, is_pinned, machine) {
            None => {
                let how = how(&version, wanted, newest.as_ref(), passed.as_ref(), &candidates, machine);
                return take(&version, &candidates, how, is_pinned, machine);
            }
            Some(obstacle) => passed = passed.or(Some((version, obstacle))),
        }
    }
    Err(match (best, passed) {
        (Some(best), Some((_, Obstacle::Yanked))) => format!("has no version left: {best} is yanked"),
        (Some(best), _) => format!("has no version for {}: {best} needs another", python(machine)),
        (None, _) => {
            let newest = newest.map(|newest| format!("; newest is {newest}")).unwrap_or_default();
            format!("has no version that satisfies `{}`{newest}", excerpt(wanted, 60))
        }
    })
}

/// What was asked for as PEP 440 specifiers: `1.2` alone means `==1.2`.
fn specifiers(wanted: &str) -> Result<VersionSpecifiers, String> {
    let wanted = wanted.trim_start_matches('@').trim();
    if matches!(wanted, "" | "latest") {
        return Ok(VersionSpecifiers::empty());
    }
    if let Ok(version) = Version::from_str(wanted) {
        return Ok(VersionSpecifier::equals_version(version).into());
    }
    VersionSpecifiers::from_str(wanted).map_err(|_| {
        format!("was asked for with `{}`, which is no version and no specifier", excerpt(wanted, 60))
    })
}

/// Whether exactly one version is asked for: then a withdrawn one is taken as well.
fn pinned(specifiers: &VersionSpecifiers) -> bool {
    specifiers.iter().any(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual))
}

fn obstacle(candidates: &[Candidate<'_>], is_pinned: bool, machine: &Machine) -> Option<Obstacle> {
    let offered = |candidate: &&Candidate<'_>| is_pinned || candidate.listed.1.yanked.is_none();
    if !candidates.iter().any(|candidate| offered(&candidate)) {
        return Some(Obstacle::Yanked);
    }
    let fits = candidates.iter().filter(offered).any(|candidate| fits_python(candidate.listed.1, machine));
    (!fits).then_some(Obstacle::Python)
}

fn fits_python(file: &PublishedFile, machine: &Machine) -> bool {
    let (Some(needed), Some(python)) = (&file.requires_python, &machine.python) else { return true };
    VersionSpecifiers::from_str(needed).is_ok_and(|needed| needed.contains(python))
        || VersionSpecifiers::from_str(needed).is_err()
}

fn python(machine: &Machine) -> String {
    machine.python.as_ref().map_or_else(|| "this machine".into(), |python| format!("Python {python}"))
}

/// The words for the choice of the version.
fn how(
    version: &Version,
    wanted: &str,
    newest: Option<&Version>,
    passed: Option<&(Version, Obstacle)>,
    candidates: &[Candidate<'_>],
    machine: &Machine,
) -> Vec<String> {
    let rank = if newest == Some(version) { "newest" } else { "the newest that fits" };
    let asked =
        if wanted.is_empty() { String::new() } else { format!(", satisfies `{}`", excerpt(wanted, 60)) };
    let mut how = vec![format!("version {version} ({rank}{asked})")];
    how.extend(passed.map(|(passed, obstacle)| match obstacle {
        Obstacle::Yanked => format!("{passed} is yanked; the client would take {version}"),
        Obstacle::Python => {
            format!("{passed} needs another Python than {}; the client would take {version}", python(machine))
        }
    }));
    if version.any_prerelease() {
        how.push(format!("{version} is a pre-release"));
    }
    let asks = candidates.iter().any(|candidate| candidate.listed.1.requires_python.is_some());
    if machine.python.is_none() && asks {
        how.push("no Python was found, so `requires-python` was not compared".into());
    }
    if candidates.iter().all(|candidate| candidate.listed.1.yanked.is_some()) {
        how.push(format!("{version} is yanked, but it was asked for exactly"));
    }
    how
}

/// The files of the chosen version.
fn take<'a>(
    version: &Version,
    candidates: &[Candidate<'a>],
    mut how: Vec<String>,
    is_pinned: bool,
    machine: &Machine,
) -> Result<Choice<'a>, String> {
    let offered = |candidate: &&Candidate<'a>| {
        (is_pinned || candidate.listed.1.yanked.is_none()) && fits_python(candidate.listed.1, machine)
    };
    let wheel = candidates
        .iter()
        .filter(offered)
        .filter_map(|candidate| Some((fit(&candidate.name.form, machine)?, candidate)))
        .max_by_key(|(fit, candidate)| {
            (*fit, Reverse(candidate.listed.0), Reverse(&candidate.listed.1.filename))
        });
    let source = candidates
        .iter()
        .filter(offered)
        .filter(|candidate| candidate.name.form == Form::Source)
        .min_by_key(|candidate| (candidate.listed.0, &candidate.listed.1.filename));
    let fits = wheel.filter(|(fit, _)| *fit != Fit::Other).map(|(_, wheel)| wheel);
    let main = fits.or(source).or(wheel.map(|(_, wheel)| wheel)).ok_or("has no file that can be taken")?;
    let is_wheel = main.name.form != Form::Source;
    match wheel {
        Some((Fit::Native, _)) if is_wheel => how.push("the wheel is built for this kind of machine".into()),
        Some((Fit::Other, _)) if is_wheel => {
            how.push("no wheel is for this machine; another machine's was read".into());
        }
        Some(_) if is_wheel => {}
        _ => how.push("no wheel fits: a client would run the build of the source archive".into()),
    }
    let others: BTreeSet<String> = candidates
        .iter()
        .filter(|candidate| candidate.name.form != Form::Source)
        .map(|candidate| candidate.listed.1.filename.clone())
        .filter(|filename| *filename != main.listed.1.filename)
        .collect();
    let files: BTreeSet<String> =
        candidates.iter().map(|candidate| candidate.listed.1.filename.clone()).collect();
    Ok(Choice {
        version: version.to_string(),
        main: main.listed,
        source: source.map(|source| source.listed).filter(|_| is_wheel),
        others: others.into_iter().collect(),
        files: files.into_iter().collect(),
        how,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(python: &str) -> Machine {
        Machine { python: python.parse().ok(), system: "linux", processor: "x86_64" }
    }

    /// `FILENAME requires-python=… yanked=…` a line to `main|source|others` and the words.
    fn check(lines: &[&str], wanted: &str, python: &str) -> Result<(String, String), String> {
        let files: Vec<PublishedFile> = lines
            .iter()
            .map(|line| {
                let mut words = line.split(' ');
                let filename = words.next().unwrap().to_owned();
                let mut file = PublishedFile { filename, ..PublishedFile::default() };
                for word in words {
                    match word.split_once(':').unwrap() {
                        ("python", range) => file.requires_python = Some(range.to_owned()),
                        (_, why) => file.yanked = Some(why.to_owned()),
                    }
                }
                file
            })
            .collect();
        let listed: Vec<Listed<'_>> = files.iter().map(|file| (0, file)).collect();
        choose("x", &listed, wanted, &machine(python)).map(|choice| {
            let source = choice.source.map_or("", |source| source.1.filename.as_str());
            let taken = format!("{}|{source}|{}", choice.main.1.filename, choice.others.join(","));
            (taken, choice.how.join("\n"))
        })
    }

    #[test]
    fn takes_the_newest_final_release_that_fits() {
        let files = &[
            "x-1.0-py3-none-any.whl",
            "x-1.0.tar.gz",
            "x-1.5-py3-none-any.whl yanked:broken",
            "x-2.0-py3-none-any.whl python:>=3.13",
            "x-2.1rc1-py3-none-any.whl",
        ];
        for (wanted, python, taken, how) in [
            (
                "",
                "3.11.7",
                "x-1.0-py3-none-any.whl|x-1.0.tar.gz|",
                "version 1.0 (the newest that fits)\n2.0 needs another Python than Python 3.11.7; the client would take 1.0",
            ),
            ("", "3.13.0", "x-2.0-py3-none-any.whl||", "version 2.0 (newest)"),
            (
                "",
                "none",
                "x-2.0-py3-none-any.whl||",
                "version 2.0 (newest)\nno Python was found, so `requires-python` was not compared",
            ),
            (
                "<2",
                "3.11.7",
                "x-1.0-py3-none-any.whl|x-1.0.tar.gz|",
                "version 1.0 (the newest that fits, satisfies `<2`)\n1.5 is yanked; the client would take 1.0",
            ),
            (
                "==1.5",
                "3.11.7",
                "x-1.5-py3-none-any.whl||",
                "version 1.5 (the newest that fits, satisfies `==1.5`)\n1.5 is yanked, but it was asked for exactly",
            ),
            (
                "2.1rc1",
                "3.11.7",
                "x-2.1rc1-py3-none-any.whl||",
                "version 2.1rc1 (the newest that fits, satisfies `2.1rc1`)\n2.1rc1 is a pre-release",
            ),
        ] {
            assert_eq!(check(files, wanted, python), Ok((taken.into(), how.into())), "{wanted}");
        }
    }

    #[test]
    fn says_what_is_missing() {
        for (files, wanted, why) in [
            (&["x-1.0.tar.gz"][..], "==2", "has no version that satisfies `==2`; newest is 1.0"),
            (&["x-1.0.tar.gz yanked:"], "", "has no version left: 1.0 is yanked"),
            (&["x-1.0.tar.gz python:>=3.99"], "", "has no version for Python 3.11.7: 1.0 needs another"),
            (&["x-1.0.exe", "y-1.0.tar.gz"], "", "has no wheel and no source archive"),
            (
                &["x-1.0.tar.gz"],
                "nonsense!",
                "was asked for with `nonsense!`, which is no version and no specifier",
            ),
        ] {
            assert_eq!(check(files, wanted, "3.11.7"), Err(why.into()));
        }
    }

    #[test]
    fn takes_prereleases_where_there_is_nothing_else() {
        assert!(check(&["x-1.0a1.tar.gz", "x-1.0a2.tar.gz"], "", "3.11.7").unwrap().0.starts_with("x-1.0a2"));
        assert!(
            check(&["x-1.0.tar.gz", "x-2.0a1.tar.gz"], ">=0.9a0", "3.11.7").unwrap().0.starts_with("x-2.0a1")
        );
    }

    #[test]
    fn takes_the_wheel_that_a_client_would_take() {
        let pure = "x-1-py3-none-any.whl";
        let linux = "x-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        let stable = "x-1-cp39-abi3-manylinux_2_17_x86_64.whl";
        let mac = "x-1-cp311-cp311-macosx_11_0_arm64.whl";
        let newer = "x-1-cp312-cp312-manylinux_2_17_x86_64.whl";
        let source = "x-1.tar.gz";
        for (files, taken) in [
            (&[pure, source][..], "x-1-py3-none-any.whl|x-1.tar.gz|".to_owned()),
            (&[pure, linux], format!("{linux}||{pure}")),
            (&[stable, mac, newer], format!("{stable}||{mac},{newer}")),
            (&[mac, newer, source], format!("{source}||{mac},{newer}")),
            (&[mac], format!("{mac}||")),
            (&["x-1-py2-none-any.whl", pure], format!("{pure}||x-1-py2-none-any.whl")),
            (&["x-1-py2.py3-none-any.whl"], "x-1-py2.py3-none-any.whl||".into()),
        ] {
            assert_eq!(check(files, "", "3.11.7").unwrap().0, taken, "{files:?}");
        }
    }

    #[test]
    fn ignores_requirements_that_cannot_be_read() {
        assert!(check(&["x-1.tar.gz python:nonsense"], "", "3.11.7").is_ok());
    }
}
