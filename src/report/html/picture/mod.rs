//! A picture of the connector: tools on the left, what their code reaches on the right, lines between
//! them. Tools that reach the same stand together, so that 150 of them are still a picture.

mod draw;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{Frame, chip, paragraph};
use crate::{
    connector::capabilities::{Capabilities, Uses},
    finding::{Finding, Severity},
    report::{Report, ToolFacts, markup::Markup},
};

/// Groups of tools, and hosts, that stand alone; the rest is folded into one.
const GROUPS: usize = 18;
const HOSTS: usize = 7;
/// Names of a group that are written out.
const NAMES: usize = 60;

/// Something outside of the code that it can reach, the worst first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Target {
    Processes,
    DynamicCode,
    FileDeletes,
    FileWrites,
    FileReads,
    Environment,
    RemoteDeletes,
    Host(String),
    OtherHosts,
    SomeHost,
    Listens,
}

/// One box on the left: tools that reach the same, or what is outside of tools.
struct Group {
    names: Vec<String>,
    /// What it reaches, and whether a finding says that this is dangerous.
    reaches: BTreeMap<Target, bool>,
    /// A finding that names no target marks the tools themselves.
    danger: bool,
    /// What is not known of it: then its lines are dashed.
    note: &'static str,
}

/// Everything that is drawn.
struct Picture {
    groups: Vec<Group>,
    targets: Vec<Target>,
    /// Dangerous by a finding that names no tool.
    loose: BTreeSet<Target>,
}

impl Target {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "processes" => Self::Processes,
            "dynamic-code" => Self::DynamicCode,
            "file-deletes" => Self::FileDeletes,
            "file-writes" => Self::FileWrites,
            "file-reads" => Self::FileReads,
            "environment" => Self::Environment,
            "remote-deletes" => Self::RemoteDeletes,
            "network" => Self::SomeHost,
            "listens" => Self::Listens,
            _ => return None,
        })
    }

    fn words(&self) -> String {
        match self {
            Self::Processes => "starts processes".to_owned(),
            Self::DynamicCode => "runs code made at run time".to_owned(),
            Self::FileDeletes => "deletes files".to_owned(),
            Self::FileWrites => "writes files".to_owned(),
            Self::FileReads => "reads files".to_owned(),
            Self::Environment => "environment and secrets".to_owned(),
            Self::RemoteDeletes => "deletes at a service".to_owned(),
            Self::Host(host) => host.clone(),
            Self::OtherHosts => "further hosts".to_owned(),
            Self::SomeHost => "hosts chosen at run time".to_owned(),
            Self::Listens => "listens on a port".to_owned(),
        }
    }
}

/// Whether there is anything to draw.
pub(super) fn exists(report: &Report) -> bool {
    !report.tools.is_empty() || !whole(&report.capabilities).is_empty()
}

/// What a tool reaches, in words, with whether a finding says that it is dangerous.
pub(super) fn reaches(report: &Report, tool: &ToolFacts) -> Vec<(String, bool)> {
    let (reached, _) = of_tool(report, tool);
    reached.into_iter().map(|(target, danger)| (target.words(), danger)).collect()
}

fn counted(capabilities: &Capabilities) -> [(Target, &Uses); 5] {
    [
        (Target::Processes, &capabilities.processes),
        (Target::DynamicCode, &capabilities.dynamic_code),
        (Target::FileWrites, &capabilities.file_writes),
        (Target::FileReads, &capabilities.file_reads),
        (Target::Listens, &capabilities.listens),
    ]
}

/// What code outside of tools can do as well.
fn whole(capabilities: &Capabilities) -> BTreeSet<Target> {
    let mut found: BTreeSet<Target> = counted(capabilities)
        .into_iter()
        .filter(|(_, uses)| uses.count > 0)
        .map(|(target, _)| target)
        .collect();
    found.extend(capabilities.hosts.keys().cloned().map(Target::Host));
    if capabilities.network.count > 0 && capabilities.hosts.is_empty() {
        found.insert(Target::SomeHost);
    }
    if !capabilities.environment.is_empty() {
        found.insert(Target::Environment);
    }
    found
}

/// What a tool reaches, and whether a finding without a target speaks of it.
fn of_tool(report: &Report, tool: &ToolFacts) -> (BTreeMap<Target, bool>, bool) {
    let mut reached: BTreeMap<Target, bool> = BTreeMap::new();
    if let Some(reach) = &tool.reach {
        for name in reach.uses.keys() {
            match Target::of(name) {
                Some(Target::SomeHost) if !reach.hosts.is_empty() => {}
                Some(target) => {
                    reached.insert(target, false);
                }
                None => {}
            }
        }
        reached.extend(reach.hosts.iter().map(|host| match host.as_str() {
            "*" => (Target::OtherHosts, false),
            host => (Target::Host(host.to_owned()), false),
        }));
    }
    let mut marked = false;
    for finding in dangerous(report).filter(|finding| finding.tool.as_deref() == Some(&tool.name)) {
        let targets = endangered(report, finding, &reached);
        marked |= targets.is_empty();
        reached.extend(targets.into_iter().map(|target| (target, true)));
    }
    (reached, marked)
}

/// Findings that make a line red.
fn dangerous(report: &Report) -> impl Iterator<Item = &Finding> {
    let findings = report.outcome.findings.iter().filter(|judged| judged.accepted.is_none());
    let serious = findings.filter(|judged| judged.gates || judged.finding.severity >= Severity::Medium);
    serious.map(|judged| &judged.finding)
}

/// Which targets a finding is about: what stands in the lines that it names, and what its weakness says.
fn endangered(report: &Report, finding: &Finding, reached: &BTreeMap<Target, bool>) -> BTreeSet<Target> {
    let is = |numbers: &[u32]| finding.rule.cwe.iter().any(|cwe| numbers.contains(cwe));
    let near = in_lines(report, finding);
    let mut found = BTreeSet::new();
    if is(&[77, 78, 88]) {
        found.insert(Target::Processes);
    }
    if is(&[94, 95, 470, 494, 502, 829, 913, 1336]) {
        found.extend(near.iter().filter(|target| **target == Target::DynamicCode).cloned());
        if is(&[94, 95, 470, 502, 913, 1336]) {
            found.insert(Target::DynamicCode);
        }
    }
    if is(&[22, 23, 36, 59, 61, 73, 377]) {
        let files = [Target::FileDeletes, Target::FileWrites, Target::FileReads];
        let before = found.len();
        found.extend(files.into_iter().filter(|file| reached.contains_key(file)));
        if found.len() == before {
            found.insert(Target::FileReads);
        }
    }
    if is(&[200, 201, 441, 494, 506, 522, 601, 829, 918]) {
        let is_host = |target: &&Target| matches!(target, Target::Host(_) | Target::SomeHost);
        let hosts: Vec<&Target> = near.iter().filter(is_host).collect();
        if hosts.is_empty() && is(&[441, 601, 918]) {
            found.extend(reached.keys().filter(is_host).cloned());
        }
        found.extend(hosts.into_iter().cloned());
        found.extend(near.iter().filter(|target| **target == Target::FileReads).cloned());
    }
    if is(&[312, 522, 798]) && near.is_empty() {
        found.insert(Target::Environment);
    }
    found
}

/// What the lines that a finding names reach.
fn in_lines(report: &Report, finding: &Finding) -> BTreeSet<Target> {
    let named = finding.places().chain(finding.steps.iter().map(|step| &step.location));
    let lines: BTreeSet<(&str, u32)> = named.map(|place| (place.path.as_str(), place.line)).collect();
    let capabilities = &report.capabilities;
    let hosts = capabilities.hosts.iter().map(|(host, uses)| (Target::Host(host.clone()), uses));
    counted(capabilities)
        .into_iter()
        .chain(hosts)
        .filter(|(_, uses)| {
            uses.places.iter().any(|(place, _)| lines.contains(&(place.path.as_str(), place.line)))
        })
        .map(|(target, _)| target)
        .collect()
}

impl Picture {
    fn of(report: &Report) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for tool in &report.tools {
            let (reaches, danger) = of_tool(report, tool);
            let note =
                if tool.reach.is_some() || !reaches.is_empty() { "" } else { "its code was not found" };
            let same =
                |group: &&mut Group| group.reaches == reaches && group.danger == danger && group.note == note;
            match groups.iter_mut().find(same) {
                Some(group) => group.names.push(tool.name.clone()),
                None => groups.push(Group { names: vec![tool.name.clone()], reaches, danger, note }),
            }
        }
        groups.sort_by_key(Group::rank);
        fold(&mut groups);
        let by_tools: BTreeSet<&Target> = groups.iter().flat_map(|group| group.reaches.keys()).collect();
        let rest: BTreeMap<Target, bool> = whole(&report.capabilities)
            .into_iter()
            .filter(|target| !by_tools.contains(target))
            .map(|target| (target, false))
            .collect();
        if !rest.is_empty() {
            let names = vec!["code outside of tools".to_owned()];
            groups.push(Group {
                names,
                reaches: rest,
                danger: false,
                note: "start-up, helpers, what no tool was seen to call",
            });
        }
        let loose = outside(report, &mut groups);
        few_hosts(&mut groups);
        let targets: BTreeSet<Target> =
            groups.iter().flat_map(|group| group.reaches.keys().cloned()).collect();
        Self { groups, targets: targets.into_iter().collect(), loose }
    }

    fn is_dangerous(&self, target: &Target) -> bool {
        self.loose.contains(target)
            || self.groups.iter().any(|group| group.reaches.get(target) == Some(&true))
    }
}

impl Group {
    fn has_danger(&self) -> bool {
        self.danger || self.reaches.values().any(|danger| *danger)
    }

    /// The dangerous first, then by what is reached; what reaches nothing last.
    fn rank(&self) -> (bool, bool, Option<Target>, std::cmp::Reverse<usize>) {
        let first = self.reaches.keys().next().cloned();
        (!self.has_danger(), first.is_none(), first, std::cmp::Reverse(self.reaches.len()))
    }

    /// As many names as fit, and how many more there are.
    fn label(&self, most: usize) -> String {
        let mut label = String::new();
        for (at, name) in self.names.iter().enumerate() {
            let left = self.names.len() - at;
            let rest = if left > 1 { format!(" +{}", left - 1).len() } else { 0 };
            if at > 0 && label.chars().count() + 2 + name.chars().count() + rest > most {
                return format!("{label} +{left}");
            }
            if at > 0 {
                label.push_str(", ");
            }
            label.push_str(name);
        }
        label
    }

    fn all_names(&self) -> String {
        let mut words = self.names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
        if self.names.len() > NAMES {
            let _ = write!(words, " and {} more", self.names.len() - NAMES);
        }
        words
    }
}

/// Marks what findings without a tool are about: a line where only one group reaches it, else the
/// target alone, because nobody knows which of them it is.
fn outside(report: &Report, groups: &mut [Group]) -> BTreeSet<Target> {
    let tools: BTreeSet<&str> = report.tools.iter().map(|tool| tool.name.as_str()).collect();
    let all: BTreeMap<Target, bool> =
        groups.iter().flat_map(|group| group.reaches.keys().map(|target| (target.clone(), false))).collect();
    let loose: BTreeSet<Target> = dangerous(report)
        .filter(|finding| finding.tool.as_deref().is_none_or(|tool| !tools.contains(tool)))
        .flat_map(|finding| endangered(report, finding, &all))
        .filter(|target| all.contains_key(target))
        .collect();
    for target in &loose {
        let mut reaching = groups.iter_mut().filter_map(|group| group.reaches.get_mut(target));
        if let (Some(only), None) = (reaching.next(), reaching.next()) {
            *only = true;
        }
    }
    loose
}

/// Folds the groups that do not fit into one, which reaches what any of them reaches.
fn fold(groups: &mut Vec<Group>) {
    if groups.len() <= GROUPS {
        return;
    }
    let rest = groups.split_off(GROUPS - 1);
    let mut folded =
        Group { names: Vec::new(), reaches: BTreeMap::new(), danger: false, note: "folded together" };
    for group in rest {
        folded.names.extend(group.names);
        folded.danger |= group.danger;
        for (target, danger) in group.reaches {
            *folded.reaches.entry(target).or_default() |= danger;
        }
    }
    groups.push(folded);
}

/// Leaves the dangerous and the first hosts alone; the others become one target.
fn few_hosts(groups: &mut [Group]) {
    let mut hosts: BTreeMap<Target, bool> = BTreeMap::new();
    for group in groups.iter() {
        for (target, danger) in group.reaches.iter().filter(|(target, _)| matches!(target, Target::Host(_))) {
            *hosts.entry(target.clone()).or_default() |= *danger;
        }
    }
    if hosts.len() <= HOSTS {
        return;
    }
    let mut order: Vec<(Target, bool)> = hosts.into_iter().collect();
    order.sort_by_key(|(_, danger)| !danger);
    let folded: BTreeSet<Target> = order.into_iter().skip(HOSTS - 1).map(|(target, _)| target).collect();
    for group in groups {
        let (gone, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut group.reaches).into_iter().partition(|(target, _)| folded.contains(target));
        group.reaches = kept;
        if !gone.is_empty() {
            let danger = gone.values().any(|danger| *danger);
            *group.reaches.entry(Target::OtherHosts).or_default() |= danger;
        }
    }
}

/// The picture, and the same as a list.
pub(super) fn picture(report: &Report, frame: Frame, markup: &mut Markup) {
    let picture = Picture::of(report);
    let known = report.tools.iter().filter(|tool| tool.reach.is_some()).count();
    let words = match (report.tools.len(), known) {
        (0, _) => "No tool was found; this is what the code can do.".to_owned(),
        (_, 0) => "The code behind the tools was not found, so nobody knows which of them reaches what. This is what the package can do.".to_owned(),
        (all, known) if known < all => format!(
            "Tools on the left, what their code reaches on the right. The code behind {} of {all} tools was not found.",
            all - known
        ),
        _ => {
            "Tools on the left, what their code reaches on the right. Red is what a finding calls dangerous."
                .to_owned()
        }
    };
    paragraph("lede", &words, markup);
    markup.element("div", &[("class", "map card")], |markup| {
        markup.element("div", &[("class", "wide")], |markup| draw::draw(&picture, frame, markup));
        draw::legend(markup);
        list("reachlist narrow", &picture, markup);
    });
    markup.element("details", &[("class", "more")], |markup| {
        markup.leaf("summary", &[], "The same as a list");
        list("reachlist", &picture, markup);
    });
}

fn list(class: &'static str, picture: &Picture, markup: &mut Markup) {
    markup.element("ul", &[("class", class)], |markup| {
        for group in &picture.groups {
            markup.element("li", &[("class", "card")], |markup| {
                markup.leaf("div", &[("class", "names")], &group.all_names());
                if !group.note.is_empty() {
                    markup.leaf("div", &[("class", "soft")], group.note);
                }
                markup.element("div", &[("class", "chips")], |markup| {
                    if group.danger {
                        chip("chip danger", "a finding speaks of it", markup);
                    }
                    for (target, danger) in &group.reaches {
                        let words = target.words();
                        match danger {
                            true => chip("chip danger", &format!("dangerous: {words}"), markup),
                            false => chip("chip", &words, markup),
                        }
                    }
                    if group.reaches.is_empty() {
                        chip("chip", "reaches nothing that was seen", markup);
                    }
                });
            });
        }
    });
}
