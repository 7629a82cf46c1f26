//! From the values that reach a call to what is said about it.

use std::collections::BTreeSet;

use regex::bytes::Regex;

use super::{Hit, Tracer, Wanted, sources::Source, together::Reported};
use crate::{
    code::guards::Kinds,
    detect::{catalogue::Part, regexes::compiled},
    finding::{Confidence, Finding, Location, Rule, Severity},
    untrusted,
};

impl Tracer<'_> {
    pub(super) fn report(
        &self,
        rule: &'static Rule,
        name: &str,
        place: Location,
        wanted: &Wanted,
        bundled: bool,
        mut hits: Vec<Hit>,
    ) -> Reported {
        hits.sort_by(|a, b| {
            (a.source, &a.parameter, a.steps.len()).cmp(&(b.source, &b.parameter, b.steps.len()))
        });
        let tools: BTreeSet<usize> = hits.iter().flat_map(|hit| hit.tools.iter().copied()).collect();
        let weak = hits.iter().fold(Kinds::NONE, |all, hit| all | hit.kinds) & Kinds::WEAK;
        // Who calls is not shown: what a known caller does says more.
        if hits.iter().any(|hit| hit.source != Source::Open) {
            hits.retain(|hit| hit.source != Source::Open);
        }
        let only_open = hits.iter().all(|hit| hit.source == Source::Open) && wanted.from.len() > 2;
        let only_own =
            only_open || hits.iter().all(|hit| matches!(hit.source, Source::CommandLine | Source::Caller));
        let opted = hits.iter().all(|hit| hit.opted);
        let weak = weak.without(Kinds::OTHER_CHECK);
        // Folders are declared as a limit, and their siblings are inside it.
        let is_broken_limit = weak.has_any(Kinds::SIBLING)
            && wanted.stops.has_any(Kinds::CONTAINED)
            && matches!(hits[0].source, Source::Tool | Source::Http);
        let sure = wanted.certain && !bundled && hits.iter().any(Hit::is_sure);
        let first = hits.swap_remove(0);
        let mut finding = Finding::new(rule, "").at(place).because(format!("{name}|{}", first.parameter));
        finding.steps = first.steps;
        let openly = !tools.is_empty()
            && wanted
                .declared
                .and_then(compiled)
                .is_some_and(|declared| tools.iter().all(|&tool| self.says(tool, &declared)));
        if is_broken_limit {
            finding.severity = finding.severity.max(Severity::High);
        } else if openly || opted {
            finding.severity = finding.severity.min(Severity::Low);
        }
        if only_own {
            finding.severity = finding.severity.min(Severity::Low);
        }
        if (sure && !openly) || (is_broken_limit && !bundled) {
            finding.confidence = Confidence::High;
        }
        if only_open || (bundled && tools.is_empty()) {
            finding.confidence = Confidence::Low;
        }
        Reported {
            finding,
            tools,
            source: first.source,
            label: first.label,
            parameter: first.parameter,
            verb: verb(wanted.part),
            name: untrusted::excerpt(name, 60),
            weak,
            broken: is_broken_limit,
            openly: openly && !is_broken_limit,
            opted,
        }
    }

    /// Whether a tool's own text says something.
    fn says(&self, tool: usize, declared: &Regex) -> bool {
        let Some(tool) = self.connector.tools.get(tool) else { return false };
        [Some(&tool.name), tool.title.as_ref(), tool.description.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| declared.is_match(text.raw().to_lowercase().as_bytes()))
    }
}

fn verb(part: Part) -> &'static str {
    match part {
        Part::Any | Part::Whole | Part::Result => "reaches",
        Part::Names => "chooses names for",
        Part::Program => "chooses the program that is started by",
        Part::Inside => "is put into the text that goes to",
        Part::Host => "chooses the host of",
        Part::Path => "is put unencoded into the address of",
        Part::Option | Part::Word => "can be read as an option by",
        Part::Script | Part::Evaluated => "is put into the script of",
    }
}
