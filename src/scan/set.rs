//! Findings about several connectors together, put on the reports that they concern.

use std::collections::BTreeSet;

use crate::{
    detect::set::{self, Member, MemberTool},
    gate::{self, About, Policy},
    report::{Report, ToolFacts},
};

/// Looks at all reports of a run together.
pub(super) fn judge(reports: &mut [Report], policy: &Policy) {
    let members: Vec<Member> = reports.iter().map(member).collect();
    for (at, finding) in set::look(&members) {
        if let Some(report) = reports.get_mut(at) {
            let about = about(report);
            gate::add(&mut report.outcome, finding, policy, &about);
        }
    }
}

fn member(report: &Report) -> Member {
    let identity = about(report).connector;
    let name =
        format!("`{}`", report.artifact.as_ref().map_or(report.target.as_str(), |artifact| &artifact.name));
    Member { name, identity, tools: report.tools.iter().map(tool).collect() }
}

/// What exceptions of the policy go by.
fn about(report: &Report) -> About {
    let connector = report.artifact.as_ref().filter(|artifact| !artifact.name.is_empty());
    let connector = connector.map_or_else(
        || report.target.clone(),
        |artifact| format!("{}:{}", artifact.ecosystem, artifact.name),
    );
    About { connector, ..About::default() }
}

fn tool(tool: &ToolFacts) -> MemberTool {
    let mut text = tool.title.clone().unwrap_or_default();
    for part in
        tool.description.iter().cloned().chain(tool.input.iter().map(|input| input.as_str().to_owned()))
    {
        text.push('\n');
        text.push_str(&part);
    }
    let reaches: BTreeSet<&'static str> =
        tool.reach.iter().flat_map(|reach| reach.uses.keys().copied()).collect();
    MemberTool {
        name: tool.name.clone(),
        text,
        location: tool.location.clone(),
        reaches,
        open_world: tool.annotations.open_world,
    }
}
