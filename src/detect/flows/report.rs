//! From the values that reach a call to one finding.

use std::fmt::Write as _;

use std::collections::BTreeSet;

use regex::bytes::Regex;

use super::{Hit, Tracer, Wanted, sources::Source};
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
    ) -> Finding {
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
        let first = &hits[0];
        let named: Vec<String> = tools
            .iter()
            .take(4)
            .filter_map(|&tool| Some(self.connector.tools.get(tool)?.name.excerpt(60)))
            .collect();
        let who = who(first, &named, tools.len());
        let what = match wanted.part {
            Part::Any | Part::Whole | Part::Result => "reaches",
            Part::Names => "chooses names for",
            Part::Program => "chooses the program that is started by",
            Part::Inside => "is put into the text that goes to",
            Part::Host => "chooses the host of",
            Part::Path => "is put unencoded into the address of",
            Part::Option | Part::Word => "can be read as an option by",
            Part::Script | Part::Evaluated => "is put into the script of",
        };
        let mut message = format!("{who} {what} `{}`", untrusted::excerpt(name, 60));
        let weak = weak.without(Kinds::OTHER_CHECK);
        // Folders are declared as a limit, and their siblings are inside it.
        let is_broken_limit = weak.has_any(Kinds::SIBLING)
            && wanted.stops.has_any(Kinds::CONTAINED)
            && matches!(first.source, Source::Tool | Source::Http);
        if is_broken_limit {
            message.push_str(
                "; a check allows what begins with a folder's name: `/srv/notes-old` passes for `/srv/notes`",
            );
        } else if !weak.is_empty() {
            let _ = write!(message, "; a check is there but does not hold ({weak})");
        }
        let mut finding =
            Finding::new(rule, message).at(place).because(format!("{name}|{}", first.parameter));
        if let [one] = named.as_slice() {
            finding.tool = Some(one.clone());
        }
        let sure = wanted.certain && !bundled && hits.iter().any(Hit::is_sure);
        finding.steps = hits.swap_remove(0).steps;
        let openly = !tools.is_empty()
            && wanted
                .declared
                .and_then(compiled)
                .is_some_and(|declared| tools.iter().all(|&tool| self.says(tool, &declared)));
        if is_broken_limit {
            finding.severity = finding.severity.max(Severity::High);
        } else if openly {
            finding.severity = finding.severity.min(Severity::Low);
            finding.message.push_str("; the tool says that it does this");
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
        finding
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

/// Whose value it is.
fn who(first: &Hit, named: &[String], tools: usize) -> String {
    match (first.source, named) {
        (Source::Tool, []) => format!("a {} argument", first.label),
        (Source::Tool, [one]) => {
            format!("argument `{}` of tool `{one}`", untrusted::excerpt(&first.parameter, 60))
        }
        (Source::Tool, many) => format!("arguments of {} tools (`{}`, …)", tools, many[0]),
        (Source::Http, _) => format!("request data (`{}`)", untrusted::excerpt(&first.parameter, 60)),
        (Source::CommandLine, _) => "a command-line argument".to_owned(),
        (Source::Secret, _) if first.parameter.is_empty() => "a credential".to_owned(),
        (Source::Secret, _) => {
            format!("the credential `{}`", untrusted::excerpt(&first.parameter, 60))
        }
        (Source::Fetched, _) => "what another server answered".to_owned(),
        (Source::Bearer, _) => "the credential of whoever calls".to_owned(),
        (Source::Predictable, _) => "a number that can be guessed".to_owned(),
        (Source::Token, _) => "a token".to_owned(),
        (Source::Archive, _) => "a name in an archive".to_owned(),
        (Source::Open, _) => format!("parameter `{}`", untrusted::excerpt(&first.parameter, 60)),
        (Source::Constant, _) => "a constant in the package".to_owned(),
        (Source::Caller, _) => {
            format!("`{}`, which callers of this library choose,", untrusted::excerpt(&first.parameter, 60))
        }
    }
}
