//! From a dangerous part of an argument back to whoever chooses it.

use std::collections::BTreeSet;

use super::{
    Hit, MOST_STEPS, Named, Nature, Tracer, Wanted, carriers,
    parts::Start,
    schema,
    secrets::Look,
    sources::{self, Source},
};
use crate::{
    artifact::Language,
    code::{
        callees::SetId,
        flow::{
            Next, Visit, Walk,
            reach::{Own, Sources},
        },
        graph::{CallId, Context, ExitKind, NodeId, Value},
        guards::{Kinds, Place},
        resolve::{At, place},
    },
    detect::{patterns::describe, sets},
    finding::Step,
};

impl Tracer<'_> {
    /// Walks back from a part of an argument to parameters that somebody else fills.
    pub(super) fn trace(&self, start: Start, wanted: &Wanted, hits: &mut Vec<Hit>) {
        let (stops, from) = (wanted.stops, &wanted.from);
        let sources = from.iter().fold(0, |all, source| all | source.bit());
        // Secrets pass through other functions than what somebody chooses.
        let special = from.iter().any(|from| from.is_special());
        if !special && self.reaching(start.at) & sources == 0 {
            return;
        }
        let mut found: Vec<(Visit, Source, Kinds)> = Vec::new();
        let look = |visit: &Visit, value: Value| {
            let kinds = visit.kinds | start.kinds | self.known(visit, value);
            let is_harmless = self.is_needless_default(visit, value, stops)
                || (wanted.unmarked && self.is_marked(visit.at, value));
            if kinds.has_any(stops) || is_harmless {
                return Next::Stop;
            }
            if let Some((look, source)) = self.look(visit.at, value, from) {
                if look == Look::Found {
                    found.push((*visit, source, kinds));
                }
                return if look == Look::Onward { Next::Knowing(kinds) } else { Next::Stop };
            }
            let nature = self.nature(visit.at, value);
            let source = nature.source.or_else(|| self.caller(visit, value, from));
            if let Some(source) = source {
                if from.contains(&source) {
                    found.push((*visit, source, kinds));
                }
                return Next::Stop;
            }
            if nature.carries { Next::Knowing(kinds) } else { Next::Stop }
        };
        let walk =
            self.flow.trace(start.at, start.place, look, |at| special || self.reaching(at) & sources != 0);
        if walk.cut {
            self.cut.set(true);
        }
        found.retain(|&(_, _, kinds)| wanted.checked.is_empty() || kinds.has_any(wanted.checked));
        // Where another way to the same place compares the real path, links were thought of; what is
        // left is its way for files that do not exist yet.
        if found.is_empty() || (!wanted.checked.is_empty() && self.compares_real_path(start, wanted)) {
            return;
        }
        for (visit, source, kinds) in found {
            let position = walk.visits.iter().position(|known| {
                known.at == visit.at
                    && known.place == visit.place
                    && known.kinds == visit.kinds
                    && known.via == visit.via
            });
            let Some(position) = position else { continue };
            if let Some(hit) = self.hit(&walk, position, source, kinds, stops) {
                hits.push(hit);
            }
        }
    }

    /// `checked || other`: what passed such a check is never empty, so that the other is not taken.
    fn is_needless_default(&self, visit: &Visit, value: Value, stops: Kinds) -> bool {
        let Value::Or(left, _) = value else { return false };
        let never_empty = Kinds::CONTAINED | Kinds::HOST | Kinds::PUBLIC;
        let left = At { unit: visit.at.unit, node: left };
        self.guards.known(left, visit.place).has_any(stops & never_empty)
    }

    /// Whether a way leads through a function that checks the value, past its check where a setting
    /// is on: unset, the check is made.
    fn is_opted_out(&self, walk: &Walk, position: usize, stops: Kinds) -> bool {
        let mut at = position;
        for _ in 0..256 {
            let visit = &walk.visits[at];
            if self.is_past_check(visit.place, stops) {
                return true;
            }
            if visit.via == at {
                break;
            }
            at = visit.via;
        }
        false
    }

    fn is_past_check(&self, here: Place, stops: Kinds) -> bool {
        let unit = &self.code.units[here.unit as usize];
        let is_on = |condition: &Context| condition.holds && self.is_setting(here.unit, condition.test, 0);
        if !unit.conditions(here.context).take(16).any(|condition| is_on(&condition)) {
            return false;
        }
        let exits = unit.function(here.function).exits.iter().take(8);
        exits.filter(|exit| exit.kind == ExitKind::Return && exit.context != here.context).any(|exit| {
            let facts = self.guards.facts(Place::exit(here.unit, here.function, exit.context));
            facts.iter().any(|(_, kinds)| kinds.has_any(stops))
        })
    }

    /// A member of the object itself, alone or together with other conditions.
    fn is_setting(&self, unit: u32, test: NodeId, level: u32) -> bool {
        let file = &self.code.units[unit as usize];
        match file.value(test) {
            Value::And(left, right) if level < 4 => {
                self.is_setting(unit, left, level + 1) || self.is_setting(unit, right, level + 1)
            }
            Value::Member { object, .. } => {
                let definitions = self.resolver.definitions(At { unit, node: object });
                definitions.iter().any(|&at| matches!(self.resolver.value(at), Value::This(_)))
            }
            _ => false,
        }
    }

    /// Whether some way to a value, wherever it comes from, compares the path that links lead to.
    fn compares_real_path(&self, start: Start, wanted: &Wanted) -> bool {
        let mut real = false;
        let look = |visit: &Visit, value: Value| {
            let kinds = visit.kinds | start.kinds | self.known(visit, value);
            if kinds.has_any(wanted.stops) {
                real |= kinds.has_any(wanted.stops & Kinds::REAL);
                return if real { Next::Enough } else { Next::Stop };
            }
            let nature = self.nature(visit.at, value);
            let source = nature.source.or_else(|| self.caller(visit, value, &wanted.from));
            if source.is_none() && nature.carries { Next::Knowing(kinds) } else { Next::Stop }
        };
        let walk = self.flow.trace(start.at, start.place, look, |_| true);
        if walk.cut {
            self.cut.set(true);
        }
        real
    }

    /// Who may choose a value, whatever checks are on the way: a cheaper question than how it gets
    /// there, and its answer serves every rule.
    fn reaching(&self, at: At) -> Sources {
        self.reach.sources(at, |at, value| {
            let nature = self.nature(at, value);
            let public = self.is_public(at, value);
            let own = nature.source.map_or(0, Source::bit);
            let caller = if public { Source::Caller.bit() } else { 0 };
            let open = if self.is_open(at, value) { Source::Open.bit() } else { 0 };
            let fetched = if self.is_fetched(at, value) { Source::Fetched.bit() } else { 0 };
            Own { sources: own | caller | open | fetched, goes_on: nature.carries }
        })
    }

    /// What a node is, whichever rule asks.
    fn nature(&self, at: At, value: Value) -> Nature {
        if let Some(known) = self.natures.borrow().get(at) {
            return known;
        }
        let source = self.source(at, value);
        let nature = Nature { source, carries: source.is_none() && self.carries(at, value) };
        self.natures.borrow_mut().set(at, Some(nature));
        nature
    }

    /// What is known about a value where it is used, by checks, conversions and schemas.
    fn known(&self, visit: &Visit, value: Value) -> Kinds {
        let kinds = self.guards.known(visit.at, visit.place);
        match value {
            Value::Call(_) | Value::Member { .. } => kinds | self.made(visit.at, value),
            _ => kinds,
        }
    }

    /// What a conversion or a schema says about what it gives back.
    fn made(&self, at: At, value: Value) -> Kinds {
        if let Some(known) = self.made.borrow().get(at) {
            return known;
        }
        let kinds = match value {
            Value::Call(call) => {
                self.sites.get(&(at.unit, call)).map_or(Kinds::NONE, |site| {
                    let made = self.makes.iter().filter(|&&(set, _)| site.is(set));
                    made.fold(Kinds::NONE, |all, &(_, kind)| all | kind)
                }) | self.escaped(at, call)
                    | self.address_text(at, call)
            }
            Value::Member { object, name } => {
                let unit = self.resolver.unit(at);
                let object = At { unit: at.unit, node: object };
                self.part_of_path(object, unit.text(name))
                    | schema::member(self.resolver, object, unit.text(name))
            }
            _ => Kinds::NONE,
        };
        self.made.borrow_mut().set(at, Some(kinds));
        kinds
    }

    /// `new URL(x).toString()`: it begins with a scheme.
    fn address_text(&self, at: At, id: CallId) -> Kinds {
        let unit = self.resolver.unit(at);
        let Value::Member { object, name } = unit.value(unit.call(id).callee) else { return Kinds::NONE };
        if unit.text(name) != "toString" {
            return Kinds::NONE;
        }
        self.part_of_path(At { unit: at.unit, node: object }, "href")
    }

    /// `Path(x).name`, `path.parse(x).base`: one segment; `new URL(x).href`: no option.
    fn part_of_path(&self, object: At, name: &str) -> Kinds {
        let (of, kinds): (&[&str], Kinds) = match name {
            "name" | "stem" | "suffix" => {
                (&["pathlib.Path()", "pathlib.PurePath()", "path.parse()"], Kinds::SEGMENT)
            }
            "base" | "ext" => (&["path.parse()"], Kinds::SEGMENT),
            "href" => (&["URL()", "url.URL()"], Kinds::NO_DASH),
            _ => return Kinds::NONE,
        };
        let names = self.resolver.callee_names(object);
        let known = !names.is_empty() && names.iter().all(|name| of.contains(&name.as_str()));
        if known { kinds } else { Kinds::NONE }
    }

    /// `x.replace(/</g, "&lt;")`: what comes out of it cannot open a tag; `x.replace(/"/g, '""')`: it
    /// cannot close a quoted name.
    fn escaped(&self, at: At, id: CallId) -> Kinds {
        let unit = self.resolver.unit(at);
        let call = unit.call(id);
        let Value::Member { name, .. } = unit.value(call.callee) else { return Kinds::NONE };
        let [what, by, ..] = *unit.list(call.arguments) else { return Kinds::NONE };
        if !matches!(unit.text(name), "replace" | "replaceAll") {
            return Kinds::NONE;
        }
        let what = At { unit: at.unit, node: what };
        let taken = self.resolver.definitions(what).iter().find_map(|&definition| {
            let unit = self.resolver.unit(definition);
            match unit.value(definition.node) {
                Value::Regex(pattern, flags) if unit.text(flags).contains('g') => {
                    Some(unit.text(pattern).to_owned())
                }
                Value::Text(text) => Some(unit.text(text).to_owned()),
                _ => None,
            }
        });
        let by = self.resolver.text(At { unit: at.unit, node: by });
        let once = unit.text(name) == "replace"
            && matches!(unit.language, Language::JavaScript | Language::TypeScript)
            && matches!(self.resolver.value(what), Value::Text(_));
        let doubles = by.as_deref().is_some_and(|by| {
            let mut quotes = by.chars();
            let quote = quotes.next().filter(|quote| "\"'`]".contains(*quote));
            quote.is_some_and(|quote| {
                quotes.next() == Some(quote)
                    && quotes.next().is_none()
                    && taken
                        .as_deref()
                        .is_some_and(|taken| taken.trim_start_matches('\\') == quote.to_string())
            })
        });
        if doubles && !once {
            return Kinds::DOUBLED;
        }
        let escapes = taken
            .is_some_and(|taken| taken == "<" || (taken.starts_with('[') && taken.contains('<')))
            && by.is_none_or(|by| !by.contains('<'));
        if escapes { Kinds::HTML } else { Kinds::NONE }
    }

    /// Who fills a parameter, or chooses a value that is read.
    fn source(&self, at: At, value: Value) -> Option<Source> {
        let unit = self.resolver.unit(at);
        match value {
            Value::Parameter(function, position) => {
                let entry = self.entries.get(at.unit, function)?;
                let script = matches!(unit.language, Language::JavaScript | Language::TypeScript);
                sources::is_filled(unit, function, position, entry, script).then_some(entry.source)
            }
            Value::Call(call) => {
                let site = self.sites.get(&(at.unit, call))?;
                self.named_source(|named| named.calls, |set| site.is(set))
            }
            Value::Member { name, .. } if sets::get().callees.wants(unit.text(name)) => {
                let name = self.resolver.name(at);
                let of = sets::get().callees.sets_of(&name);
                self.named_source(|named| named.values, |set| of.contains(&set))
            }
            _ => None,
        }
    }

    /// Code that uses the package as a library, where a rule asks for it.
    fn caller(&self, visit: &Visit, value: Value, from: &[Source]) -> Option<Source> {
        if from.contains(&Source::Caller) && self.is_public(visit.at, value) {
            return Some(Source::Caller);
        }
        if from.contains(&Source::Fetched) && self.is_fetched(visit.at, value) {
            return Some(Source::Fetched);
        }
        (from.contains(&Source::Open) && self.is_open(visit.at, value)).then_some(Source::Open)
    }

    /// Whether a value is what another server answered.
    fn is_fetched(&self, at: At, value: Value) -> bool {
        matches!(value, Value::Call(call) if self.sends(at.unit, call))
    }

    /// Whether a call is a request: its answer is the server's, not the caller's.
    fn sends(&self, unit: u32, call: CallId) -> bool {
        let sends = sets::get().callees.find("network-send");
        self.sites.get(&(unit, call)).is_some_and(|site| {
            // A request that is put together is not sent yet.
            let made = site.name.ends_with("Request") || site.name.ends_with("build_request");
            !made && sends.is_some_and(|set| site.is(set))
        })
    }

    /// Whether a value is a parameter of a function that nothing in the package calls.
    fn is_open(&self, at: At, value: Value) -> bool {
        let Value::Parameter(function, position) = value else { return false };
        let unit = self.resolver.unit(at);
        let Some(parameter) = unit.function(function).parameters.get(position as usize) else { return false };
        !unit.bundled
            && !matches!(unit.value(parameter.node), Value::This(_))
            && self.flow.callers(at.unit, function).is_empty()
            && self.entries.get(at.unit, function).is_none()
    }

    /// Whether code that uses the package as a library fills a parameter.
    fn is_public(&self, at: At, value: Value) -> bool {
        let Value::Parameter(function, position) = value else { return false };
        let unit = self.resolver.unit(at);
        let Some(parameter) = unit.function(function).parameters.get(position as usize) else { return false };
        let own = matches!(unit.value(parameter.node), Value::This(_));
        !own && self.entries.is_public(at.unit, function)
    }

    fn named_source(
        &self,
        part: impl Fn(&Named) -> Option<SetId>,
        is: impl Fn(SetId) -> bool,
    ) -> Option<Source> {
        self.named.iter().find(|named| part(named).is_some_and(&is)).map(|named| named.source)
    }

    /// Whether what goes into a value comes out of it in a dangerous form.
    fn carries(&self, at: At, value: Value) -> bool {
        let unit = self.resolver.unit(at);
        match value {
            Value::Call(call) => {
                if self.sends(at.unit, call) {
                    return false;
                }
                let call = unit.call(call);
                let local = self.resolver.definitions(At { unit: at.unit, node: call.callee }).iter().any(
                    |&definition| {
                        matches!(self.resolver.value(definition), Value::Function(_) | Value::Class(_))
                    },
                );
                local
                    || carriers::carries(self.resolver, at.unit, call)
                    || self.resolver.name(at).starts_with("tarfile.open()")
            }
            Value::Member { name, .. } => !matches!(unit.text(name), "length" | "size" | "byteLength"),
            _ => true,
        }
    }

    /// A hit, unless the tool's schema holds the value back.
    fn hit(&self, walk: &Walk, position: usize, source: Source, kinds: Kinds, stops: Kinds) -> Option<Hit> {
        let path = walk.path(position);
        let visit = walk.visits[position];
        let unit = self.resolver.unit(visit.at);
        let (mut tools, mut label, mut validated) = (BTreeSet::new(), "value", false);
        if let Value::Parameter(function, _) = unit.value(visit.at.node)
            && let Some(entry) = self.entries.get(visit.at.unit, function)
        {
            tools.extend(entry.tools.iter().copied());
            label = entry.label;
            validated = entry.validated;
            if entry.shared {
                let labelled = self.labelled(walk, position);
                if !labelled.is_empty() {
                    tools = labelled;
                }
            }
        }
        let parameter = carriers::parameter_name(self.resolver, &path);
        if validated && !tools.is_empty() {
            let held = tools.iter().all(|&tool| {
                let schema = self.connector.tools.get(tool).and_then(|tool| tool.input.as_ref());
                schema.is_some_and(|schema| schema::property(schema, &parameter).has_any(stops))
            });
            if held {
                return None;
            }
        }
        if self.annotation(unit, visit.at).has_any(stops)
            || self.model_checks(unit, visit.at, &parameter).has_any(stops)
        {
            return None;
        }
        let free = validated
            && !tools.is_empty()
            && tools.iter().all(|&tool| {
                let schema = self.connector.tools.get(tool).and_then(|tool| tool.input.as_ref());
                schema.is_some_and(|schema| schema::is_free_text(schema, &parameter))
            });
        let opted = self.is_opted_out(walk, position, stops);
        Some(Hit { source, label, parameter, tools, kinds, free, opted, steps: self.steps(&path) })
    }

    /// What the model that annotates a parameter checks about one of its fields.
    fn model_checks(&self, unit: &crate::code::graph::Unit, at: At, field: &str) -> Kinds {
        let Value::Parameter(function, position) = unit.value(at.node) else { return Kinds::NONE };
        let parameter = unit.function(function).parameters.get(position as usize);
        let Some(node) = parameter.and_then(|parameter| parameter.annotation) else { return Kinds::NONE };
        let classes = self.resolver.definitions(At { unit: at.unit, node });
        classes.iter().fold(Kinds::NONE, |kinds, &class| kinds | self.field_checks(class, field))
    }

    fn annotation(&self, unit: &crate::code::graph::Unit, at: At) -> Kinds {
        let Value::Parameter(function, position) = unit.value(at.node) else { return Kinds::NONE };
        let parameter = unit.function(function).parameters.get(position as usize);
        let annotation = parameter.and_then(|parameter| parameter.annotation);
        annotation.map_or(Kinds::NONE, |node| schema::annotated(self.resolver, At { unit: at.unit, node }))
    }

    /// Tools that a shared handler has told apart by name on the way: `if (name === "x")`, `case "x"`.
    fn labelled(&self, walk: &Walk, position: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut at = position;
        for _ in 0..256 {
            let visit = walk.visits[at];
            let unit = &self.code.units[visit.place.unit as usize];
            for condition in unit.conditions(visit.place.context).take(32) {
                if condition.holds
                    && let Value::Binary { left, right, .. } = unit.value(condition.test)
                {
                    for node in [left, right] {
                        let text = self.resolver.text(At { unit: visit.place.unit, node });
                        found.extend(text.and_then(|text| self.names.get(text.as_str()).copied()));
                    }
                }
            }
            if visit.via == at {
                break;
            }
            at = visit.via;
        }
        found
    }

    fn steps(&self, path: &[At]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for &at in path {
            let unit = self.resolver.unit(at);
            let location = place(unit, at.node);
            let same =
                |step: &Step| step.location.path == location.path && step.location.line == location.line;
            if !steps.last().is_some_and(same) {
                steps.push(Step { location, what: describe(unit, at.node) });
            }
        }
        if steps.len() > MOST_STEPS {
            let tail = steps.split_off(steps.len() - MOST_STEPS / 2);
            steps.truncate(MOST_STEPS / 2);
            steps.extend(tail);
        }
        steps
    }
}
