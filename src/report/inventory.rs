//! Capabilities and annotations by name, in the one order that every format uses.

use std::collections::BTreeMap;

use crate::connector::{
    Annotations,
    capabilities::{Capabilities, Uses},
};

/// What the code behind a tool reaches: key, words for a person.
pub(super) const REACH: [(&str, &str); 6] = [
    ("processes", "start processes"),
    ("dynamic-code", "run code made at run time"),
    ("file-writes", "write files"),
    ("file-reads", "read files"),
    ("network", "make network requests"),
    ("listens", "listen on a port"),
];

/// Capabilities that are counted: key for machines, words for a person, uses.
pub(super) fn counted(capabilities: &Capabilities) -> [(&'static str, &'static str, &Uses); 6] {
    [
        ("processes", "starts processes", &capabilities.processes),
        ("file_reads", "reads files", &capabilities.file_reads),
        ("file_writes", "writes files", &capabilities.file_writes),
        ("network", "makes network requests", &capabilities.network),
        ("listens", "listens on a port", &capabilities.listens),
        ("dynamic_code", "runs code made at run time", &capabilities.dynamic_code),
    ]
}

/// Capabilities that are named: key for machines, words for a person, uses by name.
pub(super) fn named(
    capabilities: &Capabilities,
) -> [(&'static str, &'static str, &BTreeMap<String, Uses>); 3] {
    [
        ("hosts", "hosts", &capabilities.hosts),
        ("mentioned_hosts", "hosts mentioned", &capabilities.mentioned_hosts),
        ("environment", "environment", &capabilities.environment),
    ]
}

/// Capabilities that are described: key for machines, words for a person, description by name.
pub(super) fn described(
    capabilities: &Capabilities,
) -> [(&'static str, &'static str, &BTreeMap<String, String>); 2] {
    [
        ("native", "native binaries", &capabilities.native),
        ("install_hooks", "install hooks", &capabilities.install_hooks),
    ]
}

/// What a tool claims, in a few words; empty where it claims nothing.
pub(super) fn claims(annotations: Annotations) -> String {
    let mut words = Vec::new();
    match (annotations.read_only, annotations.destructive) {
        (Some(true), _) => words.push("read-only"),
        (_, Some(true)) => words.push("destructive"),
        (Some(false), Some(false)) => words.push("writes, not destructive"),
        (None, Some(false)) => words.push("not destructive"),
        (Some(false), None) => words.push("writes"),
        (None, None) => {}
    }
    if annotations.idempotent == Some(true) && annotations.read_only != Some(true) {
        words.push("idempotent");
    }
    match annotations.open_world {
        Some(true) => words.push("open-world"),
        Some(false) if words.is_empty() => words.push("closed-world"),
        Some(false) | None => {}
    }
    words.join(", ")
}
