//! What a person does not see: invisible characters, terminal escapes, look-alike letters.

use super::{super::shapes::ascii_twin, Passage, Sink, passages::Part};
use crate::finding::Confidence;

pub(super) fn look(passage: &Passage<'_>, sink: &mut Sink<'_>) {
    if let Some((what, confidence)) = terminal_control(passage.text) {
        sink.report("text/ansi-escape", confidence, passage, what, passage.text);
    }
    if passage.text.is_ascii() {
        return;
    }
    if let Some(hidden) = Hidden::of(passage.text) {
        let what = format!("has {} invisible characters", hidden.count);
        let what = if hidden.count == 1 { "has an invisible character" } else { &what };
        let quote = passage.text.get(hidden.first..).unwrap_or("");
        sink.report("text/invisible-characters", hidden.confidence, passage, what, quote);
    }
    homoglyph_mix(passage, sink);
}

/// Control characters that a terminal obeys.
fn terminal_control(text: &str) -> Option<(&'static str, Confidence)> {
    if text.chars().any(|c| matches!(c, '\u{1b}' | '\u{9b}' | '\u{9d}' | '\u{90}')) {
        return Some(("has terminal escape sequences", Confidence::High));
    }
    let controls =
        |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}');
    text.chars().any(controls).then_some(("has control characters", Confidence::Medium))
}

/// Invisible characters that the script or the emoji around them does not need.
struct Hidden {
    count: usize,
    first: usize,
    confidence: Confidence,
}

impl Hidden {
    fn of(text: &str) -> Option<Self> {
        let characters: Vec<(usize, char)> = text.char_indices().collect();
        let is_right_to_left = characters.iter().any(|(_, c)| is_right_to_left(*c));
        let mut hidden: Option<Self> = None;
        let mut flag = false;
        for (index, &(at, c)) in characters.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| characters.get(index)).map(|(_, c)| *c);
            let after = characters.get(index + 1).map(|(_, c)| *c);
            flag = c == '\u{1f3f4}' || (flag && matches!(c, '\u{e0030}'..='\u{e007a}'));
            let closes_flag =
                c == '\u{e007f}' && before.is_some_and(|c| matches!(c, '\u{e0030}'..='\u{e007a}'));
            if flag || closes_flag {
                continue;
            }
            let Some(confidence) = judge(before, c, after, is_right_to_left) else { continue };
            let found = hidden.get_or_insert(Self { count: 0, first: at, confidence });
            found.count += 1;
            found.confidence = found.confidence.max(confidence);
        }
        hidden.map(Self::weigh)
    }

    /// Three stray characters are no accident.
    fn weigh(mut self) -> Self {
        if self.count >= 3 {
            self.confidence = Confidence::High;
        }
        self
    }
}

/// How sure one character, between its neighbours, is hidden on purpose; `None` where it has a use.
fn judge(before: Option<char>, c: char, after: Option<char>, is_right_to_left: bool) -> Option<Confidence> {
    let splits = before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
    let stray = if splits { Confidence::High } else { Confidence::Medium };
    let unless = |has_use: bool, sure: Confidence| (!has_use).then_some(sure);
    match c {
        '\u{200d}' if after.is_some_and(is_pictograph) => None,
        '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180f}' | '\u{17b4}' | '\u{17b5}' => {
            unless(before.is_some_and(joins), Confidence::High)
        }
        '\u{200b}' | '\u{2060}' => unless(before.is_some_and(breaks_without_space), stray),
        '\u{feff}' => unless(before.is_none(), stray),
        '\u{ad}' => Some(Confidence::Medium),
        '\u{200e}' | '\u{200f}' | '\u{61c}' => unless(is_right_to_left, Confidence::Medium),
        '\u{202a}'..='\u{202c}' | '\u{2066}'..='\u{2069}' => unless(is_right_to_left, Confidence::High),
        '\u{fe00}'..='\u{fe0e}' | '\u{e0100}'..='\u{e01ef}' => {
            unless(before.is_some_and(takes_variation), Confidence::High)
        }
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => {
            unless(before.is_some_and(is_hangul), Confidence::High)
        }
        c => is_never_used(c).then_some(Confidence::High),
    }
}

/// Characters without a glyph that plain text never needs: overrides, tags, invisible operators.
fn is_never_used(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{202d}' | '\u{202e}' | '\u{2061}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Scripts in which zero-width joiners and non-joiners shape letters.
fn joins(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{1900}'..='\u{1cff}' | '\u{a800}'..='\u{abff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Scripts that mark where a line may break with a zero-width space.
fn breaks_without_space(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}')
}

/// Characters that exist in several standard shapes: ideographs, symbols, digits of keycaps.
fn takes_variation(c: char) -> bool {
    let is_mathematical = matches!(c, '\u{2190}'..='\u{2bff}' | '\u{a9}' | '\u{ae}' | '0'..='9' | '#' | '*');
    is_mathematical
        || is_pictograph(c)
        || matches!(c, '\u{1000}'..='\u{109f}' | '\u{1820}'..='\u{18aa}' | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Words that mix Latin letters with letters of another alphabet that look the same.
fn homoglyph_mix(passage: &Passage<'_>, sink: &mut Sink<'_>) {
    let words = || passage.text.split(|c: char| !c.is_alphanumeric());
    let is_other = |c: char| c.is_alphabetic() && !c.is_ascii() && ascii_twin(c).is_none();
    let speaks_other = words().any(|word| {
        word.chars().count() >= 3 && word.chars().all(|c| !c.is_ascii()) && word.chars().any(is_other)
    });
    if speaks_other {
        return;
    }
    if let Some(word) = words().find(|word| is_mixed(word)) {
        let confidence = if matches!(passage.part, Part::Name | Part::ParameterName) {
            Confidence::High
        } else {
            Confidence::Medium
        };
        sink.report("text/homoglyph-mix", confidence, passage, "has a word that mixes alphabets", word);
    }
}

fn is_mixed(word: &str) -> bool {
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let mut foreign = word.chars().filter(|c| !c.is_ascii()).peekable();
    latin >= 2 && foreign.peek().is_some() && foreign.all(|c| is_foreign_letter(c) && ascii_twin(c).is_some())
}

/// Letters of alphabets that share shapes with Latin, without those that science writes in words.
fn is_foreign_letter(c: char) -> bool {
    let is_greek = matches!(
        c,
        'ο' | 'ν'
            | 'ι'
            | 'κ'
            | 'Α'
            | 'Β'
            | 'Ε'
            | 'Ζ'
            | 'Η'
            | 'Ι'
            | 'Κ'
            | 'Μ'
            | 'Ν'
            | 'Ο'
            | 'Ρ'
            | 'Τ'
            | 'Υ'
            | 'Χ'
            | 'ϲ'
    );
    is_greek || matches!(c, '\u{400}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(usize, Confidence)> {
        Hidden::of(text).map(|hidden| (hidden.count, hidden.confidence))
    }

    #[test]
    fn invisible_characters_with_a_use_are_silent() {
        for text in [
            "👩\u{200d}💻 👩\u{1f3fd}\u{200d}🚀 ❤\u{fe0f} ☎\u{fe0e} 1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "ภาษา\u{200b}ไทย",
            "\u{feff}text",
            "עברית \u{200f}(a)",
            "葛\u{e0100}",
            "plain – text",
        ] {
            assert_eq!(found(text), None, "{text:?}");
        }
    }

    #[test]
    fn invisible_characters_without_a_use_are_weighed() {
        for (text, count, confidence) in [
            ("a\u{200b}b", 1, Confidence::High),
            ("text. \u{200b}More", 1, Confidence::Medium),
            ("\u{200b} \u{200b} \u{200b}", 3, Confidence::High),
            ("a\u{202e}b", 1, Confidence::High),
            ("a\u{e0041}\u{e0042}", 2, Confidence::High),
            ("🏴x\u{e0041}", 1, Confidence::High),
            ("a\u{fe01}", 1, Confidence::High),
            ("a\u{200d}b", 1, Confidence::High),
            ("a \u{200e}b", 1, Confidence::Medium),
            ("hy\u{ad}phen", 1, Confidence::Medium),
            ("a\u{3164}", 1, Confidence::High),
        ] {
            assert_eq!(found(text), Some((count, confidence)), "{text:?}");
        }
    }

    #[test]
    fn mixed_words_are_told_from_science_and_other_languages() {
        for (word, expected) in [
            ("pаypal", true),
            ("аdmin", true),
            ("Δt", false),
            ("αSyn", false),
            ("µm", false),
            ("naïve", false),
            ("SQLзапрос", false),
            ("кот", false),
        ] {
            assert_eq!(is_mixed(word), expected, "{word}");
        }
    }
}
