//! Elements, attributes and text to XML and HTML. Whatever a text contains, it stays text.

/// Writes markup. Names of elements and attributes are ours, by their type; every text and every
/// attribute value is escaped, so that a string of the connector can never become markup.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

/// Attributes of an element: names of ours, values that are escaped.
pub(super) type Attributes<'a> = [(&'static str, &'a str)];

impl Markup {
    /// An element around what `content` writes.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.start(name, attributes);
        self.0.push('>');
        content(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element around a text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.element(name, attributes, |markup| markup.text(text));
    }

    /// An element that has no content.
    pub(super) fn void(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// Something that we wrote ourselves, as it is.
    pub(super) fn ours(&mut self, text: &'static str) {
        self.0.push_str(text);
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn start(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(value, &mut self.0);
            self.0.push('"');
        }
    }
}

/// What no document may contain as it is: characters of markup, and what XML does not allow at all.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (hostile, expected) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\"><img src=x onerror='y'>", "&quot;&gt;&lt;img src=x onerror=&#39;y&#39;&gt;"),
            ("]]>&lt;", "]]&gt;&amp;lt;"),
            ("`${x}`", "&#96;${x}&#96;"),
            ("\u{0}\u{1b}\u{ffff}", "\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            let mut markup = Markup::default();
            markup.element("p", &[("title", hostile)], |markup| markup.text(hostile));
            assert_eq!(markup.finish(), format!("<p title=\"{expected}\">{expected}</p>"));
        }
    }

    #[test]
    fn elements_are_always_closed() {
        let mut markup = Markup::default();
        markup.element("a", &[], |markup| {
            markup.leaf("b", &[], "c");
            markup.void("d", &[("e", "f")]);
        });
        assert_eq!(markup.finish(), "<a><b>c</b><d e=\"f\"/></a>");
    }
}
