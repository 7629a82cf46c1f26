//! String literals: f-strings put together, bytes as text, docstrings without their indentation.

use ruff_python_ast::{
    BytesLiteralValue, FStringPart, FStringValue, InterpolatedElement, InterpolatedStringElement,
    InterpolatedStringElements, TStringValue,
};

use super::{Lowerer, start};
use crate::code::graph::{NodeId, Value};

/// Columns of a tab stop.
const TAB: usize = 8;

impl<'a> Lowerer<'a> {
    pub(super) fn f_string(&mut self, value: &'a FStringValue, at: u32) -> NodeId {
        let base = self.nodes.len();
        for part in value {
            match part {
                FStringPart::Literal(literal) => self.text_part(&literal.value, start(literal)),
                FStringPart::FString(inner) => self.elements(&inner.elements),
            }
        }
        self.put_together(base, at)
    }

    pub(super) fn t_string(&mut self, value: &'a TStringValue, at: u32) -> NodeId {
        let base = self.nodes.len();
        for inner in value.as_slice() {
            self.elements(&inner.elements);
        }
        self.put_together(base, at)
    }

    pub(super) fn bytes(&mut self, value: &BytesLiteralValue, at: u32) -> NodeId {
        let bytes: Vec<u8> = value.iter().flat_map(|part| part.value.iter().copied()).collect();
        self.builder.text(&String::from_utf8_lossy(&bytes), at)
    }

    fn elements(&mut self, elements: &'a InterpolatedStringElements) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => self.text_part(&literal.value, start(literal)),
                InterpolatedStringElement::Interpolation(inner) => self.interpolation(inner),
            }
        }
    }

    fn interpolation(&mut self, inner: &'a InterpolatedElement) {
        let at = start(inner);
        if !self.descend(at) {
            return;
        }
        if let Some(debug) = &inner.debug_text {
            let written = format!("{}{}{}", debug.leading(), debug.expression(), debug.trailing());
            self.text_part(&written, at);
        }
        let node = self.expression(&inner.expression);
        self.nodes.push(node);
        if let Some(format) = &inner.format_spec {
            self.format_values(&format.elements);
        }
        self.ascend();
    }

    /// Values inside a format specification; its literal part is no text of the result.
    fn format_values(&mut self, elements: &'a InterpolatedStringElements) {
        for element in elements {
            if let InterpolatedStringElement::Interpolation(inner) = element {
                self.interpolation(inner);
            }
        }
    }

    fn text_part(&mut self, text: &str, at: u32) {
        let node = self.builder.text(text, at);
        self.nodes.push(node);
    }

    /// One node of the parts above `base`; nothing but text is one text.
    fn put_together(&mut self, base: usize, at: u32) -> NodeId {
        let mut whole = Some(String::new());
        for &part in &self.nodes[base..] {
            match (self.builder.unit().value(part), whole.as_mut()) {
                (Value::Text(atom), Some(text)) => text.push_str(self.builder.unit().text(atom)),
                _ => whole = None,
            }
        }
        let node = match whole {
            Some(text) => self.builder.text(&text, at),
            None => self.builder.concat(&self.nodes[base..], at),
        };
        self.nodes.truncate(base);
        node
    }
}

/// A docstring as the language shows it: tabs expanded, common indentation and blank edges removed.
pub(super) fn clean(doc: &str) -> String {
    let lines: Vec<String> = doc.lines().map(expand_tabs).collect();
    let indentation = |line: &String| line.len() - line.trim_start().len();
    let margin =
        lines.iter().skip(1).filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(0);
    let mut cleaned: Vec<&str> = Vec::with_capacity(lines.len());
    for (position, line) in lines.iter().enumerate() {
        let line = if position == 0 { line.trim_start() } else { line.get(margin..).unwrap_or("") };
        cleaned.push(line.trim_end());
    }
    let first = cleaned.iter().position(|line| !line.is_empty()).unwrap_or(cleaned.len());
    let last = cleaned.iter().rposition(|line| !line.is_empty()).map_or(first, |last| last + 1);
    cleaned[first..last].join("\n")
}

fn expand_tabs(line: &str) -> String {
    if !line.contains('\t') {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + TAB);
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let width = TAB - column % TAB;
            out.extend(std::iter::repeat_n(' ', width));
            column += width;
        } else {
            out.push(c);
            column += 1;
        }
    }
    out
}
