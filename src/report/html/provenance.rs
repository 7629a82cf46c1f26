//! Who built the connector, drawn as a chain from the source to the bytes that were scanned, and every
//! piece of evidence with what it does not prove.

use super::{Frame, chip, paragraph, prose, sign, verdict::sentence};
use crate::report::{ArtifactFacts, ProvenanceFacts, Report, markup::Markup, subject};

/// Pieces of evidence that are shown.
const MOST: usize = 40;
/// Evidence that says from which source something was built, the best first.
const BUILDS: [&str; 5] =
    ["npm-provenance", "pypi-provenance", "github-provenance", "pypi-publish", "bundle"];
/// Evidence of who took it in.
const INTAKE: [&str; 3] = ["registry-signature", "npm-publish", "pypi-publish"];

/// How well a link of the chain is proven.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Link {
    Proven,
    Broken,
    Unproven,
}

/// A link of the chain, in words.
struct Station {
    name: &'static str,
    link: Link,
    state: String,
    lines: Vec<String>,
    notes: Vec<String>,
}

/// The chain and the evidence.
pub(super) fn provenance(report: &Report, frame: Frame, markup: &mut Markup) {
    let Some(artifact) = &report.artifact else { return };
    let stations = chain(report, artifact);
    let proven = stations.iter().take(4).filter(|station| station.link == Link::Proven).count();
    let words = match (stations.iter().any(|station| station.link == Link::Broken), proven) {
        (true, _) => "Something that should hold does not. Somebody else may have made these bytes.",
        (false, 4) => {
            "Signatures lead from the source, over the build and the registry, to exactly these bytes."
        }
        (false, 0) => "Nothing proves who made these bytes, nor from what.",
        (false, _) => {
            "Signatures prove a part of the way; what is dashed rests on nobody's word but the publisher's."
        }
    };
    paragraph("lede", words, markup);
    markup.element("ol", &[("class", "chain"), ("aria-label", "From source to artifact")], |markup| {
        for station in &stations {
            draw(station, frame, markup);
        }
    });
    evidence(report, markup);
}

fn draw(station: &Station, frame: Frame, markup: &mut Markup) {
    let (item, class, path) = match station.link {
        Link::Proven => ("proven", "link card proven", "M4.5 12.5l5 5 10-11"),
        Link::Broken => ("broken", "link card broken", "M6 6l12 12M18 6L6 18"),
        Link::Unproven => {
            ("unproven", "link card unproven", "M12 16.8v.3M9 9a3 3 0 1 1 4.4 2.7c-.9.5-1.4 1-1.4 2")
        }
    };
    markup.element("li", &[("class", item)], |markup| {
        markup.element("div", &[("class", class)], |markup| {
            markup.leaf(frame.heading(2), &[], station.name);
            markup.element("div", &[("class", "state")], |markup| {
                sign("", path, markup);
                markup.text(&station.state);
            });
            station.lines.iter().for_each(|line| {
                markup.element("p", &[], |markup| address(line, markup));
            });
            station.notes.iter().for_each(|line| paragraph("soft", line, markup));
        });
    });
}

fn chain(report: &Report, artifact: &ArtifactFacts) -> Vec<Station> {
    let build = best(report, &BUILDS, |one| one.fact("repository").is_some());
    let tried = best(report, &BUILDS, |_| true);
    let intake = best(report, &INTAKE, |_| true);
    vec![
        source(build, tried),
        workflow(build),
        builder(build),
        registry(intake, artifact),
        Station {
            name: "What was scanned",
            link: Link::Proven,
            state: "read, not run".to_owned(),
            lines: vec![format!("{} {}", artifact.name, artifact.version).trim_end().to_owned()],
            notes: vec![format!("`{}`", short(&subject::digest(artifact)))],
        },
    ]
}

/// The evidence of some kinds that counts: what failed first, since it must not be overlooked, then
/// what is verified.
fn best<'a>(
    report: &'a Report,
    kinds: &[&str],
    fits: impl Fn(&ProvenanceFacts) -> bool,
) -> Option<&'a ProvenanceFacts> {
    let of_kind = |one: &&ProvenanceFacts| kinds.contains(&one.kind) && fits(one);
    let rank = |one: &&ProvenanceFacts| match one.state {
        "failed" => 0,
        "verified" => 1,
        "absent" => 2,
        _ => 3,
    };
    report.provenance.iter().filter(of_kind).min_by_key(rank)
}

fn link(one: Option<&ProvenanceFacts>) -> (Link, String) {
    match one.map_or("", |one| one.state) {
        "verified" => (Link::Proven, "verified".to_owned()),
        "failed" => (Link::Broken, "does not hold".to_owned()),
        "absent" => (Link::Unproven, "nothing there".to_owned()),
        "not-applicable" => (Link::Unproven, "does not apply".to_owned()),
        _ => (Link::Unproven, "not known".to_owned()),
    }
}

fn source(build: Option<&ProvenanceFacts>, tried: Option<&ProvenanceFacts>) -> Station {
    let (link, state) = link(build.or(tried));
    let mut station = Station { name: "Source", link, state, lines: Vec::new(), notes: Vec::new() };
    match build.and_then(|one| Some((one, one.fact("repository")?))) {
        Some((one, repository)) => {
            station.lines.push(bare(repository).to_owned());
            if let Some(commit) = one.fact("commit") {
                station.notes.push(format!("commit `{}`", head(commit)));
            }
            station.notes.extend(one.fact("reference").map(str::to_owned));
        }
        None => station.lines.push("No evidence says from which source it was made.".to_owned()),
    }
    station
}

fn workflow(build: Option<&ProvenanceFacts>) -> Station {
    let known = build.and_then(|one| Some((one, one.fact("workflow")?)));
    let (link, state) = link(known.map(|(one, _)| one));
    let mut station = Station { name: "Workflow", link, state, lines: Vec::new(), notes: Vec::new() };
    match known {
        Some((one, workflow)) => {
            let repository = one.fact("repository").unwrap_or_default();
            let path = workflow.strip_prefix(repository).unwrap_or(bare(workflow)).trim_start_matches('/');
            station.lines.push(path.split('@').next().unwrap_or(path).to_owned());
            station.notes.extend(one.fact("trigger").map(|trigger| format!("started by {trigger}")));
        }
        None => station.lines.push("No evidence says how it was built.".to_owned()),
    }
    station
}

fn builder(build: Option<&ProvenanceFacts>) -> Station {
    let who = |one: &ProvenanceFacts| {
        ["builder", "runner", "identity", "signer"].iter().find_map(|name| one.fact(name).map(str::to_owned))
    };
    let known =
        build.and_then(|one| Some((one, who(one).or_else(|| one.fact("issuer").map(str::to_owned))?)));
    let (link, state) = link(known.as_ref().map(|(one, _)| *one).or(build));
    let mut station = Station { name: "Builder", link, state, lines: Vec::new(), notes: Vec::new() };
    match (&known, build) {
        (Some((_, who)), _) => station.lines.push(bare(who).to_owned()),
        (None, Some(_)) => station.lines.push("The signature names no builder.".to_owned()),
        (None, None) => station.lines.push("No evidence says who built it.".to_owned()),
    }
    if let Some(time) = build.and_then(|one| one.fact("time")) {
        station.notes.push(format!("logged {}", time.get(..10).unwrap_or(time)));
    }
    if let Some(index) = build.and_then(|one| one.fact("log_index")) {
        station.notes.push(format!("entry {index} of the public log"));
    }
    station
}

fn registry(intake: Option<&ProvenanceFacts>, artifact: &ArtifactFacts) -> Station {
    let (link, state) = link(intake);
    let mut station = Station { name: "Registry", link, state, lines: Vec::new(), notes: Vec::new() };
    if matches!(artifact.ecosystem.as_str(), "npm" | "pypi" | "cargo") {
        station.lines.push(artifact.source.clone());
    } else {
        "no registry".clone_into(&mut station.state);
        station.lines.push(sentence(&artifact.source));
    }
    station.notes.extend(intake.map(|one| match one.state {
        "verified" => format!("{} verified", one.words),
        _ => sentence(&one.why),
    }));
    station
}

/// Prose that may be broken behind every slash.
fn address(text: &str, markup: &mut Markup) {
    if text.contains('`') {
        return prose(text, markup);
    }
    for (at, part) in text.split('/').enumerate() {
        if at > 0 {
            markup.text("/");
            markup.void("wbr", &[]);
        }
        markup.text(part);
    }
}

/// An address without its scheme.
fn bare(address: &str) -> &str {
    address.strip_prefix("https://").unwrap_or(address)
}

fn head(commit: &str) -> String {
    commit.chars().take(12).collect()
}

/// A digest of which the first and last characters are shown.
fn short(digest: &str) -> String {
    let characters: Vec<char> = digest.chars().collect();
    if characters.len() < 40 {
        return digest.to_owned();
    }
    let head: String = characters[..23].iter().collect();
    let tail: String = characters[characters.len() - 8..].iter().collect();
    format!("{head}…{tail}")
}

fn evidence(report: &Report, markup: &mut Markup) {
    if report.provenance.is_empty() {
        return;
    }
    markup.element("details", &[("class", "more")], |markup| {
        markup.leaf("summary", &[], &format!("Every piece of evidence ({})", report.provenance.len()));
        markup.element("ul", &[("class", "evidence card")], |markup| {
            report.provenance.iter().take(MOST).for_each(|one| piece(one, markup));
        });
    });
}

fn piece(one: &ProvenanceFacts, markup: &mut Markup) {
    let class = match one.state {
        "verified" => "chip verified",
        "failed" => "chip failed",
        "unknown" => "chip unknown",
        _ => "chip",
    };
    markup.element("li", &[], |markup| {
        chip(class, one.state, markup);
        markup.text(&format!(" {} of {}", one.words, one.about));
        if !one.why.is_empty() {
            markup.element("p", &[], |markup| prose(&sentence(&one.why), markup));
        }
        let facts: Vec<String> = one.facts.iter().map(|(name, fact)| format!("{name}: {fact}")).collect();
        if !facts.is_empty() {
            markup.leaf("p", &[("class", "soft")], &facts.join("; "));
        }
        if one.state == "verified" {
            markup.leaf("p", &[("class", "soft")], &format!("It {}.", one.limits));
        }
    });
}
