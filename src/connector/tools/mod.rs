//! Tools, prompts and resources, without running anything: from source, manifests and captured lists.

mod attributes;
mod captured;
mod go;
mod literal;
mod look;
mod manifest;
mod meanings;
mod openapi;
mod python;
mod ruby;
mod schema;
mod script;

pub(crate) use attributes::tool_struct;

use super::{Annotations, Connector, Tool, manifest::Manifests};
use crate::{
    artifact::Artifact,
    code::{
        Code,
        resolve::{At, Resolver},
    },
    untrusted::Untrusted,
};

/// Most tools kept; more are counted as unread.
const MOST_TOOLS: usize = 5_000;

/// Fills tools, prompts, resources, instructions and registrations.
pub fn read(artifact: &Artifact, code: &Code, manifests: &Manifests, connector: &mut Connector) {
    captured::read(artifact, connector);
    manifest::read(manifests, connector);
    script::read(code, connector);
    python::read(code, connector);
    go::read(code, connector);
    attributes::read(code, connector);
    ruby::read(code, connector);
    openapi::explain(artifact, connector);
    tidy(connector);
}

/// The JSON Schema that a schema expression of a script stands for, as far as literal.
pub fn schema(resolver: &Resolver<'_>, at: At) -> Option<serde_json::Value> {
    schema::read(&look::Look::new(resolver.code()), &look::Place::new(at.unit as usize, at.node))
}

/// Sorts, and merges what several roads found under one name at one place.
fn tidy(connector: &mut Connector) {
    connector.tools.truncate(MOST_TOOLS);
    connector.tools.sort_by(|a, b| (&a.name, a.found, &a.location).cmp(&(&b.name, b.found, &b.location)));
    connector.tools.dedup_by(|later, first| {
        let same = later.name == first.name
            && later.found == first.found
            && (later.location == first.location
                || later.description == first.description
                || later.description.is_none()
                || first.description.is_none());
        if same {
            merge(first, later);
        }
        same
    });
    connector.prompts.sort_by(|a, b| (&a.name, &a.location).cmp(&(&b.name, &b.location)));
    connector.prompts.dedup_by(|later, first| later.name == first.name);
    connector.resources.sort_by(|a, b| (&a.name, &a.location).cmp(&(&b.name, &b.location)));
    connector.resources.dedup_by(|later, first| later.name == first.name && later.uri == first.uri);
    connector.registrations.unread.sort();
    connector.registrations.unread.dedup();
    connector.registrations.seen = connector.registrations.read + connector.registrations.unread.len();
}

fn merge(into: &mut Tool, from: &mut Tool) {
    into.title = into.title.take().or_else(|| from.title.take());
    into.description = into.description.take().or_else(|| from.description.take());
    into.input = into.input.take().or_else(|| from.input.take());
    into.output = into.output.take().or_else(|| from.output.take());
    into.handler = into.handler.or(from.handler);
    let (to, from) = (&mut into.annotations, from.annotations);
    to.read_only = to.read_only.or(from.read_only);
    to.destructive = to.destructive.or(from.destructive);
    to.idempotent = to.idempotent.or(from.idempotent);
    to.open_world = to.open_world.or(from.open_world);
}

/// Annotations out of their JSON form.
fn annotations(json: Option<&serde_json::Value>) -> Annotations {
    let hint = |name: &str| json.and_then(|json| json.get(name)).and_then(serde_json::Value::as_bool);
    Annotations {
        read_only: hint("readOnlyHint"),
        destructive: hint("destructiveHint"),
        idempotent: hint("idempotentHint"),
        open_world: hint("openWorldHint"),
    }
}

/// A text member of a JSON object.
fn text(json: &serde_json::Value, name: &str) -> Option<Untrusted> {
    json.get(name).and_then(serde_json::Value::as_str).map(Untrusted::new)
}
