//! A command line to words, as a shell would split them; nothing is expanded.

/// A command line taken apart.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Line {
    /// The commands between the operators, each as its words.
    pub(crate) commands: Vec<Vec<String>>,
    /// The operators and substitutions, as written.
    pub(crate) operators: Vec<String>,
}

/// Splits a line. A backslash escapes only blanks, quotes, `$` and itself, so that Windows paths stay whole.
pub(crate) fn split(line: &str) -> Line {
    let mut splitter = Splitter::default();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (splitter.quote, c) {
            (Some(quote), c) if c == quote => splitter.quote = None,
            (quote, '\\') if quote != Some('\'') && next.is_some_and(is_escapable) => {
                splitter.push(chars.next().unwrap_or('\\'));
            }
            (quote, '`') if quote != Some('\'') => splitter.operator("`"),
            (quote, '$') if quote != Some('\'') && next == Some('(') => splitter.operator("$("),
            (None, '"' | '\'') => splitter.open(c),
            (None, '\n' | ';') => splitter.end_command(";"),
            (None, '|' | '&') if next == Some(c) => {
                chars.next();
                splitter.end_command(if c == '|' { "||" } else { "&&" });
            }
            (None, '|') => splitter.end_command("|"),
            (None, '&') => splitter.end_command("&"),
            (None, '<' | '>') => {
                splitter.end_word();
                splitter.operator(if c == '<' { "<" } else { ">" });
            }
            (None, c) if c.is_whitespace() => splitter.end_word(),
            (Some(_) | None, c) => splitter.push(c),
        }
    }
    splitter.finish()
}

fn is_escapable(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | '$' | '`')
}

#[derive(Default)]
struct Splitter {
    line: Line,
    command: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
}

impl Splitter {
    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn open(&mut self, quote: char) {
        self.quote = Some(quote);
        self.word.get_or_insert_default();
    }

    fn operator(&mut self, operator: &str) {
        if !self.line.operators.iter().any(|known| known == operator) {
            self.line.operators.push(operator.to_owned());
        }
    }

    fn end_word(&mut self) {
        self.command.extend(self.word.take());
    }

    fn end_command(&mut self, operator: &str) {
        self.end_word();
        if !self.command.is_empty() {
            self.line.commands.push(std::mem::take(&mut self.command));
        }
        self.operator(operator);
    }

    fn finish(mut self) -> Line {
        self.end_word();
        if !self.command.is_empty() {
            self.line.commands.push(self.command);
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        type Case = (&'static str, &'static [&'static [&'static str]], &'static [&'static str]);
        let cases: &[Case] = &[
            ("npx -y a", &[&["npx", "-y", "a"]], &[]),
            ("  a\t'b c' \"d 'e'\" f\\ g ", &[&["a", "b c", "d 'e'", "f g"]], &[]),
            (r"C:\nodejs\npx.cmd -y a", &[&[r"C:\nodejs\npx.cmd", "-y", "a"]], &[]),
            ("a && b || c; d | e &", &[&["a"], &["b"], &["c"], &["d"], &["e"]], &["&&", "||", ";", "|", "&"]),
            ("a > b", &[&["a", "b"]], &[">"]),
            ("a \"$(b)\"", &[&["a", "(b)"]], &["$("]),
            ("a '$(b)' '`'", &[&["a", "$(b)", "`"]], &[]),
            ("a '' b", &[&["a", "", "b"]], &[]),
            ("a 'open", &[&["a", "open"]], &[]),
            (";;", &[], &[";"]),
        ];
        for (line, commands, operators) in cases {
            let split = split(line);
            assert_eq!(split.commands, *commands, "{line}");
            assert_eq!(split.operators, *operators, "{line}");
        }
    }
}
