//! The one test binary. Each module holds one kind of promise; `support` is the hermetic runner.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod architecture;
mod catalogue;
mod command;
mod exchange;
mod formats;
mod hostile;
mod laws;
mod malice;
mod policy;
mod project;
mod provenance;
mod registry;
mod rules;
mod scan;
mod support;
