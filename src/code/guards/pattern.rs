//! What a regular expression keeps out, judged by trying it.

use regex::Regex;

use super::kinds::Kinds;

/// Longest pattern that is judged, bytes.
const LONGEST: usize = 400;
/// Largest compiled pattern, bytes.
const LARGEST: usize = 1 << 20;

/// Texts that a harmful value would look like, and what it means that none of them matches.
const HARMFUL: &[(&[&str], Kinds)] = &[
    (&["-x", "--help", "-o"], Kinds::NO_DASH),
    (&["a/b", "..", "../a", "a\\b", ".", "/etc"], Kinds::SEGMENT),
    (
        &[
            "http://evil.example/",
            "https://evil.example/a",
            "http://127.0.0.1/",
            "https://evil.example",
            "https://api.example.com.evil.example/",
            "evil.example",
            "//evil.example/",
            "https://x.evil.example/",
        ],
        Kinds::HOST,
    ),
    (
        &[
            "a;b", "a|b", "a&b", "a$b", "a`b", "a\nb", "a b", "$(a)", "a>b", "a'b", "a\"b", "a(b", "a\\b",
            "a,b", "a=b", "a%b", "a#b", "a?b", "a@b", "a}b", "a]b", "a<b",
        ],
        Kinds::PATTERN,
    ),
];

/// What follows for a value that matches a pattern; `whole` where the call matches from end to end
/// by itself (Python's `fullmatch`), `start` where it is anchored at the start (`match`).
pub fn judge(pattern: &str, flags: &str, whole: bool, start: bool) -> Kinds {
    if pattern.len() > LONGEST || flags.contains('m') {
        return Kinds::OTHER_CHECK;
    }
    let body = pattern.strip_prefix('^').or(start.then_some(pattern)).or(whole.then_some(pattern));
    let Some(body) = body else { return Kinds::OTHER_CHECK };
    let ends = whole
        || body.ends_with("\\Z")
        || body.ends_with("\\z")
        || (body.ends_with('$') && !body.ends_with("\\$"));
    if !ends {
        return Kinds::OTHER_CHECK;
    }
    let body = body.trim_end_matches("\\Z").trim_end_matches("\\z");
    let body = body.strip_suffix('$').unwrap_or(body);
    // Script spellings that the engine writes in another way.
    let body =
        body.replace("\\/", "/").replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!");
    let case = if flags.contains('i') { "(?i)" } else { "" };
    let compiled =
        regex::RegexBuilder::new(&format!("{case}^(?:{body})$")).size_limit(LARGEST).unicode(true).build();
    match compiled {
        Ok(regex) => tried(&regex),
        Err(_) => Kinds::OTHER_CHECK,
    }
}

fn tried(regex: &Regex) -> Kinds {
    let mut kinds = Kinds::OTHER_CHECK;
    let mut probes: Vec<String> = Vec::new();
    for (texts, kind) in HARMFUL {
        probes.clear();
        for text in *texts {
            probes.push((*text).to_owned());
            // A pattern may ask for a length.
            probes.push(format!("{text}{}", "a".repeat(8)));
            probes.push(format!("{}{text}", if *kind == Kinds::NO_DASH { "" } else { "aaaa" }));
            probes.push(format!("{text}1"));
        }
        if probes.iter().all(|probe| !regex.is_match(probe)) {
            kinds |= *kind;
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_judged_by_what_they_keep_out() {
        let all = Kinds::PATTERN | Kinds::SEGMENT | Kinds::NO_DASH | Kinds::HOST;
        let cases = [
            ("^[a-z0-9]+$", "", all),
            ("^[a-zA-Z_][a-zA-Z0-9_]*$", "", all),
            ("^[A-Za-z0-9-]+$", "", Kinds::PATTERN | Kinds::SEGMENT | Kinds::HOST),
            ("^[a-z0-9][a-z0-9.-]*$", "i", Kinds::PATTERN | Kinds::NO_DASH),
            ("^[\\w\\/.-]+$", "", Kinds::PATTERN),
            ("[a-z]+", "", Kinds::NONE),
            ("^[a-z]+", "", Kinds::NONE),
            ("^.*$", "", Kinds::NONE),
            ("^[^;&|]+$", "", Kinds::NONE),
            ("^\\d{4}-\\d{2}-\\d{2}$", "", all),
            ("^[a-z]+$", "m", Kinds::NONE),
        ];
        for (pattern, flags, expected) in cases {
            assert_eq!(judge(pattern, flags, false, false), expected | Kinds::OTHER_CHECK, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_names_the_host_says_something_about_it() {
        assert!(judge("^https://[a-z]+\\.fixed\\.org/.*$", "", false, false).has_any(Kinds::HOST));
        assert!(!judge("^https://.*$", "", false, false).has_any(Kinds::HOST));
    }

    #[test]
    fn python_calls_bring_their_own_anchors() {
        assert!(judge("[a-z]+", "", true, true).has_any(Kinds::PATTERN));
        assert!(!judge("[a-z]+", "", false, true).has_any(Kinds::PATTERN));
        assert!(judge("[a-z]+$", "", false, true).has_any(Kinds::PATTERN));
    }
}
