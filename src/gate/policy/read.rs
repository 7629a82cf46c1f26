//! A policy file against the table of its keys: every mistake at once, each with its line.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::keys::{Key, Shape};

/// Longest policy file, bytes.
pub const LONGEST: usize = 1 << 20;
/// How much a word must resemble a known one to be suggested.
const SIMILAR: f64 = 0.75;

/// Something in a policy file that cannot be meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mistake {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong, one sentence.
    pub message: String,
    /// What may be meant.
    pub hint: Option<String>,
}

/// Where things stand in a file.
pub(in crate::gate) struct Lines<'a>(pub(in crate::gate) &'a str);

impl Lines<'_> {
    pub(in crate::gate) fn of(&self, at: usize) -> usize {
        self.0.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
    }
}

/// Collects mistakes.
pub(in crate::gate) struct Reader<'a> {
    pub(in crate::gate) lines: Lines<'a>,
    pub(in crate::gate) mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    pub(in crate::gate) fn mistake(&mut self, at: usize, message: impl Into<String>, hint: Option<String>) {
        self.mistakes.push(Mistake { line: self.lines.of(at), message: message.into(), hint });
    }

    /// Compares a table with the keys that it may have.
    pub(super) fn table(&mut self, table: &DeTable<'_>, at: usize, keys: &[Key], place: &str) {
        for (name, value) in table {
            let known = keys.iter().find(|key| key.name == name.get_ref().as_ref());
            if let Some(key) = known {
                self.value(value, key, place);
                continue;
            }
            let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
            let message = format!("no key is called `{}`{place}", name.get_ref());
            self.mistake(name.span().start, message, suggestion(name.get_ref(), &names));
        }
        for key in keys.iter().filter(|key| key.must && !table.contains_key(key.name)) {
            self.mistake(at, format!("`{}` is missing{place}", key.name), Some(key.about.to_owned()));
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, key: &Key, place: &str) {
        let at = value.span().start;
        let name = key.name;
        match (&key.shape, value.get_ref()) {
            (Shape::Choice(words), DeValue::String(text)) => self.word(text, words, at, name),
            (Shape::Choices(words), DeValue::Array(list)) if !list.is_empty() => {
                for item in list {
                    match item.get_ref() {
                        DeValue::String(text) => self.word(text, words, item.span().start, name),
                        other => self.wrong(item.span().start, (name, place), "a text", other),
                    }
                }
            }
            (Shape::Text, DeValue::String(text)) if !text.trim().is_empty() => {}
            (Shape::Text, DeValue::String(_)) => self.mistake(at, format!("`{name}` is empty"), None),
            (Shape::Texts | Shape::List, DeValue::Array(list))
                if !list.is_empty() || matches!(key.shape, Shape::List) =>
            {
                for item in list {
                    match item.get_ref() {
                        DeValue::String(text) if !text.trim().is_empty() => {}
                        DeValue::String(_) => {
                            self.mistake(item.span().start, format!("a text of `{name}` is empty"), None);
                        }
                        other => self.wrong(item.span().start, (name, place), "a text", other),
                    }
                }
            }
            (Shape::Choices(_) | Shape::Texts, DeValue::Array(_)) => {
                self.mistake(at, format!("`{name}` is an empty list"), Some(key.about.to_owned()));
            }
            (Shape::Flag, DeValue::Boolean(_)) => {}
            (Shape::Age, DeValue::String(text)) => {
                if age(text).is_none() {
                    let message = format!("`{name}` cannot be `{text}`");
                    self.mistake(
                        at,
                        message,
                        Some("write a number and a unit: `12 hours`, `3 days`".to_owned()),
                    );
                }
            }
            (Shape::Day, DeValue::String(_) | DeValue::Datetime(_)) => {
                if day(value.get_ref()).is_none() {
                    let hint = "write a day: `2027-01-31`".to_owned();
                    self.mistake(at, format!("`{name}` is no day of the calendar"), Some(hint));
                }
            }
            (Shape::Table(keys), DeValue::Table(inner)) => {
                self.table(inner, at, keys, &format!(" in `[{name}]`"));
            }
            (Shape::Tables(keys), DeValue::Array(list)) => {
                for item in list {
                    match item.get_ref() {
                        DeValue::Table(inner) => {
                            self.table(inner, item.span().start, keys, &format!(" in `[[{name}]]`"));
                        }
                        other => self.wrong(item.span().start, (name, place), "a table", other),
                    }
                }
            }
            (Shape::ByRule(keys), DeValue::Table(inner)) => self.by_rule(inner, keys, name),
            (shape, other) => self.wrong(at, (name, place), expected(shape), other),
        }
    }

    fn by_rule(&mut self, table: &DeTable<'_>, keys: &[Key], place: &str) {
        for (name, value) in table {
            let at = value.span().start;
            match value.get_ref() {
                DeValue::Table(inner) => {
                    self.table(inner, at, keys, &format!(" in `{place}.\"{}\"`", name.get_ref()));
                    if inner.is_empty() {
                        let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                        let hint = format!("write at least one of {}", names.join(", "));
                        self.mistake(at, format!("`{}` says nothing", name.get_ref()), Some(hint));
                    }
                }
                other => {
                    let place = format!(" in `[{place}]`");
                    let expected = "a table such as `{ fail-on = \"medium\" }`";
                    self.wrong(at, (name.get_ref(), &place), expected, other);
                }
            }
        }
    }

    fn word(&mut self, text: &str, words: &[&str], at: usize, name: &str) {
        if !words.contains(&text) {
            let hint = suggestion(text, words).unwrap_or_else(|| format!("one of {}", words.join(", ")));
            self.mistake(at, format!("`{name}` cannot be `{text}`"), Some(hint));
        }
    }

    fn wrong(&mut self, at: usize, (name, place): (&str, &str), expected: &str, found: &DeValue<'_>) {
        self.mistake(at, format!("`{name}`{place} must be {expected}, not {}", kind(found)), None);
    }
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Choice(_) | Shape::Text => "a text",
        Shape::Choices(_) | Shape::Texts | Shape::List => "a list of texts",
        Shape::Flag => "`true` or `false`",
        Shape::Age => "a text such as `3 days`",
        Shape::Day => "a day such as `2027-01-31`",
        Shape::Table(_) | Shape::ByRule(_) => "a table",
        Shape::Tables(_) => "a list of tables",
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a day or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known word that is most like a word, as a hint.
pub(super) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    let lower = word.to_lowercase().replace('_', "-");
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, candidate), candidate))
        .filter(|(similar, _)| *similar >= SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

/// Seconds of `3 days` or `12 hours`.
pub(super) fn age(text: &str) -> Option<i64> {
    let (number, unit) = text.split_once(' ')?;
    let number: u16 = number.parse().ok()?;
    match unit {
        "hour" | "hours" => Some(i64::from(number) * 3_600),
        "day" | "days" => Some(i64::from(number) * 86_400),
        _ => None,
    }
}

/// A day as `YYYY-MM-DD`, where the calendar has it.
pub(super) fn day(value: &DeValue<'_>) -> Option<String> {
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(time) if time.time.is_none() => time.date?.to_string(),
        _ => return None,
    };
    is_day(&text).then_some(text)
}

/// Whether a text is a day of the calendar, as `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    let seconds = crate::artifact::time::parse(&format!("{text}T00:00:00Z"));
    text.len() == 10 && seconds.is_some_and(|seconds| crate::artifact::time::show(seconds).starts_with(text))
}
