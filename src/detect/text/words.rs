//! A text as sentences of words, names, addresses and quotes, with the classes of each word.
//!
//! Which words a class has is data: `rules/text-words.toml`. Words are compared by their stem.

use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

use rustc_hash::{FxHashMap, FxHashSet};

/// Words of a text that are looked at; more are no description.
const WORDS: usize = 20_000;

/// Characters between two quotation marks.
const QUOTED: usize = 160;

/// The classes of `rules/text-words.toml` in the order of their bits.
pub(super) const CLASSES: [&str; 33] = [
    "aside",
    "authority",
    "belonging",
    "beyond",
    "buried",
    "call",
    "change",
    "content",
    "covert",
    "destroy",
    "excess",
    "far",
    "first",
    "give",
    "hedge",
    "help",
    "model",
    "order",
    "overrule",
    "place",
    "pretext",
    "private",
    "read",
    "secret",
    "secret-path",
    "send",
    "tool",
    "use",
    "user",
    "when",
    "whole",
    "whose",
    "without",
];

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Classes(u64);

impl Classes {
    pub(super) const ASIDE: Self = Self(1);
    pub(super) const AUTHORITY: Self = Self(1 << 1);
    pub(super) const BELONGING: Self = Self(1 << 2);
    pub(super) const BEYOND: Self = Self(1 << 3);
    pub(super) const BURIED: Self = Self(1 << 4);
    pub(super) const CALL: Self = Self(1 << 5);
    pub(super) const CHANGE: Self = Self(1 << 6);
    pub(super) const CONTENT: Self = Self(1 << 7);
    pub(super) const DESTROY: Self = Self(1 << 9);
    pub(super) const EXCESS: Self = Self(1 << 10);
    pub(super) const FAR: Self = Self(1 << 11);
    pub(super) const FIRST: Self = Self(1 << 12);
    pub(super) const GIVE: Self = Self(1 << 13);
    pub(super) const HEDGE: Self = Self(1 << 14);
    pub(super) const HELP: Self = Self(1 << 15);
    pub(super) const MODEL: Self = Self(1 << 16);
    pub(super) const ORDER: Self = Self(1 << 17);
    pub(super) const OVERRULE: Self = Self(1 << 18);
    pub(super) const PLACE: Self = Self(1 << 19);
    pub(super) const PRETEXT: Self = Self(1 << 20);
    pub(super) const PRIVATE: Self = Self(1 << 21);
    pub(super) const READ: Self = Self(1 << 22);
    pub(super) const SECRET: Self = Self(1 << 23);
    pub(super) const SECRET_PATH: Self = Self(1 << 24);
    pub(super) const SEND: Self = Self(1 << 25);
    pub(super) const TOOL: Self = Self(1 << 26);
    pub(super) const USE: Self = Self(1 << 27);
    pub(super) const USER: Self = Self(1 << 28);
    pub(super) const WHEN: Self = Self(1 << 29);
    pub(super) const WHOLE: Self = Self(1 << 30);
    pub(super) const WHOSE: Self = Self(1 << 31);
    pub(super) const WITHOUT: Self = Self(1 << 32);

    /// Whether any class is in both.
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The classes of either.
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The classes of this one that the other lacks.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The numbers of the classes.
    pub(super) fn numbers(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |bit| self.0 >> bit & 1 == 1)
    }

    fn named(name: &str) -> Option<Self> {
        CLASSES.iter().position(|class| *class == name).map(|at| Self(1 << at))
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A word of a language.
    Word,
    /// An identifier: `send_email`, `sendEmail`, or one quoted word.
    Name,
    /// Quoted text that is neither.
    Literal,
    /// A number.
    Number,
    /// An address, a host or a mail address.
    Address,
    /// A file's path or name.
    Path,
    /// A comma, a colon, a bracket.
    Mark,
}

/// A piece of a sentence.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// As written, without quotation marks.
    pub(super) text: &'a str,
    /// Where it starts in the normal form.
    pub(super) start: usize,
    /// Where it ends, with its quotation mark.
    pub(super) end: usize,
    /// Whether it stood between quotation marks.
    pub(super) is_quoted: bool,
    /// The stem of a word, in lower case.
    pub(super) stem: String,
    pub(super) classes: Classes,
}

impl Token<'_> {
    /// Whether it is this word, in any case.
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is a word of one of these classes.
    pub(super) fn says(&self, classes: Classes) -> bool {
        self.kind == Kind::Word && self.classes.has(classes)
    }
}

/// A text taken apart.
#[derive(Debug, Default)]
pub(super) struct Text<'a> {
    tokens: Vec<Token<'a>>,
    sentences: Vec<Range<usize>>,
}

impl<'a> Text<'a> {
    /// Takes the cased normal form of a text apart.
    pub(super) fn of(cased: &'a str) -> Self {
        let mut reader = Reader { text: cased, at: 0, found: Self::default(), open: 0 };
        reader.read();
        let mut found = reader.found;
        mark_phrases(&mut found.tokens);
        found
    }

    /// The sentences in order.
    pub(super) fn sentences(&self) -> impl DoubleEndedIterator<Item = &[Token<'a>]> + Clone {
        self.sentences.iter().filter_map(|range| self.tokens.get(range.clone()))
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    found: Text<'a>,
    open: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            if self.found.tokens.len() >= WORDS {
                break;
            }
            let before = self.text.get(..self.at).and_then(|text| text.chars().next_back());
            let after_word = before.is_some_and(char::is_alphanumeric);
            match c {
                '\'' | '"' | '`' if !after_word && self.quote(c) => {}
                '.' | '!' | '?' if self.ends_sentence(c) => self.close(),
                '\u{c}' => self.close(),
                '\n' if starts_item(self.rest().get(1..).unwrap_or("")) => self.close(),
                '-' if before == Some(' ') && self.rest().starts_with("- ") => self.close(),
                ',' | ';' | ':' | '(' | ')' | '=' => self.push(Kind::Mark, 0, 1, 1),
                '~' | '/' | '.' | '*' if !after_word && self.path() => {}
                c if c.is_ascii_digit() => self.number(),
                c if c.is_alphabetic() || c == '_' => self.word(),
                c => self.at += c.len_utf8(),
            }
        }
        self.close_sentence();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn close(&mut self) {
        self.close_sentence();
        self.at += 1;
    }

    fn close_sentence(&mut self) {
        let end = self.found.tokens.len();
        if end > self.open {
            self.found.sentences.push(self.open..end);
            self.open = end;
        }
    }

    /// Adds the text between two offsets from here, and goes on after `end`.
    fn push(&mut self, kind: Kind, from: usize, to: usize, end: usize) {
        let rest = self.rest();
        let text = rest.get(from..to).unwrap_or("");
        let (stem, classes) = match kind {
            Kind::Word => (stem(text), Classes::default()),
            Kind::Name => (String::new(), of_parts(text)),
            Kind::Path => (String::new(), of_path(text)),
            Kind::Literal => (String::new(), of_literal(text)),
            Kind::Number | Kind::Address | Kind::Mark => (String::new(), Classes::default()),
        };
        let (start, is_quoted) = (self.at, from > 0);
        self.at += end.max(1);
        self.found.tokens.push(Token { kind, text, start, end: self.at, is_quoted, stem, classes });
    }

    fn ends_sentence(&self, mark: char) -> bool {
        match self.rest().chars().nth(1) {
            None => true,
            Some(next) => {
                next.is_whitespace()
                    || next == '\u{c}'
                    || matches!(next, '"' | '\'' | '`' | ')' | '<')
                    || (mark != '.' && !next.is_ascii_digit())
                    || next.is_uppercase()
            }
        }
    }

    /// Reads quoted text, where the mark is closed on the same line.
    fn quote(&mut self, mark: char) -> bool {
        let rest = self.rest();
        let run = rest.chars().take_while(|c| *c == mark).count().min(3);
        let mut inner = rest.get(run..).unwrap_or("");
        if inner.len() > QUOTED {
            let cut = (0..=QUOTED).rev().find(|at| inner.is_char_boundary(*at)).unwrap_or(0);
            inner = inner.get(..cut).unwrap_or("");
        }
        let inner = inner.split('\u{c}').next().unwrap_or("");
        let closing = inner.match_indices(mark).find(|(at, _)| {
            let next = inner.get(at + 1..).and_then(|rest| rest.chars().next());
            *at > 0 && !next.is_some_and(char::is_alphanumeric)
        });
        let Some((length, _)) = closing else { return false };
        let kind = kind_of_quoted(inner.get(..length).unwrap_or(""));
        self.push(kind, run, run + length, run + length + 1);
        true
    }

    fn path(&mut self) -> bool {
        let rest = self.rest();
        let end = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | ')' | '(' | '<' | '>')
            })
            .unwrap_or(rest.len());
        let path = rest.get(..end).unwrap_or("").trim_end_matches(['.', ':', '!', '?']);
        let is_path = path.len() > 2
            && path.chars().any(char::is_alphabetic)
            && (path.starts_with("~/")
                || path.starts_with("*.")
                || path.starts_with("../")
                || path.starts_with("./")
                || path.strip_prefix(['.', '/']).is_some_and(|rest| rest.starts_with(char::is_alphabetic)));
        if is_path {
            self.push(Kind::Path, 0, path.len(), path.len());
        }
        is_path
    }

    fn number(&mut self) {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | ',' | ':' | '-'))
            .unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or("").trim_end_matches(['.', ',', ':', '-']).len().max(1);
        self.push(Kind::Number, 0, number, number);
    }

    fn word(&mut self) {
        let rest = self.rest();
        let mut end = length_of_word(rest);
        let mut kind = Kind::Word;
        let tail = |from: usize| rest.get(from..).unwrap_or("");
        if tail(end).starts_with("://") {
            end += tail(end)
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | '<' | '>' | ','))
                .unwrap_or(tail(end).len());
            kind = Kind::Address;
        } else if let Some(host) =
            tail(end).strip_prefix('@').filter(|host| host.starts_with(char::is_alphanumeric))
        {
            end += 1 + host
                .find(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-'))
                .unwrap_or(host.len());
            kind = Kind::Address;
        } else {
            while tail(end).starts_with(['.', '/'])
                && tail(end + 1)
                    .starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && (kind != Kind::Word || tail(end).starts_with('.'))
            {
                end += 1 + length_of_word(tail(end + 1)).max(1);
                kind = Kind::Path;
            }
            if kind == Kind::Path {
                kind = kind_of_dotted(rest.get(..end).unwrap_or(""));
            } else if is_name(rest.get(..end).unwrap_or("")) {
                kind = Kind::Name;
            }
        }
        self.push(kind, 0, end, end);
    }
}

/// The length of the word at the start: letters, digits, inner hyphens and apostrophes.
fn length_of_word(text: &str) -> usize {
    let mut end = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, c)| *c);
        let joins = match c {
            '-' => next.is_some_and(char::is_alphanumeric),
            '\'' => next.is_some_and(|c| matches!(c, 's' | 't' | 'r' | 'l' | 'v' | 'd' | 'm')),
            c => c.is_alphanumeric() || c == '_',
        };
        if !joins || (at == 0 && matches!(c, '-' | '\'')) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// Whether the line that starts here is an item of a list or of an argument table.
fn starts_item(line: &str) -> bool {
    let line = line.trim_start_matches(' ');
    if line.starts_with(['-', '*', '#', '<', '•']) || line.starts_with(|c: char| c.is_ascii_digit()) {
        return true;
    }
    let word = line.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(line.len());
    let rest = line.get(word..).unwrap_or("");
    let rest = if let Some(inner) = rest.strip_prefix(" (") {
        inner.find(')').and_then(|at| inner.get(at + 1..)).unwrap_or("")
    } else {
        rest
    };
    word > 0 && rest.starts_with(':')
}

/// Whether a word is written as programs write names.
fn is_name(word: &str) -> bool {
    let inner = word.trim_matches('_');
    let camel = word.as_bytes().windows(2).any(|pair| {
        matches!(pair, [first, second] if (first.is_ascii_lowercase() || first.is_ascii_digit()) && second.is_ascii_uppercase())
    });
    let kebab =
        word.as_bytes().windows(2).any(|pair| matches!(pair, [b'-', second] if second.is_ascii_uppercase()));
    let starts_small = word.starts_with(|c: char| c.is_ascii_lowercase());
    inner.contains('_') || (camel && starts_small) || kebab
}

fn kind_of_quoted(text: &str) -> Kind {
    let has_space = text.contains(char::is_whitespace);
    if text.contains("://") || (!has_space && text.contains('@') && text.contains('.')) {
        return Kind::Address;
    }
    let trimmed = text.trim_end_matches("()");
    let is_plain = trimmed.starts_with(|c: char| c.is_ascii_alphabetic())
        && trimmed
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'));
    if is_plain && (3..=64).contains(&trimmed.len()) && kind_of_dotted(trimmed) != Kind::Address {
        return Kind::Name;
    }
    if !has_space && (text.starts_with(['~', '/', '.']) || text.contains("/.")) && text.len() > 2 {
        return Kind::Path;
    }
    Kind::Literal
}

/// A host where the last part is a common domain, words where the parts are letters, else a file.
fn kind_of_dotted(text: &str) -> Kind {
    const DOMAINS: [&str; 18] = [
        "com", "net", "org", "io", "dev", "ai", "co", "xyz", "site", "app", "cloud", "info", "example",
        "online", "top", "ru", "cn", "me",
    ];
    let host = text.split('/').next().unwrap_or(text);
    let (name, last) = host.rsplit_once('.').unwrap_or(("", host));
    if DOMAINS.contains(&last) && name.len() > 2 {
        return Kind::Address;
    }
    if text.split('.').all(|part| part.len() <= 1) {
        return Kind::Word;
    }
    Kind::Path
}

/// The pieces of an identifier: `sendEmail` is `send` and `Email`.
pub(super) fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).flat_map(|piece| {
        let mut starts = vec![0];
        for (at, pair) in piece.as_bytes().windows(2).enumerate() {
            if matches!(pair, [first, second] if first.is_ascii_lowercase() && second.is_ascii_uppercase()) {
                starts.push(at + 1);
            }
        }
        let ends: Vec<usize> = starts.iter().skip(1).copied().chain([piece.len()]).collect();
        starts
            .into_iter()
            .zip(ends)
            .filter_map(|(start, end)| piece.get(start..end))
            .filter(|piece| !piece.is_empty())
    })
}

fn of_parts(name: &str) -> Classes {
    parts(name).fold(Classes::default(), |all, part| all.with(single(&stem(part))))
}

fn of_path(path: &str) -> Classes {
    let lower = path.to_ascii_lowercase();
    let mut pieces = lower.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
    let lexicon = lexicon();
    if pieces.any(|piece| lexicon.paths.contains(piece)) { Classes::SECRET } else { Classes::default() }
}

fn of_literal(text: &str) -> Classes {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
    words.fold(Classes::default(), |all, word| {
        let found = if word.starts_with(['~', '/', '.']) { of_path(word) } else { of_parts(word) };
        all.with(found)
    })
}

/// A word without its ending: `sends`, `sending` and `send` are one.
pub(super) fn stem(word: &str) -> String {
    let mut word = word.to_lowercase();
    if let Some(at) = word.find('\'') {
        if word.ends_with("'s") {
            word.truncate(at);
        } else {
            return word;
        }
    }
    if !word.is_ascii() || word.contains('-') {
        return word;
    }
    let length = word.len();
    if length > 4 && (word.ends_with("ies") || word.ends_with("ied")) {
        word.truncate(length - 3);
        word.push('y');
        return word;
    }
    let cut = match () {
        () if word.ends_with("sses") => 2,
        () if length > 5 && word.ends_with("ing") => 3,
        () if length > 4 && (word.ends_with("ed") || word.ends_with("es")) => 2,
        () if length > 3 && word.ends_with('s') && !word.ends_with("ss") => 1,
        () => 0,
    };
    word.truncate(length - cut);
    let bytes = word.as_bytes();
    if let [.., one, other] = bytes
        && bytes.len() > 3
        && one == other
        && !b"aeiouls".contains(other)
    {
        word.pop();
    }
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
    word
}

/// Where the words of each class are looked up.
struct Lexicon {
    /// By first stem: the stems that must follow, and the classes.
    phrases: FxHashMap<String, Vec<(Vec<String>, Classes)>>,
    /// Names in paths of files with credentials.
    paths: FxHashSet<String>,
}

/// The word lists as written.
pub(in crate::detect) const SOURCE: &str = include_str!("../../../rules/text-words.toml");

fn lexicon() -> &'static Lexicon {
    static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
        let lists: BTreeMap<String, Vec<String>> = toml::from_str(SOURCE).unwrap_or_default();
        let mut lexicon = Lexicon { phrases: FxHashMap::default(), paths: FxHashSet::default() };
        for (name, phrases) in &lists {
            let Some(class) = Classes::named(name) else { continue };
            for phrase in phrases {
                if class == Classes::SECRET_PATH {
                    lexicon.paths.insert(phrase.clone());
                    continue;
                }
                let mut stems = phrase.split(' ').map(stem);
                let first = stems.next().unwrap_or_default();
                lexicon.phrases.entry(first).or_default().push((stems.collect(), class));
            }
        }
        lexicon
    });
    &LEXICON
}

/// The classes of one stem alone.
fn single(stem: &str) -> Classes {
    let phrases = lexicon().phrases.get(stem).map_or(&[][..], Vec::as_slice);
    let alone = phrases.iter().filter(|(rest, _)| rest.is_empty());
    alone.fold(Classes::default(), |all, (_, class)| all.with(*class))
}

/// Gives every word the classes of the phrases that it stands in.
fn mark_phrases(tokens: &mut [Token<'_>]) {
    let lexicon = lexicon();
    for at in 0..tokens.len() {
        let Some(token) = tokens.get(at).filter(|token| token.kind == Kind::Word) else { continue };
        let mut classes = Classes::default();
        if token.text.contains('-') {
            classes = token.text.split('-').fold(classes, |all, part| all.with(single(&stem(part))));
        }
        let mut spans: Vec<(usize, Classes)> = Vec::new();
        if let Some(phrases) = lexicon.phrases.get(&token.stem) {
            for (rest, class) in phrases {
                let follows = rest
                    .iter()
                    .enumerate()
                    .all(|(offset, stem)| tokens.get(at + 1 + offset).is_some_and(|next| next.stem == *stem));
                if follows {
                    spans.push((rest.len(), *class));
                }
            }
        }
        if let Some(token) = tokens.get_mut(at) {
            token.classes = token.classes.with(classes);
        }
        for (length, class) in spans {
            for token in tokens.iter_mut().skip(at).take(length + 1) {
                token.classes = token.classes.with(class);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_a_class_and_every_class_a_list() {
        let lists: BTreeMap<String, Vec<String>> = toml::from_str(SOURCE).unwrap();
        for name in lists.keys() {
            assert!(Classes::named(name).is_some(), "{name}");
        }
        for class in CLASSES {
            assert!(lists.get(class).is_some_and(|words| !words.is_empty()), "{class}");
        }
        assert!(CLASSES.is_sorted());
        assert_eq!(Classes::named("send"), Some(Classes::SEND));
        assert_eq!(Classes::named("whole"), Some(Classes::WHOLE));
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for group in [
            &["send", "sends", "sending"][..],
            &["copy", "copies", "copied", "copying"],
            &["log", "logs", "logged", "logging"],
            &["change", "changes", "changed", "changing"],
            &["user", "users", "user's"],
        ] {
            for word in group {
                assert_eq!(stem(word), stem(group[0]), "{word}");
            }
        }
    }

    #[test]
    fn takes_sentences_apart() {
        for (text, expected) in [
            (
                "Adds two numbers. Then, reads ~/.ssh/id_rsa now.",
                "Adds two numbers|Then , reads ~/.ssh/id_rsa now",
            ),
            ("call 'send_email' with 'a b' (see sendMail)", "call send_email with a b ( see sendMail )"),
            ("done.This ends", "done|This ends"),
            ("the user's file\n- one\n- two", "the user's file|one|two"),
            ("wraps\nhere", "wraps here"),
            ("Args:\na (int): first\nb: second", "Args :|a ( int ) : first|b : second"),
            ("to x@y.example and https://z.example/p, ok", "to x@y.example and https://z.example/p , ok"),
        ] {
            let found = Text::of(text);
            let sentences: Vec<String> = found
                .sentences()
                .map(|tokens| tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" "))
                .collect();
            assert_eq!(sentences.join("|"), expected);
        }
    }

    #[test]
    fn knows_the_kinds_and_classes_of_tokens() {
        for (text, kind, class) in [
            ("send_email", Kind::Name, Some(Classes::SEND)),
            ("sendEmail", Kind::Name, Some(Classes::SEND)),
            ("'read'", Kind::Name, Some(Classes::READ)),
            ("'drop it all'", Kind::Literal, Some(Classes::DESTROY)),
            ("/etc/shadow", Kind::Path, Some(Classes::SECRET)),
            (".env", Kind::Path, Some(Classes::SECRET)),
            ("config.json", Kind::Path, None),
            ("evil.example.com", Kind::Address, None),
            ("4711", Kind::Number, None),
            ("third-party", Kind::Word, Some(Classes::FAR)),
            ("uploads", Kind::Word, Some(Classes::SEND)),
        ] {
            let found = Text::of(text);
            let token = found.sentences().next().unwrap()[0].clone();
            assert_eq!(token.kind, kind, "{text}");
            assert!(class.is_none_or(|class| token.classes.has(class)), "{text}");
        }
    }
}
