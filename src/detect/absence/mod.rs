//! What a server leaves out: "this transport, bound here, with none of these protections".
//!
//! Calls that serve, bind and register go in; findings about protections that were looked for and
//! not found come out. A protection counts by what it does: it reads who asks and turns somebody away.

mod access;
mod around;
mod authentication;
mod binding;
mod checks;
mod command_line;
mod cors;
mod defaults;
mod go;
mod process;
mod rebinding;
mod requests;
mod routers;
mod script_routes;
mod sdk;
mod served;
mod servers;
mod shape;
mod websocket;
mod words;

#[cfg(test)]
mod tests;

use super::{Asked, Check, Subject};
use crate::{
    code::{flow::Flow, resolve::Resolver},
    finding::Finding,
};
use checks::Scene;

/// Answers for the rules about protections that are missing.
pub(super) struct Absence;

impl Check for Absence {
    fn name(&self) -> &'static str {
        "absence"
    }

    fn run(&self, subject: &Subject<'_>, asked: &Asked, findings: &mut Vec<Finding>) {
        let resolver = Resolver::new(subject.code);
        let flow = Flow::new(&resolver);
        let scene = Scene::new(&flow);
        let transports = servers::transports(&scene);
        let bindings = servers::bindings(&scene);
        let served = served::all(&scene, subject.connector, &transports, &bindings);
        if let Some(rule) = asked.rule("server/dns-rebinding") {
            rebinding::run(&scene, rule, &served, findings);
        }
        go::run(&scene, asked.rule("server/dns-rebinding"), asked.rule("server/no-authentication"), findings);
        let mut unauthenticated = Vec::new();
        if let Some(rule) = asked.rule("server/no-authentication") {
            authentication::run(&scene, rule, &served, &mut unauthenticated);
        }
        if let Some(rule) = asked.rule("server/authentication-falls-through") {
            authentication::falls_through(&scene, rule, &served, findings);
        }
        if let Some(rule) = asked.rule("server/unauthenticated-process-start") {
            process::run(&scene, rule, &transports, &bindings, findings);
        }
        if let Some(rule) = asked.rule("server/websocket-origin") {
            websocket::run(&scene, rule, findings);
        }
        if let Some(rule) = asked.rule("server/route-without-authentication") {
            routers::run(&scene, rule, findings);
        }
        if let Some(rule) = asked.rule("server/permissive-cors") {
            cors::run(&scene, rule, &served, findings);
        }
        if let Some(rule) = asked.rule("network/wildcard-bind") {
            binding::run(&scene, rule, &bindings, &served, &unauthenticated, findings);
        }
        findings.append(&mut unauthenticated);
    }
}
