//! Whether the parser's recursion fits the stack: the bytes of a file go in, yes or no comes out.
//!
//! The parser recurses on brackets and on operators, keywords and arrows without brackets. Byte
//! counts settle it for most files. For the rest a scan follows strings, comments, templates and
//! regular expressions, because a closing bracket or semicolon in one of these ends nothing.
//! Wherever the scan cannot be sure, closing brackets and separators are not counted.

/// Recursion that fits a worker's stack, in units: a bracket takes up to four times what an
/// operator takes, and 100,000 brackets or 400,000 operators were measured to fit 256 MB.
const MAX_UNITS: usize = 240_000;

/// Bytes that are counted together.
const CHUNK: usize = 128;

/// Units of a bracket.
const BRACKET: usize = 4;

/// Size from which JSX is not read, in bytes: quotes in its text would mislead the scan. Each level
/// of JSX takes four bytes at least.
pub(super) const MAX_JSX: usize = 300_000;

/// Bytes of which names, keywords and numbers are made.
const IN_WORDS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | 0x80..);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// Whether the parser recurses after a word without a bracket.
fn recurses(word: &[u8]) -> bool {
    matches!(
        word,
        b"if"
            | b"else"
            | b"for"
            | b"while"
            | b"do"
            | b"with"
            | b"typeof"
            | b"void"
            | b"delete"
            | b"await"
            | b"new"
            | b"yield"
            | b"extends"
            | b"keyof"
            | b"unique"
            | b"readonly"
            | b"infer"
            | b"async"
            | b"case"
    )
}

/// Whether a slash after a word begins a regular expression; after other words it divides.
fn precedes_regex(word: &[u8]) -> bool {
    matches!(
        word,
        b"return"
            | b"typeof"
            | b"case"
            | b"in"
            | b"of"
            | b"delete"
            | b"void"
            | b"throw"
            | b"new"
            | b"else"
            | b"do"
            | b"await"
            | b"yield"
    )
}

/// Whether a file can be parsed on a worker's stack.
pub(super) fn fits(source: &[u8]) -> bool {
    if source.chunks(CHUNK).map(most).sum::<usize>() <= MAX_UNITS {
        return true;
    }
    let mut scan =
        Scan { source, at: 0, levels: vec![Level::new(false)], units: 0, unsure: false, operand: false };
    scan.run()
}

/// The most units that a chunk can hold: a word has two letters and something after it.
fn most(chunk: &[u8]) -> usize {
    let (mut brackets, mut operators) = (0_u8, 0_u8);
    for &byte in chunk {
        brackets += u8::from(byte == b'(') + u8::from(byte == b'[') + u8::from(byte == b'{');
        operators += u8::from(byte.is_ascii_punctuation());
    }
    let (brackets, operators) = (usize::from(brackets), usize::from(operators));
    brackets * BRACKET + operators + (chunk.len() - operators) / 3 + 1
}

/// An open bracket, or the file.
struct Level {
    /// Units of the operators since the last separator.
    operators: usize,
    /// Units of what only the end of a statement ends: statements in statements, type arguments.
    nested: usize,
    /// Whether it is `${` of a template.
    template: bool,
    /// Whether it is the head of a statement, after which a slash begins an expression.
    head: bool,
    /// Whether a semicolon ended a statement that `else` may still continue.
    ended: bool,
}

impl Level {
    fn new(template: bool) -> Self {
        Self { operators: 0, nested: 0, template, head: false, ended: false }
    }
}

struct Scan<'a> {
    source: &'a [u8],
    at: usize,
    levels: Vec<Level>,
    units: usize,
    /// Until the end of the line: what looks like code may be none.
    unsure: bool,
    /// Whether the last token ends an operand, so that a slash divides.
    operand: bool,
}

impl Scan<'_> {
    fn run(&mut self) -> bool {
        let mut head = false;
        while let Some(&byte) = self.source.get(self.at) {
            self.at += 1;
            match byte {
                b'\n' => self.unsure = false,
                b' ' | b'\t' | b'\r' => {}
                b'/' => self.slash(),
                b'"' | b'\'' => self.string(byte),
                b'`' => self.template(),
                b'(' | b'[' | b'{' => {
                    self.open(false, std::mem::take(&mut head) && byte == b'(');
                }
                b')' | b']' | b'}' => self.close(byte),
                b';' | b',' => self.separate(byte),
                b'!' | b'~' | b'+' | b'-' | b'=' | b'?' | b':' | b'*' | b'<' | b'>' | b'&' | b'|' | b'%'
                | b'^' | b'@' => {
                    self.resume(false);
                    self.add(byte == b'<');
                    self.operand = false;
                }
                b'.' => self.operand = false,
                _ => head = self.word(),
            }
            if self.units > MAX_UNITS {
                return false;
            }
        }
        true
    }

    fn add(&mut self, nested: bool) {
        self.units += 1;
        if let Some(level) = self.levels.last_mut() {
            if nested { level.nested += 1 } else { level.operators += 1 }
        }
    }

    /// A statement that a semicolon ended is over, unless `else` continues it.
    fn resume(&mut self, continues: bool) {
        if let Some(level) = self.levels.last_mut()
            && std::mem::take(&mut level.ended)
            && !continues
        {
            self.units -= level.operators + level.nested;
            level.operators = 0;
            level.nested = 0;
        }
    }

    fn separate(&mut self, byte: u8) {
        self.operand = false;
        if self.unsure {
            return;
        }
        if let Some(level) = self.levels.last_mut() {
            level.ended |= byte == b';';
            self.units -= std::mem::take(&mut level.operators);
        }
    }

    fn open(&mut self, template: bool, head: bool) {
        self.resume(false);
        self.units += BRACKET;
        self.levels.push(Level { head, ..Level::new(template) });
        self.operand = false;
    }

    fn close(&mut self, byte: u8) {
        self.operand = true;
        if self.unsure || self.levels.len() < 2 {
            return;
        }
        if let Some(level) = self.levels.pop() {
            self.units -= level.operators + level.nested + BRACKET;
            self.operand = !level.head;
            if level.template && byte == b'}' {
                self.template();
            }
        }
    }

    fn slash(&mut self) {
        match self.source.get(self.at) {
            Some(b'/') => self.skip_to(memchr::memchr2(b'\n', b'\r', &self.source[self.at..])),
            Some(b'*') => {
                let end = memchr::memmem::find(&self.source[self.at + 1..], b"*/");
                self.skip_to(end.map(|end| end + 3));
            }
            _ if self.source.get(self.at.wrapping_sub(2)) == Some(&b'}') => self.unsure = true,
            _ if self.operand => {
                self.add(false);
                self.operand = false;
            }
            _ => self.regex(),
        }
    }

    fn skip_to(&mut self, length: Option<usize>) {
        self.at = length.map_or(self.source.len(), |length| self.at + length);
    }

    fn string(&mut self, quote: u8) {
        self.operand = true;
        self.resume(false);
        while let Some(&byte) = self.source.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                byte if byte == quote => return,
                _ => {}
            }
        }
    }

    /// The text of a template up to its end or the next `${`.
    fn template(&mut self) {
        self.operand = true;
        self.resume(false);
        while let Some(&byte) = self.source.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'`' => return,
                b'$' if self.source.get(self.at) == Some(&b'{') => {
                    self.at += 1;
                    self.open(true, false);
                    return;
                }
                _ => {}
            }
        }
    }

    fn regex(&mut self) {
        self.operand = true;
        self.resume(false);
        let mut class = false;
        while let Some(&byte) = self.source.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => return,
                _ => {}
            }
        }
    }

    /// A name, keyword or number; whether it is a keyword with a head in parentheses.
    fn word(&mut self) -> bool {
        let start = self.at - 1;
        let rest = self.source.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|&byte| !IN_WORDS[usize::from(byte)]).unwrap_or(rest.len());
        let is_member = start > 0 && self.source[start - 1] == b'.';
        let word = &self.source[start..self.at];
        let is_key = !is_member && word.len() <= 8;
        self.resume(is_key && word == b"else");
        self.operand = !(is_key && precedes_regex(word));
        if is_key && recurses(word) {
            self.add(true);
            return matches!(word, b"if" | b"for" | b"while" | b"with");
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn refuses_recursion_that_separators_only_seem_to_end() {
        let forms = [
            "!",
            "a=>",
            "a=",
            "if(a)",
            "if(a);else ",
            "typeof ",
            "(",
            "[",
            "{a:",
            "`${",
            "(/*)*/",
            "!/*;*/",
            "a=>\n//;\n",
            "f(')',",
            "f(/)/,",
            "if(a)/;/;else ",
            "for(;;)",
            "[`)`,",
            "a?b:",
            "class extends ",
            "if(a)b,c;else ",
        ];
        for form in forms {
            assert!(!fits(format!("x={}b", form.repeat(300_000)).as_bytes()), "{form}");
        }
    }

    #[test]
    fn accepts_size_without_depth() {
        let forms = [
            "a=b+c;",
            "f(a,b,{c:d});\n",
            "if(a){b=!c}else{d=e};",
            "x='([{;';",
            "y=a/b/c;",
            "z=/[/(]+/g;",
            "t=`(${a})[`;",
            "// don't (\nq();",
            "/* ( */w();",
            "var a=function(){return/\"/.test(b)};",
            "l.push(a,b,!c);",
            "a:-1,",
        ];
        for form in forms {
            assert!(fits(form.repeat(100_000).as_bytes()), "{form}");
        }
    }
}
