//! JSON with comments, or TOML, to values that know where they stand.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::artifact::nesting::is_deeper;

/// Deepest nesting that is read.
const DEPTH: usize = 32;

/// A value and the byte at which it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Table(Vec<Member>),
    List(Vec<Node>),
    Text(String),
    Flag(bool),
    Other,
}

/// A key and what it names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) at: usize,
    pub(super) node: Node,
}

impl Node {
    /// What a key of a table names.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|member| member.name == name).map(|member| &member.node)
    }

    /// The members of a table.
    pub(super) fn members(&self) -> &[Member] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is wrong with a text, and at which byte.
pub(super) type Broken = (usize, String);

/// Reads TOML.
pub(super) fn toml(text: &str) -> Result<Node, Broken> {
    if is_deeper(text, DEPTH) {
        return Err((0, "its tables are nested too deep".to_owned()));
    }
    let table = DeTable::parse(text).map_err(|error| {
        (error.span().map_or(0, |span| span.start), format!("this is no TOML: {}", error.message()))
    })?;
    Ok(Node { at: 0, value: of_table(table.get_ref()) })
}

fn of_table(table: &DeTable<'_>) -> Value {
    let mut members: Vec<Member> = table
        .iter()
        .map(|(name, value)| Member {
            name: name.get_ref().to_string(),
            at: name.span().start,
            node: of_value(value),
        })
        .collect();
    members.sort_by_key(|member| member.at);
    Value::Table(members)
}

fn of_value(value: &Spanned<DeValue<'_>>) -> Node {
    let kind = match value.get_ref() {
        DeValue::Table(table) => of_table(table),
        DeValue::Array(list) => Value::List(list.iter().map(of_value).collect()),
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
    };
    Node { at: value.span().start, value: kind }
}

/// Reads JSON in which comments and commas behind the last item are allowed, as editors allow them.
pub(super) fn json(text: &str) -> Result<Node, Broken> {
    let mut reader = Reader { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 } };
    let node = reader.value(DEPTH)?;
    reader.blank();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.broken("something follows the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn broken(&self, why: &str) -> Broken {
        (self.at, format!("this is no JSON: {why}"))
    }

    /// Steps over blanks and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = match rest.as_bytes() {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => 1,
                [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
                _ => return,
            };
            self.at += length;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Broken> {
        self.blank();
        let at = self.at;
        if depth == 0 {
            return Err(self.broken("it is nested too deep"));
        }
        let value = match self.peek() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(_) => self.word()?,
            None => return Err(self.broken("it ends early")),
        };
        Ok(Node { at, value })
    }

    fn table(&mut self, depth: usize) -> Result<Value, Broken> {
        let mut members = Vec::new();
        self.at += 1;
        loop {
            self.blank();
            if self.closes(b'}') {
                return Ok(Value::Table(members));
            }
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.broken("a key is missing"));
            }
            let name = self.string()?;
            self.blank();
            if self.peek() != Some(b':') {
                return Err(self.broken("a colon is missing"));
            }
            self.at += 1;
            members.push(Member { name, at, node: self.value(depth - 1)? });
            self.comma(b'}')?;
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Broken> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.blank();
            if self.closes(b']') {
                return Ok(Value::List(items));
            }
            items.push(self.value(depth - 1)?);
            self.comma(b']')?;
        }
    }

    fn closes(&mut self, end: u8) -> bool {
        let closes = self.peek() == Some(end);
        self.at += usize::from(closes);
        closes
    }

    fn comma(&mut self, end: u8) -> Result<(), Broken> {
        self.blank();
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(byte) if byte == end => {}
            Some(_) => return Err(self.broken("a comma is missing")),
            None => return Err(self.broken("it ends early")),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Broken> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let mut end = 1;
        loop {
            match rest.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(b'\n') | None => return Err(self.broken("a text does not end")),
                Some(_) => end += 1,
            }
        }
        let written = self.text.get(self.at..=self.at + end).unwrap_or_default();
        let text = serde_json::from_str(written).map_err(|_| self.broken("a text cannot be read"))?;
        self.at += end + 1;
        Ok(text)
    }

    fn word(&mut self) -> Result<Value, Broken> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        let word = rest.get(..rest.find(is_end).unwrap_or(rest.len())).unwrap_or_default();
        let value = match word {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            "null" => Value::Other,
            number if number.parse::<f64>().is_ok() => Value::Other,
            _ => return Err(self.broken("a value cannot be read")),
        };
        self.at += word.len();
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Table(members) => {
                let shown = |one: &Member| format!("{}@{}={}", one.name, one.at, self::shown(&one.node));
                format!("{{{}}}", members.iter().map(shown).collect::<Vec<_>>().join(" "))
            }
            Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
            Value::Text(text) => format!("'{text}'@{}", node.at),
            Value::Flag(flag) => flag.to_string(),
            Value::Other => "other".to_owned(),
        }
    }

    #[test]
    fn reads_json_as_editors_write_it() {
        for (text, expected) in [
            ("{}", "{}"),
            ("\u{feff} [1, -2.5e3, null, true,]", "[other other other true]"),
            ("{ // one\n \"a\": /* } */ \"b\\u0041\\n\", }", "{a@10='bA\n'@23}"),
            ("{\"a\":{\"b\":[\"c\",{}]}}", "{a@1={b@6=['c'@11 {}]}}"),
        ] {
            assert_eq!(json(text).map(|node| shown(&node)).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_no_editor_would_read() {
        for text in [
            "",
            "{",
            "[",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "[1 2]",
            "[,]",
            "\"a",
            "\"\\",
            "\"\\q\"",
            "1 2",
            "nul",
            "/*",
            "{\"a\":1",
            "\"\u{1}\"",
        ] {
            assert!(json(text).is_err(), "{text}");
        }
        assert!(json(&"[".repeat(200_000)).is_err());
        assert!(json(&format!("{}{}", "[".repeat(40), "]".repeat(40))).is_err());
        assert!(toml(&"a.".repeat(200_000)).is_err());
        assert!(toml("= 1").is_err());
    }

    #[test]
    fn reads_toml_with_its_places() {
        let node = toml("[servers.a]\ncommand = \"npx\"\nargs = [\"x\"]\n").unwrap();
        assert_eq!(shown(&node), "{servers@1={a@9={command@12='npx'@22 args@28=['x'@36]}}}");
    }
}
