//! What OAuth scopes look like at the providers that connectors talk to, and what they allow.

/// How much a scope allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Width {
    /// Who somebody is.
    Identity,
    /// Reading.
    Read,
    /// Nothing that the name tells.
    Unknown,
    /// Changing something.
    Write,
    /// Everything of a kind, or everything.
    All,
}

/// Names of resources before the colon of a Slack-like scope.
const RESOURCES: [&str; 40] = [
    "admin",
    "apps",
    "assistant",
    "bookmarks",
    "calls",
    "canvases",
    "channels",
    "chat",
    "commands",
    "dnd",
    "emoji",
    "files",
    "groups",
    "im",
    "incoming-webhook",
    "links",
    "lists",
    "metadata",
    "mpim",
    "pins",
    "reactions",
    "reminders",
    "search",
    "stars",
    "team",
    "triggers",
    "usergroups",
    "users",
    "workflow.steps",
    "repo",
    "gist",
    "notifications",
    "user",
    "project",
    "packages",
    "codespace",
    "write",
    "read",
    "delete",
    "manage",
];

/// GitHub's and GitLab's scopes that are one word.
const SINGLE: [&str; 17] = [
    "repo",
    "gist",
    "notifications",
    "user",
    "project",
    "workflow",
    "codespace",
    "delete_repo",
    "public_repo",
    "api",
    "read_api",
    "read_user",
    "read_repository",
    "write_repository",
    "sudo",
    "openid",
    "offline_access",
];

/// Whether a text is a scope of a known provider wherever it stands.
pub fn is_known(text: &str) -> bool {
    if !(4..=160).contains(&text.len()) || text.contains(char::is_whitespace) {
        return false;
    }
    let google = text.strip_prefix("https://www.googleapis.com/auth/").is_some_and(|rest| !rest.is_empty());
    google || text == "https://mail.google.com/" || is_graph(text) || is_atlassian(text)
}

/// Whether a text can be a scope where something is called `scope`.
pub fn is_plausible(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_' | '-' | '/' | '*');
    if !(2..=160).contains(&text.len()) || !text.chars().all(plain) {
        return false;
    }
    let colon = text.split_once(':').is_some_and(|(left, right)| {
        RESOURCES.contains(&left)
            || right.split([':', '.']).any(|verb| {
                matches!(
                    verb,
                    "read" | "write" | "admin" | "manage" | "delete" | "history" | "all" | "*" | "edit"
                )
            })
    });
    is_known(text) || colon || SINGLE.contains(&text) || text.ends_with("/.default")
}

/// `Mail.ReadWrite`, `Files.Read.All`, also after `https://graph.microsoft.com/`.
fn is_graph(text: &str) -> bool {
    let text = text.strip_prefix("https://graph.microsoft.com/").unwrap_or(text);
    let parts: Vec<&str> = text.split('.').collect();
    let named = parts.first().is_some_and(|first| {
        first.len() > 2
            && first.starts_with(|c: char| c.is_ascii_uppercase())
            && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let verb = parts.get(1).is_some_and(|verb| {
        matches!(
            *verb,
            "Read" | "ReadWrite" | "ReadBasic" | "Send" | "FullControl" | "Manage" | "Create" | "ReadAll"
        )
    });
    let rest = parts
        .iter()
        .skip(2)
        .all(|part| matches!(*part, "All" | "Shared" | "Group" | "Selected" | "AppFolder" | "OwnedBy"));
    (2..=4).contains(&parts.len()) && named && verb && rest
}

/// `read:jira-work`, `write:page:confluence`.
fn is_atlassian(text: &str) -> bool {
    let mut parts = text.split(':');
    let verb = parts.next().is_some_and(|verb| matches!(verb, "read" | "write" | "manage" | "delete"));
    verb && text.contains(':')
        && (text.contains("jira") || text.contains("confluence") || text.ends_with(":me"))
}

/// How much a scope allows, by its name.
pub fn width(scope: &str) -> Width {
    let short = scope.strip_prefix("https://www.googleapis.com/auth/").unwrap_or(scope);
    let short = short.strip_prefix("https://graph.microsoft.com/").unwrap_or(short);
    match short {
        "openid" | "profile" | "email" | "offline_access" | "userinfo.email" | "userinfo.profile"
        | "User.Read" => {
            return Width::Identity;
        }
        "*"
        | "all"
        | "full"
        | "full-access"
        | "full_access"
        | "admin"
        | "sudo"
        | "root"
        | "https://mail.google.com/"
        | "cloud-platform"
        | "Directory.ReadWrite.All"
        | "Sites.FullControl.All"
        | "delete_repo" => {
            return Width::All;
        }
        _ => {}
    }
    let words: Vec<String> = words(short);
    let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if short.ends_with(":*")
        || short.starts_with("*:")
        || short.starts_with("admin:")
        || short.contains("FullControl")
    {
        Width::All
    } else if has(&[
        "write",
        "readwrite",
        "modify",
        "send",
        "manage",
        "delete",
        "edit",
        "create",
        "compose",
        "insert",
    ]) {
        Width::Write
    } else if has(&["read", "readonly", "history", "view", "list"]) {
        Width::Read
    } else {
        Width::Unknown
    }
}

fn words(scope: &str) -> Vec<String> {
    scope.split([':', '.', '/', '-', '_']).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_scopes_of_providers() {
        for scope in [
            "https://www.googleapis.com/auth/drive.readonly",
            "https://mail.google.com/",
            "Mail.ReadWrite",
            "https://graph.microsoft.com/Files.Read.All",
            "read:jira-work",
            "write:page:confluence",
        ] {
            assert!(is_known(scope), "{scope}");
        }
        for text in [
            "Array.prototype",
            "node:fs",
            "Foo.Bar",
            "Object.Read.Then",
            "https://www.googleapis.com/auth/",
            "User",
            "read:me too",
        ] {
            assert!(!is_known(text), "{text}");
        }
        for scope in ["chat:write", "channels:history", "repo", "admin:org", "files:*", "*", "x/.default"] {
            assert!(is_plausible(scope), "{scope}");
        }
        for text in ["local", "global", "@types/node", "a b", "", "module:x"] {
            assert!(!is_plausible(text), "{text}");
        }
    }

    #[test]
    fn tells_how_much_a_scope_allows() {
        for (scope, expected) in [
            ("https://www.googleapis.com/auth/gmail.readonly", Width::Read),
            ("https://www.googleapis.com/auth/gmail.modify", Width::Write),
            ("https://mail.google.com/", Width::All),
            ("Mail.ReadWrite", Width::Write),
            ("User.Read", Width::Identity),
            ("Mail.Read", Width::Read),
            ("chat:write", Width::Write),
            ("channels:history", Width::Read),
            ("admin:org", Width::All),
            ("files:*", Width::All),
            ("repo", Width::Unknown),
            ("openid", Width::Identity),
        ] {
            assert_eq!(width(scope), expected, "{scope}");
        }
    }
}
