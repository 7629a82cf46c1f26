//! Tools that say that they calculate or rewrite something, and whose code does something else.
//!
//! A claim is words alone: a verb of calculating or rewriting with an object of that kind near it,
//! and no word anywhere that would make a file, a request or a program expected.

use super::places::{Found, View, words};
use crate::{
    code::{graph::Value, literal, resolve::At},
    connector::{Tool, capabilities::Does},
    detect::sets,
    finding::{Confidence, Finding, Rule, Severity},
    untrusted,
};

/// Words between a verb and its object.
const APART: usize = 6;
/// Longest text that can be a claim, words.
const LONGEST: usize = 160;

/// Verbs of calculating and rewriting.
const VERBS: &str = "adder adding average beautifie beautify calculate calculator capitalise capitalize censor \
    compare compute concatenate convert converter count counter decode dedent divide echo echoe \
    encode escape evaluate factor flip format formatter greet hash hashe indent join lowercase \
    measure minifie minify multiplie multiply normalise normalize pad parse prettifie prettify \
    reformat repeat reverse roll round shuffle simplifie simplify slugifie slugify solve sort \
    split strip subtract sum toss transpose trim truncate unescape uppercase validate wrap";

/// What is calculated or rewritten.
const OBJECTS: &str = "anagram angle arithmetic array base64 bmi calculation camelcase celsius character checksum \
    circle coin color colour consonant csv date decimal dice digit duration equation expression \
    factorial fahrenheit fibonacci float fraction gcd greeting guid hash hashe hexadecimal html \
    integer json kelvin kilogram kilometer kilometre lcm letter loan logarithm lowercase markdown \
    math mathematical matrice matrix md5 mean median meter metre mile mortgage number numeral \
    octal palindrome paragraph passphrase password percentage perimeter phrase polynomial pound \
    prime quotient radian rectangle rgb sentence sha1 sha256 string sum syllable temperature text \
    timestamp timezone tip triangle unit uppercase uuid value vat vector vowel weight word xml \
    yaml yml";

/// What `add` adds where it is a sum.
const ADDENDS: &str = "decimal float fraction integer matrice number value vector";

/// Verbs that say nothing alone.
const WEAK_VERBS: &str = "check create determine find generate get give pick return say show tell";

/// Objects that say enough alone.
const STRONG_OBJECTS: &str = "anagram bmi coin dice difference factorial fibonacci greeting guid leap palindrome passphrase \
    password prime quotient random reversed sum uuid";

/// Words that make more than a calculation expected; those that end in `*` are beginnings.
const MORE: &str = "account address* agent ai alert api app application attribut* audio bash bitcoin block \
    blockchain board* branch* browser bucket build* cach* calendar card cell chart client cloud \
    cluster code collection column command comment commit compil* config* connect* contract cookie \
    countr* credential* crypto* currenc* dashboard data database dataset db dependenc* device \
    directorie directory disk distance docker document dom download* element email endpoint entrie \
    entry env environment* event excel exchange execut* external* fetch* field file* filter flight \
    folder forecast gene geocod* git* gpt graph group historical history home host* http* id \
    identif* image install* instance internet invoice issue item job key kubernetes label language \
    latest launch* layer librar* lint* live llm local location log logged logging machine map \
    market* member memory metric model namespace network* news node note notif* npm online open* \
    operating organi* package page paper patch path payment pdf persist* pip place polic* post \
    price process* profile program* project provider publish* quer* rate realtime record release \
    remote* report repos* request resource route row run* save* saving schema screenshot script \
    search* secret send* sensor server service session shape shell site slide solana source \
    spreadsheet sql ssh status stock storage store* storing subprocess* system table tag task team \
    template tenant terminal thread ticket token transaction translat* upload* uri url user \
    version video wallet weather web* workflow workspace write* written";

/// Asks every tool whose text is such a claim; `told` are those that are reported.
pub(super) fn ask(view: &View<'_>, rule: &'static Rule, told: &mut Vec<usize>, findings: &mut Vec<Finding>) {
    let kinds = Does::NETWORK | Does::PROCESSES | Does::FILE_READS;
    for (index, tool) in view.reaching(kinds) {
        if !is_claim(tool) {
            continue;
        }
        let best = view
            .own(index, tool, kinds)
            .into_iter()
            .filter_map(|found| Some((judge(view, index, &found)?, found)))
            .max_by_key(|((severity, confidence, _), _)| (*severity, *confidence));
        let Some(((severity, confidence, what), found)) = best else { continue };
        let message =
            format!("tool `{}` says that it only calculates or rewrites, but {what}", tool.name.excerpt(60));
        let mut finding = view.report(rule, tool, &found, message);
        finding.severity = severity;
        finding.confidence = confidence;
        findings.push(finding);
        told.push(index);
    }
}

/// How bad a place is in a tool that only calculates, and what it does.
fn judge(view: &View<'_>, index: usize, found: &Found<'_>) -> Option<(Severity, Confidence, String)> {
    let one = found.one;
    let called = untrusted::excerpt(&one.name, 60);
    let bundled = view.code.units[one.unit as usize].bundled;
    let sure = if bundled { Confidence::Medium } else { Confidence::High };
    if one.does.has_any(Does::FILE_READS) {
        let file = credential(view, found)?;
        return Some((Severity::High, sure, format!("its code opens `{file}`")));
    }
    if one.does.has_any(Does::NETWORK) {
        let to = one
            .hosts
            .first()
            .map_or_else(String::new, |host| format!(" to `{}`", untrusted::excerpt(host, 80)));
        let sends = view.arguments(one).into_iter().any(|at| view.comes_from_arguments(index, at));
        let what = if sends { "sends its arguments" } else { "makes a request" };
        return Some((Severity::High, Confidence::Medium, format!("its code {what}{to} with `{called}`")));
    }
    Some((Severity::Medium, Confidence::Medium, format!("its code starts a program with `{called}`")))
}

/// The credential file that a read opens.
fn credential(view: &View<'_>, found: &Found<'_>) -> Option<String> {
    let text = sets::get().texts.get("secret-file")?;
    let (unit, call) = view.call(found.one)?;
    let receiver = match unit.value(call.callee) {
        Value::Member { object, .. } => Some(At { unit: found.one.unit, node: object }),
        _ => None,
    };
    let mut named = None;
    for at in view.arguments(found.one).into_iter().take(1).chain(receiver) {
        let whole = literal::template(&view.resolver, at, "", 0);
        if text.is_match(whole.as_bytes()) {
            return Some(untrusted::excerpt(&whole, 80));
        }
        view.comes_from(at, |at, value| {
            if let Value::Text(atom) = value {
                let part = view.resolver.unit(at).text(atom);
                if text.is_match(part.as_bytes()) {
                    named = Some(untrusted::excerpt(part, 80));
                }
            }
            named.is_some()
        });
        if named.is_some() {
            break;
        }
    }
    named
}

/// Whether a tool's text says that it calculates or rewrites, and nothing more.
fn is_claim(tool: &Tool) -> bool {
    let texts = [Some(&tool.name), tool.title.as_ref(), tool.description.as_ref()];
    let mut all: Vec<String> = Vec::new();
    for text in texts.into_iter().flatten() {
        for word in words(text.raw()).take(LONGEST + 1) {
            if promises_more(&word) {
                return false;
            }
            all.push(singular(word));
        }
        // No claim reaches from one text into the next.
        all.push(String::new());
    }
    if all.len() > LONGEST || all.iter().any(|word| promises_more(word)) {
        return false;
    }
    let properties = tool.input.as_ref().and_then(|input| input.get("properties")?.as_object());
    let mut parameters = properties.into_iter().flatten().flat_map(|(name, _)| words(name));
    !parameters.any(|word| promises_more(&singular(word))) && claims(&all)
}

fn claims(words: &[String]) -> bool {
    let has = |list: &str, word: &str| list.split(' ').any(|known| known == word);
    words.iter().enumerate().any(|(at, word)| {
        let near = words[at + 1..].iter().take(APART).take_while(|word| !word.is_empty());
        let mut near = near.map(String::as_str);
        if word == "add" {
            near.any(|word| has(ADDENDS, word))
        } else if has(VERBS, word) {
            near.any(|word| has(OBJECTS, word))
        } else if has(WEAK_VERBS, word) {
            near.any(|word| has(STRONG_OBJECTS, word))
        } else {
            false
        }
    })
}

fn promises_more(word: &str) -> bool {
    MORE.split(' ').any(|known| match known.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == known,
    })
}

/// A word without its plural or third-person `s`.
fn singular(mut word: String) -> String {
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::untrusted::Untrusted;

    fn claim(name: &str, description: &str) -> bool {
        let text = |text: &str| Untrusted::new(text.to_owned());
        is_claim(&Tool { name: text(name), description: Some(text(description)), ..Tool::default() })
    }

    #[test]
    fn knows_calculations_and_rewriting() {
        for (name, description) in [
            ("add", "Adds two numbers."),
            ("word_count", "Count the words of a text"),
            ("hash_md5", "Generate MD5 hash"),
            ("toUpper", "Converts text to upper case"),
            ("get-sum", "Returns the sum of two numbers"),
            ("roll", "Rolls dice"),
            ("convert_temperature", "Convert between Celsius and Fahrenheit"),
        ] {
            assert!(claim(name, description), "{name}: {description}");
        }
    }

    #[test]
    fn a_word_that_makes_more_expected_is_no_claim() {
        for (name, description) in [
            ("add_comment", "Add the given text as a new comment"),
            ("convert_currency", "Convert an amount between currencies"),
            ("count_words", "Counts the words of a file"),
            ("format_code", "Formats Python code"),
            ("evaluate", "Evaluates an expression in a sandboxed process"),
            ("search", "Find a string"),
            ("get_weather", "Returns the temperature of a city and the weather"),
            ("add_item", "Adds a string to the list of items"),
            ("get_list", "Get a list by ID"),
        ] {
            assert!(!claim(name, description), "{name}: {description}");
        }
    }
}
