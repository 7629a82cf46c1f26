//! The wordings that [`super::phrases`] looks for, by rule. Data, no code.
//!
//! A wording is a regular expression over the normal form, which is lower-case with single spaces.
//! `@not`, `@user` and `@path` stand for the lists at the end. At least one of the cues stands in
//! every text that the wording matches: without it the expression is not even compiled.

use crate::finding::Confidence::{self, High, Medium};

/// One way to say what a rule is about.
pub(super) struct Wording {
    pub(super) rule: &'static str,
    /// How sure this wording makes the rule.
    pub(super) confidence: Confidence,
    /// What a message calls it.
    pub(super) what: &'static str,
    pub(super) cues: &'static [&'static str],
    pub(super) pattern: &'static str,
}

pub(super) const fn of(
    rule: &'static str,
    confidence: Confidence,
    what: &'static str,
    cues: &'static [&'static str],
    pattern: &'static str,
) -> Wording {
    Wording { rule, confidence, what, cues, pattern }
}

const HIDE: &str = "text/concealment";
const HIDES: &str = "tells the model to hide something from the user";
const TAG: &str = "text/pseudo-tag";
const TAGS: &str = "has a block that speaks to the model";
const DROP: &str = "text/override";
const DROPS: &str = "tells the model to drop its instructions";
const ASK: &str = "text/secret-request";
const PATH: &str = "text/secret-path";
const PATHS: &str = "names a file with credentials";

const TELL: &[&str] =
    &["mention", "disclose", "reveal", "tell", "say", "report", "show", "explain", "inform"];
const FILES: &[&str] = &[
    "ssh",
    "gnupg",
    "id_rsa",
    "id_ed",
    "id_ecdsa",
    "id_dsa",
    "/etc/",
    ".aws",
    "gcloud",
    ".kube",
    ".docker",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    "git-credentials",
    "mcp.json",
    "claude_desktop",
    "/proc/",
    "_history",
    "wallet.dat",
    "keychain",
];

/// What tells the model what to hide, to forget and to hand over; the surest of a rule first.
pub(super) const STEERING: &[Wording] = &[
    of(
        HIDE,
        High,
        HIDES,
        TELL,
        r"\b@not (?:\w+ ){0,2}(?:mention|disclose|reveal|tell|say|report|show|explain|inform) (?:\w+ ){0,3}?(?:this|these instructions|that you|anything|the fact)\b(?: (?:to|in|about|is|was|and)\b|[.,;:!]|$| you)",
    ),
    of(
        HIDE,
        High,
        HIDES,
        &["tell", "inform"],
        r"\b@not (?:\w+ ){0,2}(?:tell|inform) (?:the |any |your )?@user\b(?:[.,;:!]|$| (?:about|of|that you|anything|this|and)\b)",
    ),
    of(
        HIDE,
        High,
        HIDES,
        &["mentioned", "told", "revealed", "disclosed", "reported", "discussed"],
        r"\b(?:never|not|must not) (?:\w+ ){0,8}be (?:mentioned|told|revealed|disclosed|reported|discussed) (?:to|with) (?:the |any )?@user\b",
    ),
    of(
        HIDE,
        High,
        HIDES,
        &["knowledge", "knowing", "consent", "awareness", "noticing"],
        r"\bwithout (?:the |any )?@user(?:'s?)? (?:knowledge|knowing|consent|awareness|noticing)\b",
    ),
    of(
        HIDE,
        High,
        HIDES,
        &["without telling", "without informing"],
        r"\bwithout (?:telling|informing) (?:the |any )?@user\b",
    ),
    of(
        HIDE,
        High,
        HIDES,
        &["hide", "conceal", "keep"],
        r"\b(?:hide|conceal|keep) (?:this|it|these|that)\b[^.!?]{0,40} from (?:the |any )?@user\b",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &["notif", "alert", "warn", "tell", "inform", "let", "show", "reveal", "disclos"],
        r"\b(?:@not|without) (?:\w+ ){0,2}(?:notify|notifying|alert|alerting|warn|warning|tell|inform|let|letting|show|showing|reveal|disclose) (?:[^.!?]{0,40} )?(?:the |any |your )(?:users?|humans?)\b",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &[
            "not need to know",
            "not know",
            "not be aware",
            "not see",
            "n't know",
            "n't see",
            "n't need to",
            "never know",
            "never see",
        ],
        r"\b(?:@user|they) (?:does not|doesn't|do not|don't|should not|shouldn't|must not|mustn't|need not|will not|won't|never) (?:need to |have to |ever )?(?:know|see|notice|learn|be (?:told|made aware|informed|aware)) (?:about |of )?(?:this|that|it|anything|what)\b",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &["secret", "hidden", "confidential", "invisible", "between us", "silent"],
        r"\b(?:keep|remains?|stays?|kept) (?:this |it |these |strictly |completely |all of this )*(?:secret|hidden|confidential|invisible|between us|silent)\b(?: (?:from|to) |[.!]|$)",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &["secret operation", "covert", "secret task", "secretly"],
        r"\bthis is a (?:secret|covert|hidden) (?:operation|task|step|instruction)\b",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &["hide", "hiding", "conceal"],
        r"\b(?:hide|hiding|conceal(?:ing)?)\b[^.!?]{0,60}\bfrom (?:the |any |your )?@user\b",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &["say nothing", "no need to", "keep quiet", "stay quiet"],
        r"\b(?:say nothing|keep quiet|stay quiet) (?:about|on|of)\b|\bno need to (?:bother|trouble|worry|tell|inform|notify|alert) (?:the |any )?@user\b",
    ),
    of(
        HIDE,
        Medium,
        HIDES,
        &["mention", "disclos", "reveal", "explain", "discuss", "communicat"],
        r"\b@not (?:mention|disclose|reveal|explain|discuss|communicate)\b[^.!?]{0,60}\b(?:to|with) (?:the |any )?@user\b",
    ),
    of(
        TAG,
        High,
        TAGS,
        &["<"],
        r"<\s?(?:hidden|secret|system|admin|override|information|sys|assistant|developer)(?:[ _-][a-z_-]{1,20})?\s?>[^<]{12}",
    ),
    of(
        TAG,
        High,
        TAGS,
        &["<important", "< important"],
        r"<\s?important\s?>[^<]{0,400}?(?:\bread\b|\bfile|~/|\bsend\b|\bmail|https?:|\btools?\b|\buser\b|\bsecret|\bignore\b|\bmention\b|\bbefore\b|\binstead\b|\bmust\b)",
    ),
    of(
        TAG,
        High,
        TAGS,
        &["<!--"],
        r"<!--[^>]{0,40}(?:\bsystem\b|\binstruct|\bignore\b|\bassistant\b|\bai\b|\bllm\b|\bmodel\b|\balways\b|\bmust\b|\bnever\b|\bdo not\b|\bsecret|\bhidden\b)",
    ),
    of(
        TAG,
        High,
        TAGS,
        &["<|", "[inst", "[/inst", "<<"],
        r"<\|(?:im_start|im_end|system|assistant|endoftext|start_header_id)\|>|\[/?inst\]|<<\s?/?sys\s?>>",
    ),
    of(
        TAG,
        Medium,
        TAGS,
        &["<", "[", "|||", "##"],
        r"<\s?(?:important|instructions?|critical|priority|internal|urgent|note_to_(?:ai|model|assistant))\s?>|\[\s?(?:hidden|system|override|admin|instructions?|shadow|system (?:note|prompt|message|override)|developer (?:note|mode))\s?[\]:][^(]|\|\|\|[a-z_ ]{3,30}\|\|\||#{2,4} ?(?:instructions?|system)\b ?:",
    ),
    of(
        TAG,
        Medium,
        TAGS,
        &["[comment]", "[//]", "/*", "((", "{{"],
        r"\[(?:comment|//)\]: ?#? ?[(<'\x22][^)]{0,40}(?:\bsystem\b|\bignore\b|\bassistant\b|\bmodel\b|\balways\b|\bmust\b|\bnever\b|\bsecret)|/\* ?(?:system|instructions?|assistant|hidden|note to (?:the )?(?:ai|model|assistant))\b",
    ),
    of(
        TAG,
        Medium,
        TAGS,
        &[
            "note to",
            "note for",
            "message to",
            "message for",
            "instructions for",
            "instruction for",
            "attention",
            "reading this",
        ],
        r"\b(?:note|message|instructions?|attention) (?:to|for) (?:the |all |any )?(?:ai|llm|language model|assistant|model|agent)s?\b ?:|\b(?:ais?|llms?|models?|assistants?|agents?) reading this\b",
    ),
    of(
        DROP,
        High,
        DROPS,
        &["ignore", "disregard", "forget", "override", "overrule", "bypass"],
        r"\b(?:ignore|disregard|forget|override|overrule|bypass)\b (?:\w+ ){0,3}?(?:previous|prior|earlier|above|preceding|former|existing) (?:\w+ ){0,2}?(?:instructions?|prompts?|rules|guidelines|messages|directions|directives|constraints|policies|context)\b",
    ),
    of(
        DROP,
        High,
        DROPS,
        &["ignore", "disregard", "forget", "override", "bypass"],
        r"\b(?:ignore|disregard|forget|override|bypass) (?:all |any |everything in )?(?:your|the) (?:system )?(?:instructions|prompt|guidelines|safety (?:rules|guidelines|checks|measures))\b",
    ),
    of(
        DROP,
        Medium,
        DROPS,
        &["you are now", "ignore", "instructions:", "forget everything", "instruction:"],
        r"\byou are now (?:in|a|an|the) [a-z]|\bignore (?:the )?user(?:'s)? (?:input|request|instructions?|message)|\b(?:standing|new|updated|real|actual) (?:system )?instructions?:|\bforget everything\b",
    ),
    of(
        DROP,
        Medium,
        DROPS,
        &["precedence", "supersede", "priority", "overrid"],
        r"\b(?:(?:takes?|have|has|with) precedence over|supersedes?|(?:higher|greater|more) (?:\w+ )?(?:priority|important) than|overrides?) (?:all |any |the |other |every |your |previous |later )*(?:user(?:'s)?|system|previous|prior|other|safety) (?:\w+ )?(?:instructions?|prompts?|messages?|quer(?:y|ies)|requests?|rules|commands?)\b|\bpriority (?:is )?(?:higher|over|above) (?:than )?(?:the )?user",
    ),
    of(
        DROP,
        Medium,
        DROPS,
        &["standing instruction", "system instruction", "as instructions", "as system", "standing order"],
        r"\b(?:treat|regard|consider|interpret|follow) [^.!?]{0,60}\bas (?:\w+ )?(?:standing|system|highest|binding|trusted|authoritative) (?:\w+ )?(?:instructions?|orders?|rules|commands?|messages?)",
    ),
    of(
        DROP,
        Medium,
        DROPS,
        &["jailbreak", "developer mode", "unrestricted", "safety filter", "guardrail", "restrictions"],
        r"\b(?:enter|enable|activate|switch to|you are in) (?:developer|unrestricted|jailbreak|god|maintenance|debug|diagnostic) mode\b|\b(?:disable|turn off|bypass|ignore) (?:all |any |your |the )*(?:safety|security|content) (?:filters?|restrictions|guardrails?|polic(?:y|ies)|checks)\b",
    ),
    of(
        DROP,
        Medium,
        DROPS,
        &["attention to", "heed", "obey", "follow", "set aside", "abandon", "discard"],
        r"\b(?:pay no (?:attention|heed) to|(?:do not|don't) (?:follow|obey)|stop (?:following|obeying)|set aside|abandon|discard)\b[^.!?]{0,40}\b(?:you (?:were|have been) (?:told|given|instructed|taught)|(?:earlier|previous|prior|above|your|system|original) (?:\w+ )?(?:instructions?|rules|guidelines|prompt|directions|directives))\b",
    ),
    of(
        DROP,
        Medium,
        DROPS,
        &["void", "suspended", "lifted", "no longer", "cancelled", "canceled", "superseded", "not in force"],
        r"\b(?:previous|prior|earlier|existing|all|your|former) (?:\w+ ){0,2}?(?:polic(?:y|ies)|rules|instructions|guidelines|restrictions|directives) (?:are|is|have been) (?:now |hereby )?(?:void|null|cancell?ed|suspended|lifted|no longer|superseded|not in force)\b",
    ),
    of(
        ASK,
        High,
        "asks the model to read credentials and hand them over",
        FILES,
        r"\b(?:read|open|cat|load|access|fetch|copy|retrieve|get|include|use)\b[^!?]{0,80}@path[^!?]{0,160}\b(?:pass|include|send|provide|put|supply|attach|append|paste|submit|forward)\b[^.!?]{0,30}\b(?:contents?|it|its|them|values?|outputs?|results?|text|data)\b[^.!?]{0,40}\b(?:as|in|to|into|with|through|via)\b",
    ),
    of(
        ASK,
        High,
        "asks the model to hand over credentials",
        FILES,
        r"\b(?:pass|include|send|provide|put|supply|attach|append|paste|submit|forward)\b[^.!?]{0,40}\bcontents? of\b[^.!?]{0,30}@path[^!?]{0,80}\b(?:as|in|to|into|with)\b",
    ),
    of(
        ASK,
        Medium,
        "asks the model to pass on a file with credentials",
        FILES,
        r"(?:^|[.!?:>,*\n-] ?|\b(?:must|should|always|please|first|then|to|and|also|you|can|will)\b )(?:read|open|cat|load|access|fetch|copy|retrieve|get|include|pass|send|attach|append|upload|paste|dump|print|output) [^.!?]{0,60}@path",
    ),
    of(PATH, Medium, PATHS, FILES, r"@path"),
    of(
        PATH,
        Medium,
        PATHS,
        &[".env"],
        r"\b(?:reads?|opens?|cat|includes?|contents? of|loads?|sends?|uploads?|attach|collects?)\b[^.!?]{0,40}[\s'`(*]\.env\b",
    ),
    of(
        "text/command-order",
        Medium,
        "orders the model to run a command",
        &["curl", "wget", "bash", "chmod", "powershell", "rm -rf", "netcat", "base64 -d", "| sh"],
        r"(?:^|[.!?:,>] ?|\b(?:must|should|always|please|first|then|to|and|also|you|can|will)\b )(?:execute|run|type|paste|prefix|prepend|invoke|launch|issue)\b[^.!?]{0,60}(?:\bcurl -|\bcurl http|\bwget (?:-|http)|\bbash -c|\| ?(?:ba)?sh\b|\bchmod [-+0-9a-z]|\bpowershell (?:-|iex)|\brm -rf|\bnetcat |\bnc [-\w.]+ \d|\bbase64 -d)",
    ),
];

pub(super) const NOT: &str = r"(?:do not|don't|dont|never|must not|mustn't|should not|shouldn't|avoid|cannot|not to|no need to|refrain from)";
pub(super) const USER: &str = r"(?:users?|humans?|person|people|operator|customer|anyone)";
pub(super) const FILE: &str = concat!(
    r"(?:[~/\\]\.?(?:ssh|gnupg)/(?:[^ck]|c[^o]|k[^n]|$)|\.ssh/(?:id_|authorized)|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|/etc/(?:passwd|shadow)\b",
    r"|\.aws/(?:credentials|config)|\.config/gcloud|\.kube/config|\.docker/config\.json|(?:^|[\s/~'`])\.(?:netrc|npmrc|pypirc|pgpass|git-credentials)\b",
    r"|\.cursor/mcp\.json|claude_desktop_config\.json|/proc/\S{1,20}/environ|\.(?:bash|zsh)_history\b|\bwallet\.dat\b)",
);

/// A wording with the lists put in.
pub(super) fn complete(pattern: &str) -> String {
    pattern.replace("@not", NOT).replace("@user", USER).replace("@path", FILE)
}
