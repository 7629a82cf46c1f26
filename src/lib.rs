//! Does this MCP connector deserve my trust?
//!
//! A target goes in at the top, a verdict comes out at the bottom, and the modules below stand in
//! the order in which it travels:
//!
//! ```text
//! Target ─acquire▶ Artifact ─code▶ Code ─connector▶ Connector ─detect▶ Findings ─gate▶ Outcome ─report▶ bytes
//! ```
//!
//! - Only [`acquire`] reaches the network, the disk or git. Everything after it is pure: the same
//!   artifact gives the same bytes, on any machine, on any day, with any number of threads.
//! - Nothing that is scanned is ever executed, imported or built.
//! - What could not be checked is said out loud and is never a pass.
//! - Text that the connector controls is [`untrusted::Untrusted`] and cannot be printed by accident.
//!
//! `tests/suite/architecture.rs` holds the table of which module may name which.

pub mod untrusted;

pub mod artifact;

pub mod acquire;

pub mod code;

pub mod connector;

pub mod finding;

pub mod baseline;

pub mod detect;

pub mod gate;

pub mod report;

pub mod scan;

pub mod cli;
