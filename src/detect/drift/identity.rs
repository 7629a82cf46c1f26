//! Who it is from, and which bytes it is.

use super::{Told, name};
use crate::{
    baseline::{Entry, Publisher},
    detect::provenance::same_repository,
    finding::{Class, Direction},
    untrusted::{Untrusted, excerpt},
};

/// Facts that say who made something, with their words. The ids outlive a rename; a changed id is
/// another owner.
const FACTS: [(&str, &str); 8] = [
    ("owner_id", "the owner of the repository"),
    ("repository_id", "the repository"),
    ("repository", "the repository"),
    ("workflow", "the workflow that builds it"),
    ("signer", "the signer"),
    ("builder", "the builder"),
    ("issuer", "the issuer of the builder's identity"),
    ("key", "the key that signs it"),
];

/// Compares artifact and publisher.
pub(super) fn compare(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    artifact(before, now, told);
    if before.artifact.ecosystem == now.artifact.ecosystem {
        publishers(before, now, told);
        claims(before, now, told);
    }
}

fn tell(rule: &'static str, direction: Direction, message: String) -> Told {
    Told::new(rule, Class::Identity, direction, message)
}

fn artifact(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let (was, is) = (&before.artifact, &now.artifact);
    if (&was.ecosystem, &was.name) != (&is.ecosystem, &is.name) {
        let both = [was, is].map(|it| format!("{}:{}", it.ecosystem, it.name));
        let message = format!("it is another package: {}, was {}", name(&both[1]), name(&both[0]));
        told.push(
            tell("drift/package-changed", Direction::Review, message)
                .about(&both[1])
                .from(&both[0])
                .to(&both[1]),
        );
        return;
    }
    if was.version != is.version {
        let message = format!("version {}, was {}", name(&is.version), name(&was.version));
        told.push(
            tell("drift/version-changed", Direction::Same, message)
                .about(&is.version)
                .from(&was.version)
                .to(&is.version),
        );
        return;
    }
    let is_published = was.ecosystem != "local" && !was.version.is_empty();
    if !is_published || was.digest == is.digest {
        return;
    }
    let same_algorithm = was.digest.split(':').next() == is.digest.split(':').next();
    if was.file == is.file && same_algorithm {
        let message = format!("version {} has other bytes than the approved ones", name(&is.version));
        told.push(
            tell("drift/content-changed", Direction::Widens, message)
                .about(&is.digest)
                .from(&was.digest)
                .to(&is.digest),
        );
    } else {
        let message =
            format!("another file of version {} than the approved one was looked at", name(&is.version));
        told.push(
            tell("drift/file-changed", Direction::Review, message)
                .about(&is.file)
                .from(&was.file)
                .to(&is.file),
        );
    }
}

fn publishers(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let verified = |entry: &Entry, kind: &str| -> Vec<Publisher> {
        entry.publishers.iter().filter(|one| one.kind == kind && one.state == "verified").cloned().collect()
    };
    let mut kinds: Vec<&str> =
        before.publishers.iter().chain(&now.publishers).map(|one| one.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut changed: Vec<String> = Vec::new();
    for kind in kinds {
        let (was, is) = (verified(before, kind), verified(now, kind));
        match (was.first(), is.first()) {
            (Some(_), None) if !is_unknown(now, kind) => {
                let message =
                    format!("{} was verified when it was approved, and is not any more", words(kind));
                told.push(
                    tell("drift/provenance-lost", Direction::Widens, message)
                        .about(kind)
                        .from("verified")
                        .to(state(now, kind)),
                );
            }
            (None, Some(_)) => {
                let message = format!("{} is verified now", words(kind));
                told.push(
                    tell("drift/provenance-gained", Direction::Narrows, message)
                        .about(kind)
                        .from(state(before, kind))
                        .to("verified"),
                );
            }
            (Some(first), Some(_)) => {
                for publisher in is.iter().filter(|publisher| !was.contains(publisher)) {
                    people(first, publisher, &mut changed, told);
                }
            }
            _ => {}
        }
    }
}

/// Compares who is behind two verified statements of one kind; what another kind said is not repeated.
fn people(was: &Publisher, is: &Publisher, seen: &mut Vec<String>, told: &mut Vec<Told>) {
    let fact =
        |publisher: &Publisher, key: &str| publisher.facts.get(key).map_or("", Untrusted::raw).to_owned();
    let same = |key: &str| !fact(was, key).is_empty() && fact(was, key) == fact(is, key);
    let is_renamed = same("repository_id") && same("owner_id");
    for (key, what) in FACTS {
        let (before, now) = (fact(was, key), fact(is, key));
        let is_same = before == now || (key == "repository" && same_repository(&before, &now));
        if is_same || (before.is_empty() && key != "runner") || seen.contains(&format!("{key} {now}")) {
            continue;
        }
        seen.push(format!("{key} {now}"));
        let follows =
            is_renamed && ["repository", "workflow", "signer"].contains(&key) && tail(&before) == tail(&now);
        let shown = if now.is_empty() { "nothing".to_owned() } else { name(&now) };
        let message = format!("{what} changed: {shown}, was {}", name(&before));
        let one = if follows || (is_renamed && key == "repository") {
            tell("drift/repository-renamed", Direction::Same, message)
        } else {
            tell("drift/publisher-changed", Direction::Widens, message)
        };
        told.push(one.about(&format!("{key} {now}")).from(&before).to(&now));
    }
}

/// A workflow without the repository that it stands in.
fn tail(workflow: &str) -> &str {
    workflow.find("/.github/").or_else(|| workflow.find("//-/")).map_or("", |at| &workflow[at..])
}

fn state<'a>(entry: &'a Entry, kind: &str) -> &'a str {
    entry.publishers.iter().find(|one| one.kind == kind).map_or("absent", |one| one.state.as_str())
}

/// Whether nobody could say: that is a gap, not a loss.
fn is_unknown(entry: &Entry, kind: &str) -> bool {
    entry.publishers.iter().any(|one| one.kind == kind && one.state == "unknown")
}

fn words(kind: &str) -> String {
    excerpt(&kind.replace('-', " "), 60)
}

fn claims(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let raw = |text: Option<&Untrusted>| text.map_or("", Untrusted::raw).to_owned();
    let (was, is) = (raw(before.claims.repository.as_ref()), raw(now.claims.repository.as_ref()));
    if was != is && !same_repository(&was, &is) && !was.is_empty() {
        let shown = if is.is_empty() { "none".to_owned() } else { name(&is) };
        let message = format!("the package names another repository: {shown}, was {}", name(&was));
        told.push(tell("drift/repository-claim", Direction::Review, message).about(&is).from(&was).to(&is));
    }
    let (was, is) = (raw(before.claims.uploader.as_ref()), raw(now.claims.uploader.as_ref()));
    if was != is && !was.is_empty() && !is.is_empty() {
        let message = format!("another account uploaded it: {}, was {}", name(&is), name(&was));
        told.push(tell("drift/uploader-changed", Direction::Review, message).about(&is).from(&was).to(&is));
    }
}

/// What verified when it was approved and could not be looked at now.
pub(super) fn unknown(before: &Entry, now: &Entry) -> Vec<(String, bool)> {
    if before.artifact.ecosystem != now.artifact.ecosystem {
        let why = "the two come from different places: who publishes them was not compared";
        return if before.publishers.is_empty() && now.publishers.is_empty() {
            Vec::new()
        } else {
            vec![(why.to_owned(), false)]
        };
    }
    let mut kinds: Vec<&str> = before
        .publishers
        .iter()
        .filter(|one| one.state == "verified" && is_unknown(now, &one.kind))
        .filter(|one| !now.publishers.iter().any(|other| other.kind == one.kind && other.state == "verified"))
        .map(|one| one.kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let why = |kind: &&str| {
        format!("{} was verified when it was approved, and could not be looked at now", words(kind))
    };
    kinds.iter().map(|kind| (why(kind), true)).collect()
}
