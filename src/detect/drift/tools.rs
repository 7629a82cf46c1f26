//! Tools: new, gone, renamed; what they claim, and what their handlers can do.

use super::{
    Told,
    places::Place,
    rename::Pairs,
    schema,
    similar::parts,
    words::quoted,
    {name, names},
};
use crate::{
    baseline::{Entry, Reach, Tool},
    finding::{Class, Direction},
    untrusted::Untrusted,
};

/// Capabilities, with what a handler newly does that has them.
pub(super) const USES: [(&str, &str); 8] = [
    ("dynamic-code", "runs code made at run time"),
    ("environment", "reads the environment"),
    ("file-deletes", "deletes files"),
    ("file-reads", "reads files"),
    ("file-writes", "writes files"),
    ("listens", "listens on a port"),
    ("network", "reaches the network"),
    ("processes", "starts processes"),
];

/// Words in the name of a tool that changes something.
const WRITING: &[&str] = &[
    "add", "append", "apply", "approve", "archive", "assign", "book", "buy", "call", "cancel", "checkout",
    "clear", "click", "close", "commit", "create", "delete", "deploy", "destroy", "disable", "drop", "edit",
    "enable", "exec", "execute", "fill", "grant", "import", "insert", "install", "invite", "invoke", "kill",
    "merge", "modify", "move", "pay", "post", "publish", "push", "put", "remove", "rename", "replace",
    "reset", "restart", "revoke", "run", "save", "send", "set", "start", "stop", "submit", "transfer",
    "type", "update", "upload", "write",
];

/// Of these, those that count wherever they stand in a name.
const ACTING: &[&str] = &["delete", "destroy", "drop", "exec", "execute", "kill", "remove", "run", "write"];

/// Words in the name of a tool that reads.
const READING: &[&str] = &[
    "analyze",
    "browse",
    "check",
    "compare",
    "count",
    "describe",
    "diff",
    "explain",
    "fetch",
    "find",
    "get",
    "help",
    "history",
    "info",
    "inspect",
    "list",
    "log",
    "logs",
    "lookup",
    "preview",
    "query",
    "read",
    "resolve",
    "retrieve",
    "search",
    "show",
    "stats",
    "status",
    "summarize",
    "validate",
    "verify",
    "view",
];

/// Compares tools.
pub(super) fn compare(pairs: &Pairs<'_>, told: &mut Vec<Told>) {
    pairs.added.iter().for_each(|tool| told.push(added(tool)));
    for tool in &pairs.removed {
        let message = format!("tool {} is gone", name(tool.name.raw()));
        told.push(
            Told::new("drift/tool-removed", Class::Capability, Direction::Narrows, message)
                .about(tool.name.raw())
                .tool(tool.name.raw())
                .from(tool.name.raw()),
        );
    }
    for (before, now) in &pairs.renamed {
        let message = format!("tool {} is called {} now", name(before.name.raw()), name(now.name.raw()));
        told.push(
            Told::new("drift/tool-renamed", Class::Capability, Direction::Same, message)
                .about(now.name.raw())
                .tool(now.name.raw())
                .from(before.name.raw())
                .to(now.name.raw()),
        );
    }
    for (before, now) in &pairs.same {
        hints(before, now, told);
        let gained = reach(before, now, told);
        schema::compare(before, now, &gained, told);
    }
}

fn added(tool: &Tool) -> Told {
    let text = tool.description.as_ref().map_or("", |text| text.raw());
    let (rule, direction, why) = match power(tool) {
        Power::Acts(why) => ("drift/write-tool-added", Direction::Widens, why),
        Power::Reads(why) => ("drift/tool-added", Direction::Review, why),
    };
    let message = format!("tool {} is new: {why}", name(tool.name.raw()));
    Told::new(rule, Class::Capability, direction, message)
        .about(tool.name.raw())
        .tool(tool.name.raw())
        .to(text)
}

/// Whether a tool may change something, and what says so.
enum Power {
    Acts(String),
    Reads(String),
}

/// What code and claims say counts first, then the name; a tool of which nothing is known acts, as
/// the protocol has it.
fn power(tool: &Tool) -> Power {
    let acts = ["dynamic-code", "file-deletes", "file-writes", "processes"];
    let reach = tool.reach.as_ref();
    let does: Vec<&str> = USES
        .iter()
        .filter(|(kind, _)| acts.contains(kind) && reach.is_some_and(|reach| has(reach, kind)))
        .map(|(_, words)| *words)
        .collect();
    if !does.is_empty() {
        return Power::Acts(format!("its handler {}", does.join(" and ")));
    }
    match (tool.annotations.read_only, tool.annotations.destructive) {
        (Some(true), _) => return Power::Reads("it says that it only reads".to_owned()),
        (_, Some(true)) => return Power::Acts("it says that it may destroy something".to_owned()),
        (Some(false), _) => return Power::Acts("it says that it changes something".to_owned()),
        (None, _) => {}
    }
    let parts = parts(tool.name.raw());
    let is = |words: &[&str], part: &str| words.contains(&part);
    let acting = parts.iter().find(|part| is(ACTING, part));
    let verb = acting.or_else(|| parts.iter().find(|part| is(WRITING, part) || is(READING, part)));
    match verb {
        Some(verb) if is(WRITING, verb) => Power::Acts(format!("its name says `{verb}`")),
        Some(verb) => Power::Reads(format!("its name says `{verb}`")),
        None => Power::Acts("it does not say that it only reads".to_owned()),
    }
}

fn has(reach: &Reach, kind: &str) -> bool {
    reach.uses.iter().any(|known| known == kind)
}

/// Claims, in the order of the protocol: name, the value that promises most, what the other means.
const HINTS: [(&str, &str, bool); 4] = [
    ("read_only", "readOnlyHint", true),
    ("destructive", "destructiveHint", false),
    ("idempotent", "idempotentHint", true),
    ("open_world", "openWorldHint", false),
];

fn hints(before: &Tool, now: &Tool, told: &mut Vec<Told>) {
    let both = before.annotations.list().into_iter().zip(now.annotations.list());
    for ((key, word, promise), ((_, was), (_, is))) in HINTS.into_iter().zip(both) {
        let promised = was == Some(promise);
        if promised == (is == Some(promise)) {
            continue;
        }
        let (rule, direction) = match (promised, key) {
            (true, "idempotent") => ("drift/hint-weakened", Direction::Review),
            (true, _) => ("drift/hint-weakened", Direction::Widens),
            (false, _) => ("drift/hint-strengthened", Direction::Narrows),
        };
        let shown = |hint: Option<bool>| hint.map_or("not said".to_owned(), |hint| hint.to_string());
        let message = match (promised, is) {
            (true, None) => format!("{} no longer says `{word}: {promise}`", name(now.name.raw())),
            (true, Some(_)) => format!("{} says `{word}: {}` now", name(now.name.raw()), !promise),
            (false, _) => format!("{} promises `{word}: {promise}` now", name(now.name.raw())),
        };
        told.push(
            Told::new(rule, Class::Capability, direction, message)
                .about(word)
                .tool(now.name.raw())
                .from(&format!("{word}: {}", shown(was)))
                .to(&format!("{word}: {}", shown(is))),
        );
    }
}

/// What the handler can do now and could not before.
fn reach(before: &Tool, now: &Tool, told: &mut Vec<Told>) -> Vec<&'static str> {
    let (Some(was), Some(is)) = (&before.reach, &now.reach) else { return Vec::new() };
    let tool = now.name.raw();
    let mut gained = Vec::new();
    let mut lost = Vec::new();
    for (kind, words) in USES {
        match (has(was, kind), has(is, kind)) {
            (false, true) => {
                gained.push(words);
                let direction = if kind == "environment" { Direction::Review } else { Direction::Widens };
                let mut message = format!("the handler of {} now {words}", name(tool));
                if was.unfollowed > 0 {
                    message.push_str(", or did before where it could not be followed");
                }
                told.push(
                    Told::new("drift/tool-reach", Class::Capability, direction, message)
                        .about(kind)
                        .at(Place::Reach(tool.to_owned(), kind))
                        .tool(tool)
                        .from(&was.uses.join(", "))
                        .to(&is.uses.join(", ")),
                );
            }
            (true, false) => lost.push(words),
            _ => {}
        }
    }
    if !lost.is_empty() {
        let message = format!("the handler of {} no longer {}", name(tool), lost.join(" or "));
        let narrows = Told::new("drift/tool-reach-lost", Class::Capability, Direction::Narrows, message);
        told.push(narrows.about(tool).tool(tool).from(&was.uses.join(", ")).to(&is.uses.join(", ")));
    }
    new_hosts(was, is, tool, told);
    gained
}

fn new_hosts(was: &Reach, is: &Reach, tool: &str, told: &mut Vec<Told>) {
    let new: Vec<&str> =
        is.hosts.iter().filter(|host| !was.hosts.contains(host)).map(Untrusted::raw).collect();
    if let Some(first) = new.first() {
        let message = format!("the handler of {} now talks to {}", name(tool), names(&new));
        told.push(
            Told::new("drift/tool-host", Class::Capability, Direction::Widens, message)
                .about(&new.join(" "))
                .at(Place::Host((*first).to_owned()))
                .tool(tool)
                .from(&quoted(was.hosts.iter().map(Untrusted::raw)))
                .to(&quoted(is.hosts.iter().map(Untrusted::raw))),
        );
    }
}

/// Handlers that were known when the tool was approved and are not known now.
pub(super) fn unknown_handlers(before: &Entry, now: &Entry) -> Option<(String, bool)> {
    if !(before.has_code() && now.has_code()) {
        return None;
    }
    let pairs = super::rename::pair(&before.tools, &now.tools);
    let lost: Vec<&str> = pairs
        .same
        .iter()
        .filter(|(before, now)| before.reach.is_some() && now.reach.is_none())
        .map(|(_, now)| now.name.raw())
        .collect();
    let why = format!("the code behind {} was known when it was approved and is not found now", names(&lost));
    (!lost.is_empty()).then_some((why, true))
}
