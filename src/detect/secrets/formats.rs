//! The formats of credentials, and what tells a real one from a placeholder.

use std::{
    collections::BTreeSet,
    sync::{LazyLock, OnceLock},
};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::Regex;

use crate::finding::Confidence;

/// How far from its prefix a credential may reach.
const WINDOW: usize = 6_000;

/// One issuer's format.
pub(super) struct Format {
    /// What every credential of the format starts with.
    prefix: &'static str,
    /// The whole credential, from the prefix.
    pattern: &'static str,
    /// What it is called.
    pub(super) what: &'static str,
    /// How sure a match is.
    pub(super) confidence: Confidence,
}

const HIGH: Confidence = Confidence::High;
const MEDIUM: Confidence = Confidence::Medium;

const fn format(
    prefix: &'static str,
    pattern: &'static str,
    what: &'static str,
    confidence: Confidence,
) -> Format {
    Format { prefix, pattern, what, confidence }
}

/// Every format. Keys that issuers mean to be public in part (browser keys, key ids) count less.
static FORMATS: [Format; 29] = [
    format("AKIA", r"AKIA[A-Z2-7]{16}\b", "AWS access key id", MEDIUM),
    format("ghp_", r"ghp_[A-Za-z0-9]{36}\b", "GitHub personal token", HIGH),
    format("gho_", r"gho_[A-Za-z0-9]{36}\b", "GitHub OAuth token", HIGH),
    format("ghs_", r"ghs_[A-Za-z0-9]{36}\b", "GitHub app token", HIGH),
    format("github_pat_", r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b", "GitHub personal token", HIGH),
    format("glpat-", r"glpat-[A-Za-z0-9_-]{20,60}", "GitLab personal token", HIGH),
    format("xoxb-", r"xoxb-[0-9]{10,13}-[0-9]{10,13}-[A-Za-z0-9]{24,34}\b", "Slack bot token", HIGH),
    format("xoxp-", r"xoxp-[0-9]{10,13}-[0-9]{10,13}-[0-9]{10,13}-[a-f0-9]{32}\b", "Slack user token", HIGH),
    format("xapp-", r"xapp-[0-9]-[A-Z0-9]{9,12}-[0-9]{10,13}-[a-f0-9]{64}\b", "Slack app token", HIGH),
    format(
        "https://hooks.slack.com/services/",
        r"https://hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}\b",
        "Slack webhook",
        HIGH,
    ),
    format(
        "https://discord.com/api/webhooks/",
        r"https://discord\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
        "Discord webhook",
        HIGH,
    ),
    format(
        "https://discordapp.com/api/webhooks/",
        r"https://discordapp\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
        "Discord webhook",
        HIGH,
    ),
    format("sk_live_", r"sk_live_[A-Za-z0-9]{24,99}\b", "Stripe secret key", HIGH),
    format("rk_live_", r"rk_live_[A-Za-z0-9]{24,99}\b", "Stripe restricted key", HIGH),
    format("AIza", r"AIza[A-Za-z0-9_-]{35}(?:[^A-Za-z0-9_-]|$)", "Google API key", MEDIUM),
    format("GOCSPX-", r"GOCSPX-[A-Za-z0-9_-]{28}(?:[^A-Za-z0-9_-]|$)", "Google OAuth client secret", MEDIUM),
    format("npm_", r"npm_[A-Za-z0-9]{36}\b", "npm token", HIGH),
    format("pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{80,250}", "PyPI token", HIGH),
    format("sk-proj-", r"sk-proj-[A-Za-z0-9_-]{48,200}", "OpenAI key", HIGH),
    format("sk-svcacct-", r"sk-svcacct-[A-Za-z0-9_-]{48,200}", "OpenAI key", HIGH),
    format("sk-ant-", r"sk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{80,120}", "Anthropic key", HIGH),
    format("hf_", r"hf_[A-Za-z]{34}\b", "Hugging Face token", HIGH),
    format("SG.", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?:[^A-Za-z0-9_-]|$)", "SendGrid key", HIGH),
    format("dop_v1_", r"dop_v1_[a-f0-9]{64}\b", "DigitalOcean token", HIGH),
    format("shpat_", r"shpat_[a-f0-9]{32}\b", "Shopify token", HIGH),
    format("-----BEGIN PRIVATE KEY-----", PEM, "private key", HIGH),
    format("-----BEGIN RSA PRIVATE KEY-----", PEM, "private key", HIGH),
    format("-----BEGIN EC PRIVATE KEY-----", PEM, "private key", HIGH),
    format("-----BEGIN OPENSSH PRIVATE KEY-----", PEM, "private key", HIGH),
];

/// A key block with a body; line ends may be escaped, as in JSON and in string literals.
const PEM: &str = r#"-----BEGIN [A-Z ]{0,12}PRIVATE KEY-----(?:\\r|\\n|[\s"'+,])+(?:[A-Za-z0-9+/=]{16,80}(?:\\r|\\n|[\s"'+,])+){2,100}[A-Za-z0-9+/=]{0,80}(?:\\r|\\n|[\s"'+,])*-----END"#;

/// A credential in a file.
pub(super) struct Found<'a> {
    /// Its format.
    pub(super) format: &'static Format,
    /// Where it starts.
    pub(super) start: usize,
    /// The credential.
    pub(super) bytes: &'a [u8],
}

/// The credentials of a file, in order.
pub(super) fn find(bytes: &[u8]) -> impl Iterator<Item = Found<'_>> {
    let (prefixes, patterns) = &*COMPILED;
    prefixes.find_iter(bytes).filter_map(move |hit| {
        let start = hit.start();
        let index = hit.pattern().as_usize();
        let format = FORMATS.get(index)?;
        let is_inside_word =
            start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|byte| is_word(*byte));
        let window = bytes.get(start..bytes.len().min(start + WINDOW))?;
        if is_inside_word {
            return None;
        }
        let pattern = patterns.get(index)?.get_or_init(|| format.compile());
        let matched = pattern.find(window)?.as_bytes();
        let secret = trim(matched, format);
        is_real(secret.get(format.prefix.len()..)?).then_some(Found { format, start, bytes: secret })
    })
}

impl Format {
    fn compile(&self) -> Regex {
        Regex::new(&format!("^(?-u:{})", self.pattern)).expect("a test compiles it")
    }
}

/// A search for all prefixes, and the patterns that were needed so far.
static COMPILED: LazyLock<(AhoCorasick, Vec<OnceLock<Regex>>)> = LazyLock::new(|| {
    // No prefix holds another one, so that the kind of match decides about speed alone.
    let prefixes = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(FORMATS.iter().map(|format| format.prefix))
        .expect("a test compiles it");
    (prefixes, FORMATS.iter().map(|_| OnceLock::new()).collect())
});

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Without the character that showed where the credential ends.
fn trim<'a>(matched: &'a [u8], format: &Format) -> &'a [u8] {
    let has_end = format.pattern.ends_with("|$)");
    match matched.split_last() {
        Some((last, rest)) if has_end && !is_word(*last) && *last != b'-' => rest,
        _ => matched,
    }
}

/// Whether the part after the prefix is random enough to be real, and no placeholder.
fn is_real(body: &[u8]) -> bool {
    const WORDS: [&str; 12] = [
        "example",
        "xxxx",
        "your",
        "dummy",
        "fake",
        "placeholder",
        "sample",
        "redact",
        "changeme",
        "secret",
        "token",
        "test",
    ];
    let lower: Vec<u8> =
        body.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let text = String::from_utf8_lossy(&lower);
    if WORDS.iter().any(|word| text.contains(word)) {
        return false;
    }
    let distinct: BTreeSet<u8> = lower.iter().copied().collect();
    let runs = |step: fn(u8, u8) -> bool| {
        let mut longest = 1;
        let mut length = 1;
        for pair in lower.windows(2) {
            length = if step(pair[0], pair[1]) { length + 1 } else { 1 };
            longest = longest.max(length);
        }
        longest
    };
    distinct.len() >= 9
        && runs(|a, b| a == b) <= 4
        && runs(|a, b| b == a.wrapping_add(1)) <= 5
        && runs(|a, b| a == b.wrapping_add(1)) <= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up body: letters and digits in steps that no issuer draws.
    fn body(length: usize) -> String {
        "q7Wz2Rk9Lm4Xb8Vn3Tc6".chars().cycle().take(length).collect()
    }

    fn hexadecimal(length: usize) -> String {
        "b7e2d9f4a8c3".chars().cycle().take(length).collect()
    }

    fn names(text: &str) -> Vec<&'static str> {
        find(text.as_bytes()).map(|found| found.format.what).collect()
    }

    #[test]
    fn every_format_is_found() {
        let upper: String = "QZW7RKMLXB2VNTC6".to_owned();
        let lines = |prefix: &str| {
            format!("{prefix}\n{}\n{}\n{}\n-----END PRIVATE KEY-----", body(64), body(64), body(12))
        };
        let cases = [
            format!("AKIA{upper}"),
            format!("ghp_{}", body(36)),
            format!("gho_{}", body(36)),
            format!("ghs_{}", body(36)),
            format!("github_pat_{}_{}", body(22), body(59)),
            format!("glpat-{}", body(20)),
            format!("xoxb-7261940385-6193820475-{}", body(24)),
            format!("xoxp-7261940385-6193820475-8472036195-{}", hexadecimal(32)),
            format!("xapp-1-A7Q2W9K4L-7261940385-{}", hexadecimal(64)),
            format!("https://hooks.slack.com/services/TQ7W2R9K4L/BQ7W2R9K4L/{}", body(24)),
            format!("https://discord.com/api/webhooks/72619403856193820/{}", body(68)),
            format!("https://discordapp.com/api/webhooks/72619403856193820/{}", body(68)),
            format!("sk_live_{}", body(24)),
            format!("rk_live_{}", body(24)),
            format!("AIza{}", body(35)),
            format!("GOCSPX-{}", body(28)),
            format!("npm_{}", body(36)),
            format!("pypi-AgE{}", body(100)),
            format!("sk-proj-{}", body(64)),
            format!("sk-svcacct-{}", body(64)),
            format!("sk-ant-api03-{}", body(95)),
            format!("hf_{}", "qTzWpRkGLmSXbHVnDcJ".chars().cycle().take(34).collect::<String>()),
            format!("SG.{}.{}", body(22), body(43)),
            format!("dop_v1_{}", hexadecimal(64)),
            format!("shpat_{}", hexadecimal(32)),
            lines(concat!("-----BEGIN ", "PRIVATE KEY-----")),
            lines(concat!("-----BEGIN RSA ", "PRIVATE KEY-----")),
            lines(concat!("-----BEGIN EC ", "PRIVATE KEY-----")),
            lines(concat!("-----BEGIN OPENSSH ", "PRIVATE KEY-----")),
        ];
        assert_eq!(cases.len(), FORMATS.len());
        for (case, format) in cases.iter().zip(&FORMATS) {
            assert_eq!(names(&format!("k = \"{case}\";")), [format.what], "{case}");
        }
        let escaped = cases[25].replace('\n', "\\n");
        assert_eq!(names(&format!("{{\"key\": \"{escaped}\"}}")), ["private key"]);
    }

    #[test]
    fn placeholders_and_look_alikes_are_silent() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ghp_YourTokenGoesHereYourTokenGoesHere12",
            "sk-proj-...",
            "npm_config_registry_and_other_settings_of_npm",
            "sk_live_000000000000000000000000",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "`-----BEGIN RSA PRIVATE KEY-----` starts a key",
            "xoxb-your-token",
            "data:MAKIAQZW7RKMLXB2VNTC6",
        ] {
            assert_eq!(names(text), Vec::<&str>::new(), "{text}");
        }
        let longer = format!("ghp_{}", body(37));
        assert_eq!(names(&longer), Vec::<&str>::new());
    }

    #[test]
    fn the_end_is_not_part_of_the_credential() {
        let text = format!("AIza{}\"", body(35));
        assert_eq!(find(text.as_bytes()).next().map(|found| found.bytes.len()), Some(39));
    }
}
