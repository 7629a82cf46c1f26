//! What only a malicious author writes, where a table of calls and values cannot say it. Calls and
//! the values that reach them go in; findings come out.

mod copies;
mod dropped;
mod hidden;
mod load;
mod recipients;
mod triggers;

use super::{Asked, Check, Subject, sets};
use crate::{
    code::{
        Code,
        callees::{SetId, Site},
        flow::{Flow, Next},
        graph::{Call, NodeId, Unit, Value},
        literal,
        resolve::{At, Resolver, place},
    },
    finding::{Finding, Rule},
    untrusted,
};

pub(super) use load::unasked;

/// Findings that one rule reports for a package.
const MOST_FINDINGS: usize = 50;
/// Nodes visited for one small question.
const FEW_VISITS: usize = 200;
/// Items of a list that are joined to a line.
const MOST_WORDS: usize = 32;

/// Answers for the rules about malice that need code.
pub(super) struct Malice;

impl Check for Malice {
    fn name(&self) -> &'static str {
        "malice"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let resolver = Resolver::new(subject.code);
        let flow = Flow::new(&resolver);
        let view = View { code: subject.code, resolver: &resolver, flow: &flow };
        for (id, question) in QUESTIONS {
            if let Some(rule) = asked.rule(id) {
                let mut found = Vec::new();
                question(&view, rule, &mut found);
                found.truncate(MOST_FINDINGS);
                findings.append(&mut found);
            }
        }
    }
}

type Question = fn(&View<'_>, &'static Rule, &mut Vec<Finding>);

const QUESTIONS: &[(&str, Question)] = &[
    ("network/hidden-recipient", recipients::ask),
    ("network/second-address", copies::ask),
    ("exec/downloaded-file", dropped::ask),
    ("exec/conditional-trigger", triggers::ask),
    ("exec/hidden-name", hidden::ask),
];

/// What the questions look at.
struct View<'a> {
    code: &'a Code,
    resolver: &'a Resolver<'a>,
    flow: &'a Flow<'a>,
}

impl<'a> View<'a> {
    /// Call sites that belong to any of these sets.
    fn sites(&self, names: &[&str]) -> impl Iterator<Item = &'a Site> {
        let wanted: Vec<SetId> = names.iter().filter_map(|name| sets::get().callees.find(name)).collect();
        self.code.sites_of_any(&wanted)
    }

    fn unit(&self, site: &Site) -> &'a Unit {
        &self.code.units[site.unit as usize]
    }

    fn call(&self, site: &Site) -> &'a Call {
        self.unit(site).call(site.call)
    }

    /// The positional argument of a call.
    fn argument(&self, site: &Site, position: usize) -> Option<At> {
        let node = *self.unit(site).list(self.call(site).arguments).get(position)?;
        Some(At { unit: site.unit, node })
    }

    /// Whether a value comes from a node for which `wanted` holds.
    fn reaches(&self, start: At, mut wanted: impl FnMut(At, Value) -> bool) -> bool {
        let mut hit = false;
        self.flow.walk_at_most(FEW_VISITS, start, |at, value| {
            hit = hit || wanted(at, value);
            if hit { Next::Stop } else { Next::On }
        });
        hit
    }

    /// Whether a value comes from a call of one of these sets.
    fn comes_from(&self, start: At, names: &[&str]) -> bool {
        let wanted: Vec<SetId> = names.iter().filter_map(|name| sets::get().callees.find(name)).collect();
        self.reaches(start, |at, value| {
            let Value::Call(call) = value else { return false };
            let sites = &self.code.sites;
            let site = sites.binary_search_by_key(&(at.unit, call), |site| (site.unit, site.call));
            site.is_ok_and(|index| {
                let site = &sites[index];
                wanted.iter().any(|&set| site.is(set)) || names.iter().any(|name| self.is_when(site, name))
            })
        })
    }

    /// Whether a call belongs to a set because of what one argument says.
    fn is_when(&self, site: &Site, name: &str) -> bool {
        let conditional = sets::get().conditional.get(name).map_or(&[][..], Vec::as_slice);
        conditional.iter().filter(|conditional| site.is(conditional.set)).any(|conditional| {
            let text = self.argument(site, conditional.argument).and_then(|at| self.resolver.text(at));
            text.is_some_and(|text| conditional.text.is_match(text.as_bytes()))
        })
    }
}

/// A finding at a node.
fn finding(rule: &'static Rule, unit: &Unit, node: NodeId, message: String) -> Finding {
    Finding::new(rule, message.clone()).at(place(unit, node)).because(message)
}

fn shown(text: &str) -> String {
    untrusted::excerpt(text, 80)
}

/// The words of a list as one line, a gap for each that is not constant; `None` for what is no list.
pub(super) fn line(resolver: &Resolver<'_>, at: At) -> Option<String> {
    let unit = resolver.unit(at);
    let Value::Array(range) = unit.value(at.node) else { return None };
    let word = |&node: &NodeId| literal::template(resolver, At { unit: at.unit, node }, "\u{0}", 0);
    Some(unit.list(range).iter().take(MOST_WORDS).map(word).collect::<Vec<_>>().join(" "))
}
