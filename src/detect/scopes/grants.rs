//! OAuth scopes, containers and permissions that give more than is needed.

use super::{about, of};
use crate::{
    connector::{
        Scope, ScopeKind, Tool,
        scopes::oauth::{Width, width},
    },
    detect::Subject,
    finding::{Finding, Rule, Severity},
};

/// Paths whose mount gives the machine away.
const WHOLE: [&str; 14] = [
    "/",
    "/etc",
    "/root",
    "/home",
    "/Users",
    "/var/run/docker.sock",
    "/run/docker.sock",
    "~",
    "$HOME",
    "${HOME}",
    "%USERPROFILE%",
    "/proc",
    "/sys",
    "/dev",
];
/// Folders at home that hold credentials.
const PRIVATE: [&str; 6] = [".ssh", ".aws", ".kube", ".gnupg", ".docker", ".config/gcloud"];

/// Tools of clients that run anything.
const POWERFUL: [&str; 10] = [
    "*",
    "Bash",
    "Bash(*)",
    "Shell",
    "Shell(*)",
    "shell",
    "WebFetch(*)",
    "mcp__*",
    "run_shell_command",
    "Bash(**)",
];

/// Scopes that allow everything.
pub(super) fn everything(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let wide: Vec<&Scope> =
        of(subject, ScopeKind::OAuth).filter(|scope| width(scope.name.raw()) == Width::All).collect();
    about(rule, &wide, |names| format!("asks for {names}: everything of its kind")).into_iter().collect()
}

/// Scopes to change something, where every tool says that it changes nothing.
pub(super) fn write_unneeded(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let tools = &subject.connector.tools;
    let reads = |tool: &Tool| tool.annotations.read_only == Some(true);
    if tools.is_empty() || !tools.iter().all(reads) || !subject.connector.registrations.unread.is_empty() {
        return Vec::new();
    }
    let writes: Vec<&Scope> = of(subject, ScopeKind::OAuth)
        .filter(|scope| matches!(width(scope.name.raw()), Width::Write | Width::All))
        .collect();
    about(rule, &writes, |names| {
        format!("asks for {names}, though each of its {} tools says that it changes nothing", tools.len())
    })
    .into_iter()
    .collect()
}

/// Containers with the rights of the machine.
pub(super) fn container(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let given: Vec<&Scope> =
        of(subject, ScopeKind::Container).filter(|scope| gives_machine(scope.name.raw())).collect();
    about(rule, &given, |names| format!("its container gets {names} of the machine")).into_iter().collect()
}

fn gives_machine(name: &str) -> bool {
    if let Some(mount) = name.strip_prefix("mount ") {
        let source = mount.split(':').next().unwrap_or(mount);
        let trimmed = if source.len() > 1 { source.trim_end_matches('/') } else { source };
        let private = trimmed.starts_with(['~', '$', '/', '%'])
            && PRIVATE.iter().any(|folder| trimmed.contains(folder));
        return WHOLE.contains(&trimmed) || private;
    }
    matches!(
        name,
        "privileged"
            | "network host"
            | "pid host"
            | "cap-add ALL"
            | "cap-add SYS_ADMIN"
            | "cap-add SYS_PTRACE"
    )
}

/// Tools that need no question and change something.
pub(super) fn automatic_approval(subject: &Subject<'_>, rule: &'static Rule) -> Vec<Finding> {
    let allowed: Vec<&Scope> = of(subject, ScopeKind::Permission)
        .filter(|scope| {
            let name = scope.name.raw();
            POWERFUL.contains(&name) || name.starts_with("every ") || approves_change(subject, name)
        })
        .collect();
    let all = |scope: &&Scope| !approves_change(subject, scope.name.raw());
    let finding = about(rule, &allowed, |names| format!("asks that {names} run without a question"));
    finding
        .map(|mut finding| {
            // A skill that names the shell asks for what most skills ask for.
            let skill = finding.location.as_ref().is_some_and(|location| location.path.ends_with("SKILL.md"));
            if skill && allowed.iter().all(all) {
                finding.severity = finding.severity.min(Severity::Low);
            }
            finding
        })
        .into_iter()
        .collect()
}

/// Whether a permission names a tool of this connector that deletes or starts programs.
fn approves_change(subject: &Subject<'_>, permission: &str) -> bool {
    let name = permission.rsplit("__").next().unwrap_or(permission);
    subject.connector.tools.iter().filter(|tool| tool.name.raw() == name).any(|tool| {
        let reaches = |kind: &str| tool.reach.as_ref().is_some_and(|reach| reach.uses.contains_key(kind));
        let claims = tool.annotations.destructive == Some(true) && tool.annotations.read_only != Some(true);
        claims || reaches("file-deletes") || reaches("processes") || reaches("remote-deletes")
    })
}
