//! Addresses of repositories, made comparable.

/// A repository as `host/owner/name` in lower case, from any of the forms that manifests use.
pub(super) fn normal(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("git+").or_else(|| text.strip_prefix("scm:git:")).unwrap_or(text);
    let text = text.split(['#', '?']).next().unwrap_or_default();
    let path = match text.split_once("://") {
        Some((_, rest)) => {
            rest.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, rest)| rest)
        }
        None => return short(text),
    };
    parts(path)
}

/// `git@host:owner/name`, `github:owner/name`, `owner/name`.
fn short(text: &str) -> Option<String> {
    if let Some((user_and_host, path)) = text.split_once(':') {
        let host = match user_and_host {
            "github" => "github.com",
            "gitlab" => "gitlab.com",
            "bitbucket" => "bitbucket.org",
            other => other.rsplit('@').next().filter(|_| other.contains('@'))?,
        };
        return parts(&format!("{host}/{path}"));
    }
    (text.matches('/').count() == 1).then(|| parts(&format!("github.com/{text}")))?
}

/// Host, owner and name; what follows them is a place inside the repository, except where groups
/// nest, which is where no such place is marked.
fn parts(path: &str) -> Option<String> {
    let lower = path.to_ascii_lowercase();
    let mut parts: Vec<&str> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let host = parts.first()?.trim_end_matches(":443").trim_start_matches("www.");
    let end = parts.iter().position(|part| ["-", "tree", "blob", "raw"].contains(part));
    parts.truncate(end.unwrap_or(parts.len()));
    if host == "github.com" {
        parts.truncate(3);
    }
    let (name, owner) = (parts.last()?.trim_end_matches(".git"), parts.get(1..parts.len().checked_sub(1)?)?);
    if owner.is_empty() || name.is_empty() {
        return None;
    }
    Some(format!("{host}/{}/{name}", owner.join("/")))
}

/// Whether two addresses mean the same repository; `false` where one of them means none.
pub(in crate::detect) fn same_repository(a: &str, b: &str) -> bool {
    matches!((normal(a), normal(b)), (Some(a), Some(b)) if a == b)
}

/// The name in a normal address.
pub(super) fn name(normal: &str) -> &str {
    normal.rsplit('/').next().unwrap_or_default()
}

/// The path of a workflow file in a certificate's address of it, such as
/// `https://host/owner/name/PATH@refs/heads/main`.
pub(super) fn workflow_path(uri: &str) -> Option<&str> {
    let uri = uri.split_once('@').map_or(uri, |(path, _)| path);
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    if let Some((_, path)) = rest.split_once("//") {
        return Some(path);
    }
    let at = rest.find("/.github/workflows/")?;
    rest.get(at + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_is_the_same_repository() {
        for text in [
            "https://github.com/Acme/Weather",
            "git+https://github.com/acme/weather.git",
            "git://github.com/acme/weather.git#main",
            "git+ssh://git@github.com/acme/weather.git",
            "ssh://git@github.com/acme/weather",
            "git@github.com:acme/weather.git",
            "github:acme/weather",
            "acme/weather",
            "https://user:token@github.com/acme/weather/",
            "https://www.github.com/acme/weather/tree/main/packages/a",
            "https://github.com/acme/weather/issues",
        ] {
            assert_eq!(normal(text).as_deref(), Some("github.com/acme/weather"), "{text}");
        }
        assert_eq!(normal("https://gitlab.com/a/b/c.git").as_deref(), Some("gitlab.com/a/b/c"));
        assert_eq!(normal("https://gitlab.com/a/b/-/tree/x").as_deref(), Some("gitlab.com/a/b"));
    }

    #[test]
    fn what_is_no_repository_equals_nothing() {
        for text in ["", "weather", "https://github.com", "https://github.com/acme", "see the site", "a/b/c"]
        {
            assert_eq!(normal(text), None, "{text}");
            assert!(!same_repository(text, text), "{text}");
        }
        assert!(!same_repository("https://github.com/acme/weather", "https://github.com/acme/weather2"));
        assert!(!same_repository("https://github.com.evil.example/acme/weather", "acme/weather"));
    }

    #[test]
    fn finds_the_workflow_file() {
        for (uri, path) in [
            (
                "https://github.com/a/b/.github/workflows/c.yml@refs/heads/main",
                Some(".github/workflows/c.yml"),
            ),
            ("https://gitlab.com/a/b//.gitlab-ci.yml@refs/heads/main", Some(".gitlab-ci.yml")),
            ("https://github.com/a/b", None),
        ] {
            assert_eq!(workflow_path(uri), path, "{uri}");
        }
    }

    #[test]
    fn takes_the_name_of_an_address() {
        assert_eq!(name("github.com/a/b"), "b");
        assert_eq!(name("gitlab.com/a/b/c"), "c");
    }
}
