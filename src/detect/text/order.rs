//! Orders about the tools of other servers: call them first, change their arguments.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::{Normal, Passage, Sink, passages::Part};
use crate::{connector::Connector, finding::Confidence};

/// Names of one passage that are compared.
const NAMES: usize = 50;

/// The names that belong to this server.
pub(super) struct OwnNames {
    names: BTreeSet<String>,
    /// Whether some registrations could not be read, so that a name may be missing.
    is_partial: bool,
}

impl OwnNames {
    /// The names of a connector's tools, prompts and resources.
    pub(super) fn of(connector: &Connector) -> Self {
        let tools = connector.tools.iter().map(|tool| &tool.name);
        let prompts = connector.prompts.iter().map(|prompt| &prompt.name);
        let resources = connector.resources.iter().map(|resource| &resource.name);
        let names = tools.chain(prompts).chain(resources).map(|name| bare(name.raw())).collect();
        let registrations = &connector.registrations;
        let is_partial = registrations.read < registrations.seen || !registrations.unread.is_empty();
        Self { names, is_partial }
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(&bare(name))
    }
}

/// A name without case, separators and prefix: clients write `mcp__server__tool`.
fn bare(name: &str) -> String {
    let name = name.rsplit("__").next().unwrap_or(name);
    let name = name.rsplit(['.', '/', ':']).next().unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

pub(super) fn look(passage: &Passage<'_>, normal: &Normal<'_>, own: &OwnNames, sink: &mut Sink<'_>) {
    if matches!(passage.part, Part::Name | Part::ParameterName | Part::Uri) {
        return;
    }
    let sure = if own.is_partial { Confidence::Low } else { Confidence::Medium };
    for (rule, what, pattern) in patterns() {
        let matches = pattern.captures_iter(&normal.text).take(NAMES);
        let foreign = matches.filter_map(|captures| {
            let name = captures.iter().skip(1).flatten().next()?;
            (!own.has(name.as_str())).then(|| captures.get(0)).flatten()
        });
        let Some(found) = foreign.into_iter().next() else { continue };
        sink.report(rule, sure, passage, what, normal.original(found.start(), found.end()));
    }
}

/// A tool's name: quoted, or a bare word that is written as names are, before or after `tool`.
const NAME: &str =
    r#"(?:['"`]([a-z][a-z0-9_.:/-]{2,63})['"`]|(?:the |tool )?\b([a-z][a-z0-9]*(?:[_-][a-z0-9]+)+)\b)"#;

fn patterns() -> &'static [(&'static str, &'static str, Regex)] {
    static PATTERNS: LazyLock<Vec<(&str, &str, Regex)>> = LazyLock::new(|| {
        let call = r"(?:call|use|using|invoke|run|execute|trigger|fetch|query)(?:ing)?";
        let order = format!(
            r"\b(?:before|prior to|whenever|when|after|every time|first)\b[^.!?]{{0,120}}\b(?:must|first|always|have to|should|needs? to|please|required to)\b[^.!?]{{0,40}}?\b{call} (?:the )?(?:tool )?{NAME}"
        );
        let used = format!(
            r"(?:(?:using|use|calling|calls?|invoking|running|executing|executes?|via|through|also present|every|tool) (?:the )?(?:tool )?{NAME}|{NAME} (?:tool|calls?|is (?:used|called|invoked|run)))"
        );
        let arguments = format!(
            r"\b(?:when|whenever|every time|if|before|each|every|all|any|the)\b[^.!?]{{0,80}}?{used}[^.!?]{{0,100}}\b(?:must|always|should|shall|have to|need to)\b[^.!?]{{0,30}}\b(?:replace|change|substitute|override|redirect|set|modify|append|add|prefix|send all|forward|use the)\b"
        );
        let rows = [
            ("text/other-tool-order", "orders a call to a tool that is not of this server", order),
            (
                "text/other-tool-arguments",
                "orders a change to calls of a tool that is not of this server",
                arguments,
            ),
        ];
        let compile = |(rule, what, pattern): (&'static str, &'static str, String)| {
            (rule, what, Regex::new(&pattern).expect("a test compiles it"))
        };
        rows.into_iter().map(compile).collect()
    });
    &PATTERNS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_the_way_they_are_written() {
        assert_eq!(patterns().len(), 2);
        for (a, b) in [("mcp__mail__send_email", "sendEmail"), ("mail.send-email", "send_email")] {
            assert_eq!(bare(a), bare(b));
        }
    }
}
