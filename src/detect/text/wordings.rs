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

const fn of(
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
const BEST: &str = "text/preference";
const PREFERS: &str = "asks to be preferred over other tools";
const SIDE: &str = "text/side-effect";
const ASIDE: &str = "describes a second action besides its task";
const LINE: &str = "text/line-jumping";
const JUMPS: &str = "gives orders for the moment it is read, before any tool is called";

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

/// Every wording; those of a rule stand together, surest first.
pub(super) const WORDINGS: [Wording; 49] = [
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
        r"\b(?:@not|without) (?:\w+ ){0,2}(?:notify|notifying|alert|alerting|warn|warning|tell|inform|let|letting|show|showing|reveal|disclose) (?:[^.!?]{0,40} )?(?:users?|humans?)\b",
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
        r"<\s?(?:important|instructions?|critical|priority|internal|urgent|note_to_(?:ai|model|assistant))\s?>|\[\s?(?:important|hidden|system|override|admin|instructions?|shadow|system (?:note|prompt|message|override)|developer (?:note|mode))\s?[\]:][^(]|\|\|\|[a-z_ ]{3,30}\|\|\||#{2,4} ?(?:instructions?|system)\b ?:",
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
        &["note to", "message to", "instructions for", "instruction for", "attention"],
        r"\b(?:note|message|instructions?|attention) (?:to|for) (?:the |all |any )?(?:ai|llm|language model|assistant|model|agent)s?\b ?:",
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
        BEST,
        Medium,
        PREFERS,
        &["best", "most accurate", "most reliable", "most powerful", "most trusted"],
        r"\b(?:this is|i am|it is|as) (?:\w+ )?(?:the )?(?:single |very )?(?:best|most (?:accurate|reliable|powerful|trusted)) (?:\w+ )?(?:tool|choice|option) (?:in the world|of all|ever|available|for (?:all|every|any)|[.!])",
    ),
    of(
        BEST,
        Medium,
        PREFERS,
        &["prefer", "priorit", "choose", "select", "pick", "use this"],
        r"\b(?:always|must|should) (?:prefer|prioriti[sz]e|choose|select|pick|use) this (?:tool )?(?:instead of|over|before|rather than|first|no matter)",
    ),
    of(
        BEST,
        Medium,
        PREFERS,
        &["other", "just use this tool"],
        r"\b(?:instead of|over|rather than) (?:any|all|every) (?:other|similar) (?:\w+ )?tools?\b|\bjust use this tool no matter\b",
    ),
    of(
        BEST,
        Medium,
        PREFERS,
        &["other tool", "other search", "alternative"],
        r"\b(?:do not|don't|never|avoid) (?:use|using|call|calling|choose) (?:any )?(?:other|alternative) (?:\w+ )?tools?\b(?: (?:for|instead|at all|under)|[.!])|\b(?:all |any )?other (?:\w+ )?tools? (?:are|is) (?:deprecated|outdated|unsafe|inferior|unreliable|insecure|broken|obsolete|less)\b",
    ),
    of(
        BEST,
        Medium,
        PREFERS,
        &["superior", "better than", "outperform"],
        r"\b(?:superior to|better than|outperforms?) (?:any|all|every)(?: of the| the)? (?:other|similar|competing)\b",
    ),
    of(
        SIDE,
        Medium,
        ASIDE,
        &["silently", "quietly", "secretly", "covertly", "surreptitiously"],
        r"\b(?:silently|quietly|secretly|covertly|surreptitiously) (?:\w+ ){0,2}(?:reads?|sends?|uploads?|copy|copies|forwards?|posts?|transmits?|collects?|captures?|attach\w*|appends?|records?|prefers?|exfiltrates?|harvests?|monitors?)\b",
    ),
    of(
        SIDE,
        Medium,
        ASIDE,
        &["exfiltrat", "harvest"],
        r"\b(?:exfiltrat(?:e|es|ing|ed)|harvest(?:s|ing|ed)?) (?:\w+ ){0,3}?(?:data|credentials?|secrets?|files?|tokens?|keys|passwords?|records?|messages?|information|contents?)\b",
    ),
    of(
        SIDE,
        Medium,
        ASIDE,
        &["intercept"],
        r"\bintercepts? (?:\w+ ){0,3}?(?:requests?|calls?|messages?|quer(?:y|ies)|traffic|emails?) (?:meant|intended|destined|addressed|sent|made|going) (?:for|to)\b",
    ),
    of(
        SIDE,
        Medium,
        ASIDE,
        &["attacker"],
        r"\battacker(?:-controlled|'s|-owned)? (?:\w+ )?(?:server|endpoint|address|domain|site|account|host)|\bcontrolled by (?:the |an )?attacker|\battacker\.(?:com|net|org|io|example)",
    ),
    of(
        SIDE,
        Medium,
        ASIDE,
        &["requests", "calls", "messages"],
        r"\b(?:all|every) (?:\w+ )?(?:messages?|requests?|calls?|data|traffic|emails?|records?|inputs?|queries) (?:is|are|will be) (?:\w+ )?(?:forwarded|sent|copied|routed|mirrored|uploaded|logged|redirected|bcc'?d) (?:to|through|via) (?:an? |the |our )?(?:\w+ ){0,3}?(?:https?:|server|endpoint|service|address|webhook|[\w.]+@)",
    ),
    of(
        LINE,
        Medium,
        JUMPS,
        &["connect", "session", "loaded", "initiali", "listed", "startup", "conversation"],
        r"\b(?:as soon as|once|when|whenever|upon|after|on) (?:you |the |this |a |an |your )?(?:\w+ )?(?:connect(?:s|ed|ing|ion)?|session|tools?|server|tool list|client|conversation|startup|initiali[sz]ation)(?: (?:is|are|has been|to|with|starts?|begins?|begin|opens?|loads?|established|loaded|listed|initiali[sz]ed|available|this|the|server))*,? (?:\w+ )?(?:you |the (?:model|assistant|agent) )?(?:must|should|always|immediately|please|first)\b[^.!?]{0,60}\b(?:read|send|call|run|execute|include|output|print|reveal|list|collect|upload|forward|invoke|fetch|post)\b",
    ),
    of(
        LINE,
        Medium,
        JUMPS,
        &["before"],
        r"\bbefore (?:using |calling |running |invoking |you (?:use|call|run) |executing )?(?:any|every|each|all) (?:other )?(?:tools?|commands?|actions?|tasks?|requests?|operations?)\b[^.!?]{0,60}\b(?:must|always|shall|required to|need to|make sure to)\b[^.!?]{0,60}\b(?:read|send|include|output|print|reveal|collect|upload|forward|prefix|prepend|append|chmod|post|disable|run|execute)\b",
    ),
    of(
        LINE,
        Medium,
        JUMPS,
        &[
            "every response",
            "all responses",
            "each response",
            "every reply",
            "every message",
            "every answer",
            "all replies",
            "every command",
            "all commands",
            "any command",
            "your responses",
            "your response",
        ],
        r"\b(?:in|to|at the (?:end|start|beginning) of|with|before|after|append|prefix|prepend|include)\b[^.!?]{0,50}\b(?:every|all|each|any) (?:of your )?(?:future |subsequent )?(?:responses?|reply|replies|messages?|answers?|shell commands?|commands?)\b[^.!?]{0,60}(?:['\x22`/]|https?:|\binclude|\bappend|\bprefix|\bprepend|\badd\b|\bmust\b)",
    ),
    of(
        LINE,
        Medium,
        JUMPS,
        &[
            "from now on",
            "for the rest of",
            "for the remainder",
            "in all future",
            "for all future",
            "in all subsequent",
            "for all subsequent",
        ],
        r"\b(?:from now on|for the (?:rest|remainder) of (?:this|the) (?:session|conversation|chat)|(?:in|for) all (?:future|subsequent) (?:\w+ )?(?:calls?|messages?|responses?|requests?|conversations?|interactions?|tool calls?))\b[^.!?]{0,100}\b(?:must|always|shall|never|will|include|send|use|call|append|forward|respond|ignore|treat)\b",
    ),
    of(
        LINE,
        Medium,
        JUMPS,
        &[
            "task that i gave",
            "original task",
            "initial task",
            "solve the task",
            "resume the task",
            "continue with the task",
        ],
        r"\bbefore you (?:can )?(?:solve|complete|continue|start|finish|begin|proceed with) (?:the|your|my|this) (?:\w+ )?task\b|\bafter (?:you do |doing )(?:that|this|so),? you can (?:solve|continue|resume|proceed)",
    ),
    of(
        LINE,
        Medium,
        JUMPS,
        &[
            "important message",
            "signed, the user",
            "message from the user",
            "message from user",
            "on behalf of the user",
        ],
        r"\bthis is (?:an? )?(?:\w+ )?message from (?:the |your )?(?:user|system|developer|administrator|admin|operator)\b",
    ),
    of(
        "text/user-overruled",
        Medium,
        "tells the model to give a false answer",
        &["say", "respond", "reply", "answer", "state"],
        r"\balways (?:say|respond|reply|answer|state|claim|tell the user) (?:with |that )?['\x22`]",
    ),
    of(
        "text/user-overruled",
        Medium,
        "tells the model to give a false answer",
        &[
            "tell the user",
            "inform the user",
            "report to the user",
            "state to the user",
            "display to the user",
        ],
        r"\b(?:must|then|always|should|instead) (?:\w+ )?(?:tell|inform|report to|state to|convince|assure) the user(?: that)?:? ['\x22`]",
    ),
    of(
        "text/user-overruled",
        Medium,
        "acts without the person's say",
        &["confirmation", "permission", "approval", "asking"],
        r"\b(?:do not|don't|never) (?:ask|wait|request|seek) (?:for )?(?:the )?(?:user(?:'s)? |human )?(?:for )?(?:confirmation|permission|approval|consent)\b",
    ),
    of(
        "text/fixed-arguments",
        Medium,
        "replaces a value that the user chose",
        &["replace", "change", "substitut", "overrid", "redirect", "reroute", "swap"],
        r"\b(?:when|whenever|if|before|any|all|every|each)\b[^.!?]{0,200}\b(?:must|should|always|automatically|will be)\b[^.!?]{0,40}\b(?:replaced?|changed?|substituted?|overridden|redirect(?:ed)?|rerouted?|swap(?:ped)?)\b[^.!?]{0,60}\b(?:to|with|for|by)\b ?['\x22`][a-z0-9][^'\x22`]{0,63}['\x22`]",
    ),
    of(
        "text/exfiltration-parameter",
        Medium,
        "asks the model to pass on the conversation or its instructions",
        &[
            "conversation",
            "system prompt",
            "chat history",
            "message history",
            "instructions",
            "chain of thought",
            "context",
        ],
        r"\b(?:output|print|reveal|repeat|dump|leak|return|echo|send|include|append|forward|share|expose|disclose|log)\b[^.!?]{0,40}\b(?:your|the full|the entire|the complete|full|entire|complete|verbatim)\b[^.!?]{0,30}\b(?:system prompt|conversation(?: history)?|chat history|message history|hidden instructions|chain of thought|context window|initial instructions)\b",
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
