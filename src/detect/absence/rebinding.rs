//! A web page that makes its own name point to the server: nothing checks host or origin.

use std::collections::{BTreeMap, BTreeSet};

use super::{access::Access, checks::Scene, sdk::Since, served::Served, shape::callee_name};
use crate::{
    code::{graph::FunctionId, resolve::place},
    finding::{Confidence, Finding, Rule, Severity, Step},
    untrusted::excerpt,
};

/// What a web page cannot make up.
const BROWSER: Access = Access::HOST.and(Access::ORIGIN);

/// Reports transports without a check of host or origin, one finding for each file.
pub(super) fn run(scene: &Scene<'_>, rule: &'static Rule, served: &[Served], findings: &mut Vec<Finding>) {
    let mut files: BTreeMap<u32, Vec<&Served>> = BTreeMap::new();
    let mut checking: Option<BTreeSet<u32>> = None;
    for one in served {
        let protected = one.access.always(BROWSER | Access::CREDENTIAL) || one.sdk == Since::Always || {
            let own = one.transport.unit;
            checking.get_or_insert_with(|| checking_files(scene)).iter().any(|&unit| unit != own)
        };
        if !protected {
            files.entry(one.transport.unit).or_default().push(one);
        }
    }
    for (unit, mut ones) in files {
        let file = scene.unit(unit);
        // The streamable transport is the one in use; older ones stand beside it.
        ones.sort_by_key(|one| is_older(callee_name(file, file.call(one.transport.call))));
        if let Some((first, rest)) = ones.split_first() {
            findings.push(report(scene, rule, first, rest));
        }
    }
}

fn report(scene: &Scene<'_>, rule: &'static Rule, first: &Served, rest: &[&Served]) -> Finding {
    let file = scene.unit(first.transport.unit);
    let call = file.call(first.transport.call);
    let name = excerpt(callee_name(file, call), 60);
    let opted = if first.access.ever(BROWSER) {
        "; hosts or origins are checked only where somebody switched that on"
    } else if first.access.ever(Access::CREDENTIAL) {
        "; credentials are asked for only where somebody switched that on"
    } else {
        ""
    };
    let message = format!(
        "`{name}` serves MCP over HTTP, and no allowed hosts or origins, host check or credential check was \
         found on the way to it{opted}"
    );
    let mut finding = Finding::new(rule, message).at(place(file, call.node)).because(name);
    if first.sdk == Since::Newest {
        finding.severity = Severity::Low;
        finding.confidence = Confidence::Medium;
        finding.message.push_str("; older SDK versions that the package allows do not check by themselves");
    }
    if first.access.ever(BROWSER) || first.reach.is_open() && first.access.is_none() {
        // A check exists, or the network needs no rebinding: another rule says so.
        finding.severity = Severity::Low;
    }
    for other in rest.iter().take(6) {
        let call = file.call(other.transport.call);
        finding.steps.push(Step {
            location: place(file, call.node),
            what: format!("`{}` likewise", excerpt(callee_name(file, call), 60)),
        });
    }
    finding
}

/// Files of the package that check host or origin: a set-up that was not followed to a transport in
/// another file may lead there.
fn checking_files(scene: &Scene<'_>) -> BTreeSet<u32> {
    let files = 0..super::shape::index(scene.code().units.len());
    files.filter(|&unit| !super::words::is_aside(&scene.unit(unit).path) && checks(scene, unit)).collect()
}

fn checks(scene: &Scene<'_>, unit: u32) -> bool {
    let file = scene.unit(unit);
    let words = ["host", "Host", "origin", "Origin", "hostname"];
    if words.iter().all(|word| file.strings.find(word).is_none()) {
        return false;
    }
    let requests = scene.requests(unit);
    requests.reads.iter().filter(|read| read.access.ever(BROWSER)).take(64).any(|read| {
        let function = requests.innermost(file, read.at);
        function != FunctionId(0) && scene.function(unit, function).ever(BROWSER)
    })
}

/// Whether a transport is the one that the protocol has given up.
fn is_older(name: &str) -> bool {
    name.to_ascii_lowercase().contains("sse")
}
