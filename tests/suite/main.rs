//! The one test binary. Each module holds one kind of promise; `support` is the hermetic runner.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod action;
mod architecture;
mod catalogue;
mod command;
mod configured;
mod drift;
mod exchange;
mod formats;
mod hostile;
mod laws;
mod live;
mod malice;
mod mismatch;
mod pages;
mod policy;
mod project;
mod provenance;
mod registry;
mod rules;
mod scan;
mod start;
mod support;
