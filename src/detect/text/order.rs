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
    for order in orders() {
        let matches = order.pattern.captures_iter(&normal.text).take(NAMES);
        let mut meant = matches.filter_map(|captures| {
            let name = captures.iter().skip(1).flatten().next().map_or("", |name| name.as_str());
            let counts = match order.about {
                About::OtherServers => !own.has(name),
                About::OtherTools => bare(name) != bare(passage.name),
            };
            counts.then(|| captures.get(0)).flatten()
        });
        let Some(found) = meant.next() else { continue };
        let confidence = match order.about {
            About::OtherServers => sure,
            About::OtherTools => Confidence::Medium,
        };
        sink.report(order.rule, confidence, passage, order.what, normal.original(found.start(), found.end()));
    }
}

/// Whose tools an order must name to count.
#[derive(Clone, Copy)]
enum About {
    /// Tools of other servers.
    OtherServers,
    /// Any tool but the one that the text describes.
    OtherTools,
}

/// A wording that gives orders about other tools.
struct Order {
    rule: &'static str,
    what: &'static str,
    about: About,
    pattern: Regex,
}

/// A tool's name: quoted, or a bare word with underscores.
const NAME: &str =
    r#"(?:['"`]([a-z][a-z0-9_.:/-]{2,63})['"`]|(?:the |tool )?\b([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b)"#;

/// Wordings in which `@name` stands for a tool's name, `@must` for an order, `@call` for a call,
/// `@used` for a mention of use.
const ROWS: [(&str, &str, About, &str); 4] = [
    (
        "text/other-tool-order",
        "orders a call to a tool that is not of this server",
        About::OtherServers,
        r"\b(?:before|prior to|whenever|when|after|every time|first)\b[^.!?]{0,120}\b(?:@must|first|please)\b[^.!?]{0,40}?\b@call (?:the )?(?:tool )?@name",
    ),
    (
        "text/other-tool-arguments",
        "orders a change to calls of a tool that is not of this server",
        About::OtherServers,
        r"\b(?:when|whenever|every time|if|before|each|every|all|any|the)\b[^.!?]{0,80}?@used[^.!?]{0,100}\b@must\b[^.!?]{0,30}\b(?:replace|change|substitute|override|redirect|set|modify|append|add|prefix|send all|forward|use the)\b",
    ),
    (
        "text/fixed-arguments",
        "orders a call to another tool with a fixed value",
        About::OtherTools,
        r#"\b(?:@must|first)\b[^.!?]{0,50}\b@call\b[^.!?]{0,20}['"`]([a-z][a-z0-9_.-]{2,63})['"`][^.!?]{0,20}\b(?:with|on|to|for)\b[^.!?]{0,60}(?:['"`/=]|\b\d{2})"#,
    ),
    (
        "text/fixed-arguments",
        "replaces a value that the user chose",
        About::OtherTools,
        r#"\b(?:when|whenever|if|before|any|all|every|each)\b[^.!?]{0,200}\b(?:@must|automatically|will be)\b[^.!?]{0,40}\b(?:replaced?|changed?|substituted?|overridden|redirect(?:ed)?|rerouted?|swap(?:ped)?)\b[^.!?]{0,60}\b(?:to|with|for|by)\b ?['"`]([a-z0-9][^'"`]{0,63})['"`]"#,
    ),
];

fn orders() -> &'static [Order] {
    static ORDERS: LazyLock<Vec<Order>> = LazyLock::new(|| {
        let used = "(?:(?:using|use|calling|calls?|invoking|running|executing|executes?|via|through|also present|every|tool) (?:the )?(?:tool )?@name|@name (?:tool|calls?|is (?:used|called|invoked|run)))";
        let compile = |(rule, what, about, wording): (&'static str, &'static str, About, &str)| {
            let wording = wording
                .replace("@used", used)
                .replace("@must", "(?:must|always|should|shall|have to|needs? to|required to)")
                .replace("@call", "(?:call|use|using|invoke|run|execute|trigger|fetch|query)(?:ing)?")
                .replace("@name", NAME);
            Order { rule, what, about, pattern: Regex::new(&wording).expect("a test compiles every wording") }
        };
        ROWS.into_iter().map(compile).collect()
    });
    &ORDERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_the_way_they_are_written() {
        assert_eq!(orders().len(), ROWS.len());
        for (a, b) in [("mcp__mail__send_email", "sendEmail"), ("mail.send-email", "send_email")] {
            assert_eq!(bare(a), bare(b));
        }
    }
}
