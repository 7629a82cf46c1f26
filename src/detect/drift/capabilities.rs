//! What the code as a whole can do: capabilities, hosts, machine code, install hooks.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Told,
    places::Place,
    rename::Pairs,
    tools::USES,
    {name, names},
};
use crate::{
    baseline::{Entry, Tool},
    finding::{Class, Direction},
    untrusted::Untrusted,
};

/// Compares capabilities.
pub(super) fn compare(before: &Entry, now: &Entry, pairs: &Pairs<'_>, told: &mut Vec<Told>) {
    uses(before, now, pairs, told);
    hosts(before, now, pairs, told);
    native(before, now, told);
    hooks(before, now, told);
}

fn uses(before: &Entry, now: &Entry, pairs: &Pairs<'_>, told: &mut Vec<Told>) {
    let (was, is) = (&before.capabilities.uses, &now.capabilities.uses);
    let has = |uses: &[String], kind: &str| uses.iter().any(|known| known == kind);
    for (kind, words) in USES {
        match (has(was, kind), has(is, kind)) {
            // Where a tool is known to have gained it, that says more.
            (false, true) if !gained_by_a_tool(pairs, kind) => {
                let message = format!("the code now {words}");
                told.push(
                    Told::new("drift/capability-added", Class::Capability, Direction::Widens, message)
                        .about(kind)
                        .at(Place::Use(kind))
                        .from(&was.join(", "))
                        .to(&is.join(", ")),
                );
            }
            (true, false) => {
                let message = format!("nothing in the code {words} any more");
                told.push(
                    Told::new("drift/capability-removed", Class::Capability, Direction::Narrows, message)
                        .about(kind)
                        .from(&was.join(", "))
                        .to(&is.join(", ")),
                );
            }
            _ => {}
        }
    }
}

fn gained_by_a_tool(pairs: &Pairs<'_>, kind: &str) -> bool {
    let has =
        |tool: &Tool| tool.reach.as_ref().is_some_and(|reach| reach.uses.iter().any(|known| known == kind));
    pairs.same.iter().any(|(before, now)| before.reach.is_some() && !has(before) && has(now))
}

fn hosts(before: &Entry, now: &Entry, pairs: &Pairs<'_>, told: &mut Vec<Told>) {
    let (was, is) = (&before.capabilities, &now.capabilities);
    let of_tools: BTreeSet<&Untrusted> = pairs
        .same
        .iter()
        .filter(|(before, _)| before.reach.is_some())
        .flat_map(|(_, now)| now.reach.iter().flat_map(|reach| &reach.hosts))
        .collect();
    for host in is.hosts.iter().filter(|host| !was.hosts.contains(host) && !of_tools.contains(host)) {
        let mut message = format!("requests go to a new host: {}", name(host.raw()));
        if was.mentioned_hosts.contains(host) {
            message.push_str(", which was only mentioned before");
        }
        told.push(
            Told::new("drift/host-added", Class::Capability, Direction::Widens, message)
                .about(host.raw())
                .at(Place::Host(host.raw().to_owned()))
                .to(host.raw()),
        );
    }
    let gone: Vec<&str> =
        was.hosts.iter().filter(|host| !is.hosts.contains(host)).map(Untrusted::raw).collect();
    if !gone.is_empty() {
        let message = format!("no request goes to {} any more", names(&gone));
        let narrows = Told::new("drift/host-removed", Class::Capability, Direction::Narrows, message);
        told.push(narrows.about(&gone.join(" ")).from(&gone.join(", ")));
    }
    let known = |host: &Untrusted| was.mentioned_hosts.contains(host) || was.hosts.contains(host);
    let mentioned: Vec<&str> =
        is.mentioned_hosts.iter().filter(|host| !known(host)).map(Untrusted::raw).collect();
    if let Some(first) = mentioned.first() {
        let message = format!("the code mentions {} for the first time", names(&mentioned));
        let review = Told::new("drift/host-mentioned", Class::Capability, Direction::Review, message);
        told.push(
            review.about(&mentioned.join(" ")).at(Place::Host((*first).to_owned())).to(&mentioned.join(", ")),
        );
    }
}

fn native(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let (was, is) = (&before.capabilities.native, &now.capabilities.native);
    let new: Vec<&str> = is.keys().filter(|path| !was.contains_key(*path)).map(String::as_str).collect();
    let Some(first) = new.first() else { return };
    // A build gives its files other names: as many of the same format are the same ones.
    if is.len() <= was.len() && formats(is) == formats(was) {
        return;
    }
    let format = is.get(*first).map_or("", String::as_str);
    let message =
        format!("machine code was added: {} ({})", names(&new), crate::untrusted::excerpt(format, 20));
    told.push(
        Told::new("drift/native-added", Class::Capability, Direction::Widens, message)
            .about(&new.join(" "))
            .to(&new.join(", ")),
    );
}

fn formats(native: &BTreeMap<String, String>) -> BTreeSet<&String> {
    native.values().collect()
}

fn hooks(before: &Entry, now: &Entry, told: &mut Vec<Told>) {
    let (was, is) = (&before.capabilities.install_hooks, &now.capabilities.install_hooks);
    for (event, command) in is {
        let (rule, message) = match was.get(event) {
            Some(known) if known == command => continue,
            Some(_) => {
                ("drift/install-hook-changed", format!("installing runs something else: {}", name(event)))
            }
            None => ("drift/install-hook-added", format!("installing now runs code: {}", name(event))),
        };
        let message = format!("{message}: {}", name(command.raw()));
        told.push(
            Told::new(rule, Class::Capability, Direction::Widens, message)
                .about(event)
                .from(was.get(event).map_or("", Untrusted::raw))
                .to(command.raw()),
        );
    }
    for (event, command) in was.iter().filter(|(event, _)| !is.contains_key(*event)) {
        let message = format!("installing no longer runs {}", name(event));
        told.push(
            Told::new("drift/install-hook-removed", Class::Capability, Direction::Narrows, message)
                .about(event)
                .from(command.raw()),
        );
    }
}
