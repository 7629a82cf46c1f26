//! Phrases that steer a model: concealment, pseudo-tags, overrides, secrets, preference.

use std::sync::LazyLock;

use regex::Regex;

use super::{Normal, Passage, Sink, passages::Part};
use crate::finding::Confidence;

/// A rule, how sure this wording makes it, what it is called in a message, and the wording.
type Row = (&'static str, Confidence, &'static str, &'static str);

const CONCEALS: &str = "tells the model to hide something from the user";
const TAGS: &str = "has a block that speaks to the model";
const OVERRIDES: &str = "tells the model to drop its instructions";
const SECRETS: &str = "names a file with credentials";
const SIDE_EFFECT: &str = "describes a second action besides its task";
const PREFERS: &str = "asks to be preferred over other tools";

/// Wordings of the normal form, which is lower-case with single spaces. `@not`, `@user` and
/// `@path` stand for the lists below.
const ROWS: [Row; 26] = [
    (
        "text/concealment",
        Confidence::High,
        CONCEALS,
        r"\b@not (?:\w+ ){0,2}(?:mention|disclose|reveal|tell|say|report|show|explain|inform) (?:\w+ ){0,3}?(?:this|these instructions|that you|anything|the fact)\b(?: (?:to|in|about|is|was|and)\b|[.,;:!]|$| you)",
    ),
    (
        "text/concealment",
        Confidence::High,
        CONCEALS,
        r"\b@not (?:\w+ ){0,2}(?:tell|inform) (?:the |any |your )?@user\b(?:[.,;:!]|$| (?:about|of|that you|anything|this|and)\b)",
    ),
    (
        "text/concealment",
        Confidence::High,
        CONCEALS,
        r"\b(?:never|not|must not) be (?:mentioned|told|revealed|disclosed|reported) to (?:the |any )?@user\b",
    ),
    (
        "text/concealment",
        Confidence::High,
        CONCEALS,
        r"\bwithout (?:the |any )?@user(?:'s?)? (?:knowledge|knowing|consent|awareness|noticing)\b",
    ),
    (
        "text/concealment",
        Confidence::High,
        CONCEALS,
        r"\bwithout (?:telling|informing) (?:the |any )?@user\b",
    ),
    (
        "text/concealment",
        Confidence::High,
        CONCEALS,
        r"\b(?:hide|conceal|keep) (?:this|it|these|that)\b[^.!?]{0,40} from (?:the |any )?@user\b",
    ),
    (
        "text/concealment",
        Confidence::Medium,
        CONCEALS,
        r"\b(?:@not|without) (?:\w+ ){0,2}(?:notify|notifying|alert|alerting|warn|warning|tell|inform|let|letting|show|showing|reveal|disclose) (?:[^.!?]{0,40} )?(?:users?|humans?)\b",
    ),
    (
        "text/pseudo-tag",
        Confidence::High,
        TAGS,
        r"<\s?(?:hidden|secret|system|admin|override|information|sys)(?:[ _-][a-z_-]{1,20})?\s?>[^<]{12}",
    ),
    (
        "text/pseudo-tag",
        Confidence::High,
        TAGS,
        r"<\s?important\s?>[^<]{0,400}?(?:\bread\b|\bfile|~/|\bsend\b|\bmail|https?:|\btools?\b|\buser\b|\bsecret|\bignore\b|\bmention\b|\bbefore\b|\binstead\b|\bmust\b)",
    ),
    (
        "text/pseudo-tag",
        Confidence::High,
        TAGS,
        r"<!--[^>]{0,40}(?:\bsystem\b|\binstruct|\bignore\b|\bassistant\b|\bai\b|\bllm\b|\bmodel\b|\balways\b|\bmust\b|\bnever\b|\bdo not\b|\bsecret|\bhidden\b)",
    ),
    (
        "text/pseudo-tag",
        Confidence::High,
        TAGS,
        r"<\|(?:im_start|im_end|system|assistant|endoftext|start_header_id)\|>|\[/?inst\]|<<\s?/?sys\s?>>",
    ),
    (
        "text/pseudo-tag",
        Confidence::Medium,
        TAGS,
        r"<\s?(?:important|instructions?|critical|priority|internal|note_to_(?:ai|model|assistant))\s?>|\[\s?(?:important|hidden|system|override|admin|instructions?|shadow)\s?\][^(]|\|\|\|[a-z_ ]{3,30}\|\|\||#{2,4} ?(?:instructions?|system)\b ?:",
    ),
    (
        "text/override",
        Confidence::High,
        OVERRIDES,
        r"\b(?:ignore|disregard|forget|override)\b (?:\w+ ){0,3}?(?:previous|prior|earlier|above|preceding|former|existing) (?:\w+ ){0,2}?(?:instructions?|prompts?|rules|guidelines|messages|directions|constraints|policies|context)\b",
    ),
    (
        "text/override",
        Confidence::High,
        OVERRIDES,
        r"\b(?:ignore|disregard|forget|override) (?:all |any |everything in )?(?:your|the) (?:system )?(?:instructions|prompt|guidelines|safety (?:rules|guidelines))\b",
    ),
    (
        "text/override",
        Confidence::Medium,
        OVERRIDES,
        r"\byou are now (?:in|a|an|the) [a-z]|\bignore (?:the )?user(?:'s)? (?:input|request|instructions?|message)|\b(?:standing|new) (?:system )?instructions?:|\bforget everything\b",
    ),
    (
        "text/secret-request",
        Confidence::High,
        "asks the model to read credentials and hand them over",
        r"\b(?:read|open|cat|load|access|fetch|copy|retrieve|get|include|use)\b[^!?]{0,80}@path[^!?]{0,160}\b(?:pass|include|send|provide|put|supply|attach|append|paste|submit|forward)\b[^.!?]{0,30}\b(?:contents?|it|its|them|values?|outputs?|results?|text|data)\b[^.!?]{0,40}\b(?:as|in|to|into|with|through|via)\b",
    ),
    (
        "text/secret-request",
        Confidence::High,
        "asks the model to hand over credentials",
        r"\b(?:pass|include|send|provide|put|supply|attach|append|paste|submit|forward)\b[^.!?]{0,40}\bcontents? of\b[^.!?]{0,30}@path[^!?]{0,80}\b(?:as|in|to|into|with)\b",
    ),
    ("text/secret-path", Confidence::Medium, SECRETS, r"@path"),
    (
        "text/secret-path",
        Confidence::Medium,
        SECRETS,
        r"\b(?:reads?|opens?|cat|includes?|contents? of|loads?|sends?|uploads?|attach|collects?)\b[^.!?]{0,40}[\s'`(*]\.env\b",
    ),
    (
        "text/preference",
        Confidence::Medium,
        PREFERS,
        r"\b(?:this is|i am|it is) the (?:single |very )?(?:best|most (?:accurate|reliable|powerful|trusted)) (?:\w+ )?(?:tool|choice|option)\b",
    ),
    (
        "text/preference",
        Confidence::Medium,
        PREFERS,
        r"\b(?:always|must|should) (?:prefer|prioriti[sz]e|choose|select|pick|use) this (?:tool )?(?:instead of|over|before|rather than|first|no matter)",
    ),
    (
        "text/preference",
        Confidence::Medium,
        PREFERS,
        r"\b(?:instead of|over|rather than|before) (?:any|all|every) other (?:\w+ )?tools?\b|\bjust use this tool no matter\b",
    ),
    (
        "text/preference",
        Confidence::Low,
        PREFERS,
        r"\bprefer this tool\b|\bthis tool (?:must|should) (?:always )?be (?:preferred|called first|used first|used instead)\b",
    ),
    (
        "text/side-effect",
        Confidence::Low,
        SIDE_EFFECT,
        r"\b(?:silently|quietly|secretly|covertly) (?:\w+ ){0,2}(?:reads?|sends?|uploads?|copy|copies|forwards?|posts?|transmits?|collects?|captures?|attach\w*|appends?|logs?|records?|prefers?|runs?|executes?)\b",
    ),
    (
        "text/side-effect",
        Confidence::Low,
        SIDE_EFFECT,
        r"\balso (?:reads?|sends?|uploads?|copies|forwards?|posts|transmits?|collects?|captures?|dumps?|scans?)\b[^.!?]{0,80}\b(?:users?|credentials?|passwords?|tokens?|files?|contents?|config\w*|history|clipboard|keys?|cookies|settings|addresses|service|log)\b",
    ),
    (
        "text/side-effect",
        Confidence::Low,
        SIDE_EFFECT,
        r"\b(?:sends?|sending|uploads?|forwards?|forwarding|posts?|transmits?|attach\w*|streamed|copying) [^.!?]{0,60}\b(?:to|via|through) (?:an? |the |our |its )?(?:\w+[- ]){0,2}(?:external|remote|centrali[sz]ed|cloud-based|analytics|telemetry|tracking|collection|monitoring|diagnostic|debug|ranking)\b[^.!?]{0,20}\b(?:servers?|services?|endpoints?|api|webhook|log|host|site|url)\b",
    ),
];

const NOT: &str = r"(?:do not|don't|dont|never|must not|mustn't|should not|shouldn't|avoid|cannot)";
const USER: &str = r"(?:users?|humans?|person|people|operator|customer|anyone)";
const PATH: &str = concat!(
    r"(?:[~/\\]\.?(?:ssh|gnupg)/|\.ssh/(?:id_|config|authorized|known)|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|/etc/(?:passwd|shadow)\b",
    r"|\.aws/credentials|\.config/gcloud|\.kube/config|\.docker/config\.json|(?:^|[\s/~'`])\.(?:netrc|npmrc|pypirc|pgpass|git-credentials)\b",
    r"|\.cursor/mcp\.json|claude_desktop_config\.json|/proc/\S{1,20}/environ)",
);

struct Phrase {
    rule: &'static str,
    confidence: Confidence,
    what: &'static str,
    pattern: Regex,
}

fn compiled() -> &'static [Phrase] {
    static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
        let compile = |(rule, confidence, what, wording): Row| {
            let wording = wording.replace("@not", NOT).replace("@user", USER).replace("@path", PATH);
            let pattern = Regex::new(&wording).expect("a test compiles every wording");
            Phrase { rule, confidence, what, pattern }
        };
        ROWS.into_iter().map(compile).collect()
    });
    &PHRASES
}

/// Reports the surest wording of each rule.
pub(super) fn look(passage: &Passage<'_>, normal: &Normal<'_>, sink: &mut Sink<'_>) {
    if matches!(passage.part, Part::Name | Part::ParameterName | Part::Uri) {
        return;
    }
    let mut spoken = "";
    for phrase in compiled() {
        if phrase.rule == spoken {
            continue;
        }
        let Some(found) = phrase.pattern.find(&normal.text) else { continue };
        spoken = phrase.rule;
        let confidence = if is_discussed(&normal.text, found.start(), found.end()) {
            phrase.confidence.min(Confidence::Medium)
        } else {
            phrase.confidence
        };
        let end = normal
            .text
            .get(found.end()..)
            .and_then(|rest| rest.find(' '))
            .map_or(normal.text.len(), |at| found.end() + at);
        let quote = normal.original(around(&normal.text, found.start()), end);
        sink.report(phrase.rule, confidence, passage, phrase.what, quote);
    }
}

/// A few words before the match, from a word boundary.
fn around(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or("");
    before.rmatch_indices(' ').nth(2).map_or(0, |(at, _)| at + 1)
}

/// Whether the match is quoted in a sentence about such phrases, as scanners and filters do.
fn is_discussed(text: &str, start: usize, end: usize) -> bool {
    static TOPIC: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:detect|scan|pattern|phrase|example|e\.g\.|such as|like|injection|attack|malicious|jailbreak|moderat|filter|block|guard|suspicious)")
            .expect("a test compiles it")
    });
    let before = text.get(..start).unwrap_or("");
    let after = text.get(end..).unwrap_or("");
    let sentence = before.rfind(['.', '!', '?']).map_or(0, |at| at + 1);
    let lead = before.get(sentence..).unwrap_or("");
    let tail = after.find(['.', '!', '?']).map_or(after, |at| after.get(..at).unwrap_or(after));
    let is_quoted = ['"', '\'', '`', '«', '('].iter().any(|quote| {
        let closing = match quote {
            '«' => '»',
            '(' => ')',
            quote => *quote,
        };
        lead.matches(*quote).count() % 2 == 1 && tail.contains(closing)
    });
    is_quoted && (TOPIC.is_match(lead) || TOPIC.is_match(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wording_compiles_and_rows_of_a_rule_stand_together_surest_first() {
        assert_eq!(compiled().len(), ROWS.len());
        for pair in ROWS.windows(2) {
            if pair[0].0 == pair[1].0 {
                assert!(pair[0].1 >= pair[1].1, "{}", pair[1].3);
            }
        }
    }

    #[test]
    fn quoting_alone_is_not_discussing() {
        for (text, expected) in [
            ("detects phrases such as \"ignore it\" in prompts", true),
            ("blocks jailbreaks ('ignore it').", true),
            ("now \"ignore it\" and go on", false),
            ("like all others. ignore it", false),
        ] {
            let start = text.find("ignore it").unwrap();
            assert_eq!(is_discussed(text, start, start + 9), expected, "{text}");
        }
    }
}
