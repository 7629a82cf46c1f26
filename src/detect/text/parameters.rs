//! Parameters that ask for the conversation or for what the model was told.

use std::sync::LazyLock;

use regex::Regex;

use super::{Normal, Passage, Sink, passages::Part};
use crate::finding::Confidence;

const RULE: &str = "text/exfiltration-parameter";

/// Parameter names that have no other meaning, without case and separators.
const NAMES: [&str; 14] = [
    "sidenote",
    "conversationhistory",
    "chathistory",
    "fullconversation",
    "entireconversation",
    "messagehistory",
    "chatlog",
    "llmmodelname",
    "modelsystemprompt",
    "yoursystemprompt",
    "previousmessages",
    "previoustoolcalls",
    "availabletools",
    "contextwindow",
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
