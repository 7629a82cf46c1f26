//! Parameters that ask for the conversation or for what the model was told.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Normal, Passage, Sink,
    passages::Part,
    words::{Classes, Text, parts},
};
use crate::finding::Confidence;

const RULE: &str = "text/exfiltration-parameter";

/// Parameter names that have no other meaning, without case and separators.
const NAMES: [&str; 32] = [
    "sidenote",
    "sidenotes",
    "conversationhistory",
    "conversationcontext",
    "conversationlog",
    "chathistory",
    "chatcontext",
    "fullconversation",
    "fullcontext",
    "entireconversation",
    "messagehistory",
    "allmessages",
    "chatlog",
    "llmmodelname",
    "llmname",
    "llmmodel",
    "modelidentity",
    "assistantmodel",
    "modelsystemprompt",
    "yoursystemprompt",
    "systemprompttext",
    "systeminstructions",
    "hiddeninstructions",
    "previousmessages",
    "previoustoolcalls",
    "toolcallhistory",
    "toolhistory",
    "availabletools",
    "contextwindow",
    "chainofthought",
    "innerthoughts",
    "usercredentials",
];

pub(super) fn look(passage: &Passage<'_>, normal: &Normal<'_>, sink: &mut Sink<'_>) {
    static WORDING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"\b(?:full|entire|complete|whole|verbatim|exact|all|your)\b(?: of)?(?: \w+){0,3}? (?:conversation(?: history)?|chat (?:history|log)|message history",
            r"|system prompt|hidden instructions|previous messages|prior messages|chain of thought|context window)\b",
        ))
        .expect("a test compiles it")
    });
    static HANDS_OVER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(?:pass|include|provide|supply|put|paste|send|attach|submit|copy)\b")
            .expect("a test compiles it")
    });
    match passage.part {
        Part::ParameterName => {
            let bare: String = normal.text.chars().filter(|c| c.is_alphanumeric()).collect();
            if NAMES.contains(&bare.as_str()) {
                let what = "asks for what was said or what the model was told";
                sink.report(RULE, Confidence::Low, passage, what, passage.text);
            } else if is_order(passage.text) {
                let what = "is an order to read a secret";
                sink.report("text/secret-request", Confidence::Medium, passage, what, passage.text);
            }
        }
        Part::Description | Part::Parameter(_) | Part::Instructions => {
            let Some(found) = WORDING.find(&normal.text) else { return };
            let lead = normal.text.get(..found.end()).unwrap_or("");
            let sentence = lead.rfind(['.', '!', '?']).map_or(lead, |at| lead.get(at..).unwrap_or(lead));
            let is_parameter = matches!(passage.part, Part::Parameter(_));
            if is_parameter || HANDS_OVER.is_match(sentence) {
                let what = "asks the model to pass on the conversation or its instructions";
                sink.report(
                    RULE,
                    Confidence::Medium,
                    passage,
                    what,
                    normal.original(found.start(), found.end()),
                );
            }
        }
        Part::Name | Part::Title | Part::Prompt | Part::Uri => {}
    }
}

/// Whether a name is a sentence that tells where its value comes from: `content_of_ssh_private_key`.
fn is_order(name: &str) -> bool {
    let words: Vec<&str> = parts(name).collect();
    if words.len() < 4 || words.len() > 30 {
        return false;
    }
    let sentence = words.join(" ");
    let text = Text::of(&sentence);
    let classes = text.sentences().flatten().fold(Classes::default(), |all, token| all.with(token.classes));
    let is_secret = classes.has(Classes::BURIED) || words.windows(2).any(|pair| {
        matches!(pair, [first, second] if [("ssh", "key"), ("id", "rsa"), ("etc", "passwd"), ("etc", "shadow"), ("private", "key"), ("aws", "credentials"), ("env", "file"), ("system", "prompt")]
            .iter().any(|(one, other)| first.eq_ignore_ascii_case(one) && second.eq_ignore_ascii_case(other)))
    });
    is_secret
        && words.iter().any(|word| {
            ["content", "contents", "from", "read", "reading", "of", "get", "include"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_an_order() {
        for (name, expected) in [
            ("content_from_reading_ssh_id_rsa", true),
            ("contentsOfTheSystemPrompt", true),
            ("private_key_path", false),
            ("path_to_the_ssh_key_folder", false),
            ("number_of_rows_from_page", false),
        ] {
            assert_eq!(is_order(name), expected, "{name}");
        }
    }
}
