//! Artifact attestations of GitHub, by the digest of an archive.

use serde_json::Value;
use url::Url;

use super::{Absence, Wanted, ask, is_given, missing, unanswered};
use crate::{
    acquire::{Door, WebError, web::Secret},
    artifact::{
        Artifact, File,
        evidence::{Document, Origin},
    },
};

/// Where GitHub answers when the environment names no other place.
const API: &str = "https://api.github.com";
/// Variables that hold a token.
const TOKENS: [&str; 2] = ["GH_TOKEN", "GITHUB_TOKEN"];

/// Asks for attestations where the user has a token or names a repository; nobody else is told
/// which archives are looked at.
pub(super) fn collect(artifact: &mut Artifact, door: &Door<'_>) {
    let settings = door.settings;
    let variable = |name: &str| settings.environment.get(name).filter(|value| !value.is_empty()).cloned();
    let token = TOKENS.into_iter().find_map(variable);
    let expected = settings.expected.repository.clone();
    if settings.offline || is_given(door) || (token.is_none() && expected.is_none()) {
        return;
    }
    let Some(archive) = artifact.evidence.archive.clone() else { return };
    let claimed = expected.or_else(|| claimed(&artifact.files));
    let Some((owner, name)) = claimed.as_deref().and_then(owner_and_name) else { return };
    let base = variable("GITHUB_API_URL").unwrap_or_else(|| API.to_owned());
    let path = format!("repos/{owner}/{name}/attestations/sha256:{}", archive.sha256);
    let url = Url::parse(&format!("{}/{path}", base.trim_end_matches('/')));
    let evidence = &mut artifact.evidence;
    let Ok(url) = url else {
        missing(evidence, Wanted::GithubAttestations, Absence::Unknown, "its API has no valid address");
        return;
    };
    let authorization = token.map(|token| Secret(format!("Bearer {token}")));
    match ask(url, authorization, "application/vnd.github+json", door) {
        Ok(bytes) if is_empty(&bytes) => {
            let why = format!("GitHub has none for this archive in {owner}/{name}");
            missing(evidence, Wanted::GithubAttestations, Absence::Absent, why);
        }
        Ok(bytes) => evidence.documents.push(Document {
            name: format!("attestations of GitHub for {owner}/{name}"),
            origin: Origin::Github,
            bytes,
        }),
        Err(WebError::NotFound { .. }) => {
            let why = format!("GitHub has none for this archive in {owner}/{name}");
            missing(evidence, Wanted::GithubAttestations, Absence::Absent, why);
        }
        Err(error) => missing(evidence, Wanted::GithubAttestations, Absence::Unknown, unanswered(&error)),
    }
}

fn is_empty(bytes: &[u8]) -> bool {
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    value.get("attestations").and_then(Value::as_array).is_some_and(Vec::is_empty)
}

/// The repository in the outermost manifest.
fn claimed(files: &[File]) -> Option<String> {
    let manifest = ["manifest.json", "package.json"]
        .into_iter()
        .find_map(|name| files.iter().find(|file| file.path == name && file.bytes.len() <= 1 << 20))?;
    let value: Value = serde_json::from_str(&manifest.text()).ok()?;
    let repository = value.get("repository")?;
    let text = repository.as_str().or_else(|| repository.get("url")?.as_str())?;
    Some(text.to_owned())
}

/// Owner and name of a repository on GitHub, made of harmless characters.
fn owner_and_name(text: &str) -> Option<(String, String)> {
    let path = match text.split_once("github.com") {
        Some((_, rest)) => rest.trim_start_matches([':', '/']),
        None if text.contains("://") => return None,
        None => text.strip_prefix("github:").unwrap_or(text),
    };
    let mut parts = path.split(['/', '#', '?']);
    let (owner, name) = (parts.next()?, parts.next()?.trim_end_matches(".git"));
    let is_plain = |part: &str| {
        !part.trim_matches('.').is_empty()
            && part.len() <= 100
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (is_plain(owner) && is_plain(name)).then(|| (owner.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::owner_and_name;

    #[test]
    fn takes_owner_and_name_only_where_they_are_harmless() {
        for (text, expected) in [
            ("https://github.com/acme/weather.git", Some(("acme", "weather"))),
            ("git@github.com:acme/weather", Some(("acme", "weather"))),
            ("github:acme/weather", Some(("acme", "weather"))),
            ("acme/weather", Some(("acme", "weather"))),
            ("https://gitlab.com/acme/weather", None),
            ("acme/..", None),
            ("acme/w%2fx", None),
            ("acme", None),
        ] {
            let found = owner_and_name(text);
            let found = found.as_ref().map(|(owner, name)| (owner.as_str(), name.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
