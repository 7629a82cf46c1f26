//! What an organisation allows any connector to ask for: TOML text to [`Bounds`].
//!
//! Every mistake in the text is told at once, with its line.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::untrusted::excerpt;

/// Largest text that is read, bytes.
pub const LARGEST: u64 = 1 << 20;

/// What a connector can do or have, by the names that `together` uses.
pub const POWERS: [&str; 12] = [
    "dynamic-code",
    "environment",
    "file-deletes",
    "file-reads",
    "file-writes",
    "install-hooks",
    "listens",
    "native",
    "network",
    "open-network",
    "processes",
    "secrets",
];

/// The kinds of scopes that can be limited.
pub const SCOPES: [&str; 9] =
    ["container", "environment", "executable", "host", "oauth", "path", "permission", "port", "user-config"];

/// What any connector may ask for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bounds {
    /// What no connector may have together.
    pub forbid: Vec<Forbidden>,
    /// The only hosts that requests may go to; `None` for any.
    pub hosts: Option<Vec<String>>,
    /// The only scopes of a kind that may be asked for; kinds that are not named are not limited.
    pub scopes: BTreeMap<String, Vec<String>>,
}

impl Bounds {
    /// The bounds as the section of a policy that says the same.
    pub fn show(&self) -> String {
        let list = |texts: &[String]| {
            let quoted = texts.iter().map(|text| toml::Value::from(text.as_str()).to_string());
            format!("[{}]", quoted.collect::<Vec<_>>().join(", "))
        };
        let mut text = String::from("\n[bounds]\n");
        if let Some(hosts) = &self.hosts {
            let _ = writeln!(text, "hosts = {}", list(hosts));
        }
        for forbidden in &self.forbid {
            let names: Vec<String> = forbidden.together.iter().map(|name| (*name).to_owned()).collect();
            let _ = write!(text, "\n[[bounds.forbid]]\ntogether = {}\n", list(&names));
            if let Some(why) = &forbidden.why {
                let _ = writeln!(text, "why = {}", toml::Value::from(why.as_str()));
            }
        }
        if !self.scopes.is_empty() {
            text.push_str("\n[bounds.scopes]\n");
            for (kind, scopes) in &self.scopes {
                let _ = writeln!(text, "{kind} = {}", list(scopes));
            }
        }
        text
    }
}

/// Powers that no connector may have together; a single one is forbidden by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Forbidden {
    /// Names from [`POWERS`].
    pub together: BTreeSet<&'static str>,
    /// Why, for the report.
    pub why: Option<String>,
}

/// One mistake in the text.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, printable.
    pub why: String,
}

/// Reads bounds.
///
/// # Errors
/// Every mistake in the text, sorted by line.
pub fn parse(text: &str) -> Result<Bounds, Vec<Mistake>> {
    let mut reader = Reader { text, mistakes: Vec::new() };
    if crate::artifact::nesting::is_deeper(text, 8) {
        return Err(vec![Mistake { line: 1, why: "the tables are nested too deep".to_owned() }]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.mistake(error.span().map_or(0, |span| span.start), error.message());
    }
    let bounds = reader.bounds(table.get_ref());
    let mut mistakes = reader.mistakes;
    mistakes.sort();
    mistakes.dedup();
    if mistakes.is_empty() { Ok(bounds) } else { Err(mistakes) }
}

/// Reads the bounds in the `[bounds]` of a policy, where it has them.
///
/// # Errors
/// Every mistake in them, sorted by line.
pub fn in_policy(text: &str) -> Result<Option<Bounds>, Vec<Mistake>> {
    if crate::artifact::nesting::is_deeper(text, 32) {
        return Err(vec![Mistake { line: 1, why: "the tables are nested too deep".to_owned() }]);
    }
    let mut reader = Reader { text, mistakes: Vec::new() };
    let (table, _) = DeTable::parse_recoverable(text);
    let found = table.get_ref().iter().find(|(key, _)| key.get_ref() == "bounds");
    let Some(table) = found.and_then(|(_, value)| value.get_ref().as_table()) else { return Ok(None) };
    let bounds = reader.bounds(table);
    let mut mistakes = reader.mistakes;
    mistakes.sort();
    mistakes.dedup();
    if mistakes.is_empty() { Ok(Some(bounds)) } else { Err(mistakes) }
}

/// Whether a name fits a pattern in which `*` stands for anything, without regard to case.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

type Value<'i> = Spanned<DeValue<'i>>;

struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn mistake(&mut self, at: usize, why: impl AsRef<str>) {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        self.mistakes.push(Mistake { line, why: excerpt(why.as_ref(), 300) });
    }

    fn bounds(&mut self, table: &DeTable<'_>) -> Bounds {
        let mut bounds = Bounds::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "forbid" => bounds.forbid = self.items(value, "forbid", Self::forbidden),
                "hosts" => bounds.hosts = Some(self.texts(value, "hosts")),
                "scopes" => bounds.scopes = self.scopes(value),
                other => {
                    let why = format!("`{other}` is no key: there are `forbid`, `hosts` and `scopes`");
                    self.mistake(key.span().start, why);
                }
            }
        }
        bounds
    }

    fn forbidden(&mut self, value: &Value<'_>) -> Option<Forbidden> {
        let Some(table) = value.get_ref().as_table() else {
            self.mistake(value.span().start, "an item of `forbid` is a table with `together`");
            return None;
        };
        let mut forbidden = Forbidden::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "together" => forbidden.together = self.powers(value),
                "why" => forbidden.why = self.text(value, "why"),
                other => {
                    let why = format!("`{other}` is no key of `forbid`: there are `together` and `why`");
                    self.mistake(key.span().start, why);
                }
            }
        }
        if forbidden.together.is_empty() && !table.iter().any(|(key, _)| key.get_ref() == "together") {
            self.mistake(value.span().start, "an item of `forbid` has no `together`");
        }
        Some(forbidden)
    }

    fn powers(&mut self, value: &Value<'_>) -> BTreeSet<&'static str> {
        let named: Vec<&'static str> = self.items(value, "together", |reader, item| {
            let name = reader.text(item, "together")?;
            let known = POWERS.into_iter().find(|power| *power == name);
            if known.is_none() {
                let why = format!("`{name}` is nothing that a connector has: there are {}", quoted(&POWERS));
                reader.mistake(item.span().start, why);
            }
            known
        });
        if named.is_empty() && value.get_ref().as_array().is_some_and(|array| array.is_empty()) {
            self.mistake(value.span().start, "`together` is empty");
        }
        named.into_iter().collect()
    }

    fn scopes(&mut self, value: &Value<'_>) -> BTreeMap<String, Vec<String>> {
        let Some(table) = value.get_ref().as_table() else {
            self.mistake(value.span().start, "`scopes` is a table of kinds");
            return BTreeMap::new();
        };
        let mut scopes = BTreeMap::new();
        for (key, value) in table {
            let kind = key.get_ref().as_ref();
            if SCOPES.contains(&kind) {
                scopes.insert(kind.to_owned(), self.texts(value, kind));
            } else {
                let why = format!("`{kind}` is no kind of scope: there are {}", quoted(&SCOPES));
                self.mistake(key.span().start, why);
            }
        }
        scopes
    }

    fn items<T>(
        &mut self,
        value: &Value<'_>,
        key: &str,
        read: impl Fn(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(array) = value.get_ref().as_array() else {
            self.mistake(value.span().start, format!("`{key}` is a list"));
            return Vec::new();
        };
        array.iter().filter_map(|item| read(self, item)).collect()
    }

    fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<String> {
        self.items(value, key, |reader, item| reader.text(item, key))
    }

    fn text(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        match value.get_ref().as_str() {
            Some("") => self.mistake(value.span().start, format!("a text in `{key}` is empty")),
            Some(text) => return Some(text.to_owned()),
            None => self.mistake(value.span().start, format!("`{key}` holds something that is no text")),
        }
        None
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_part() {
        let bounds = parse(
            "hosts = [\"*.example\"]\n[[forbid]]\ntogether = [\"processes\", \"secrets\"]\nwhy = \"x\"\n\
             [scopes]\noauth = [\"read:*\"]\n",
        )
        .unwrap();
        assert_eq!(bounds.hosts, Some(vec!["*.example".to_owned()]));
        assert_eq!(bounds.forbid[0].together, BTreeSet::from(["processes", "secrets"]));
        assert_eq!(bounds.scopes["oauth"], ["read:*"]);
        assert_eq!(parse(""), Ok(Bounds::default()));
    }

    #[test]
    fn tells_every_mistake_at_once_with_its_line() {
        let text = "host = []\nhosts = \"a\"\nscopes = { oath = [], oauth = [1, \"\"] }\n\
                    [[forbid]]\ntogether = [\"proceses\"]\nreason = \"x\"\n[[forbid]]\nwhy = \"y\"\n";
        let mistakes = parse(text).unwrap_err();
        let lines: Vec<usize> = mistakes.iter().map(|mistake| mistake.line).collect();
        assert_eq!(lines, [1, 2, 3, 3, 3, 5, 6, 7], "{mistakes:#?}");
        assert!(mistakes[5].why.starts_with("`proceses` is nothing that a connector has"), "{mistakes:#?}");
        for broken in ["hosts = [", "= 1", "a = 1\na = 2", "hosts = [\"a\", \"b\" \"c\"]", "\u{1b}[2J"] {
            let mistakes = parse(broken).unwrap_err();
            assert!(mistakes.iter().all(|mistake| !mistake.why.contains('\u{1b}')), "{mistakes:#?}");
        }
        assert!(parse(&"a.".repeat(100_000)).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn reads_the_section_of_a_policy_as_a_file_of_its_own() {
        let own = "hosts = [\"*.example\"]\n[[forbid]]\ntogether = [\"processes\"]\n[scopes]\noauth = []\n";
        let section = own.replace("[[", "[[bounds.").replace("[scopes", "[bounds.scopes");
        let policy = format!("profile = \"ci\"\n[bounds]\n{section}");
        assert_eq!(in_policy(&policy).unwrap(), Some(parse(own).unwrap()));
        assert_eq!(in_policy("profile = \"ci\"\n"), Ok(None));
        let shown = in_policy(&policy).unwrap().unwrap().show();
        assert_eq!(in_policy(&shown), in_policy(&policy), "{shown}");
        let mistakes = in_policy("[bounds]\nhost = []\nhosts = 1\n").unwrap_err();
        assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn patterns_fit_as_a_person_reads_them() {
        for (pattern, name, expected) in [
            ("api.example", "api.example", true),
            ("api.example", "API.example", true),
            ("api.example", "api.example.evil", false),
            ("*.example", "a.b.example", true),
            ("*.example", "example", false),
            ("*", "anything", true),
            ("read:*", "read:org", true),
            ("read:*", "write:org", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxcyyb", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
