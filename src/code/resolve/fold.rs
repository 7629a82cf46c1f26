//! Constant text that is written in pieces, backwards, as numbers or encoded: calls that only put
//! constants together go in, the text comes out.

use base64::{Engine as _, engine::general_purpose};

use super::{At, DEEPEST, Resolver};
use crate::code::graph::{Call, CallId, NodeId, Value};

/// Bytes of a folded text.
const LONGEST: usize = 1 << 16;
/// Pieces of a folded list.
const MOST_PIECES: usize = 4_096;

impl Resolver<'_> {
    /// The constant text that a call makes of constants.
    pub(super) fn fold(&self, at: At, call: CallId) -> Option<String> {
        let unit = self.unit(at);
        let call = unit.call(call);
        let folded = match unit.value(call.callee) {
            Value::Member { object, name } => self.fold_method(at.unit, object, unit.text(name), call),
            Value::Element { object, key } => {
                let name = self.text(At { unit: at.unit, node: key })?;
                self.fold_method(at.unit, object, &name, call)
            }
            Value::Global(name) | Value::Import { name, .. } => {
                let first = *unit.list(call.arguments).first()?;
                match unit.text(name) {
                    "atob" | "b64decode" => decoded(&self.constant(at.unit, first)?),
                    "chr" => character(&self.constant(at.unit, first)?),
                    _ => None,
                }
            }
            _ => None,
        };
        folded.filter(|text| text.len() <= LONGEST)
    }

    fn fold_method(&self, unit: u32, object: NodeId, name: &str, call: &Call) -> Option<String> {
        let arguments = self.code.units[unit as usize].list(call.arguments);
        let argument = |at: usize| arguments.get(at).and_then(|&node| self.constant(unit, node));
        match name {
            "join" => {
                if let Some(between) = self.constant(unit, object) {
                    Some(self.pieces(unit, *arguments.first()?)?.join(&between))
                } else {
                    let between = if arguments.is_empty() { ",".to_owned() } else { argument(0)? };
                    Some(self.pieces(unit, object)?.join(&between))
                }
            }
            "concat" => {
                let mut text = self.constant(unit, object)?;
                for &node in arguments.iter().take(MOST_PIECES) {
                    text.push_str(&self.constant(unit, node)?);
                }
                Some(text)
            }
            "toString" | "decode" => {
                let plain =
                    argument(0).is_none_or(|form| matches!(form.as_str(), "utf8" | "utf-8" | "ascii"));
                if plain { self.constant(unit, object) } else { None }
            }
            "fromCharCode" | "fromCodePoint" => {
                let number = |&node: &NodeId| character(&self.constant(unit, node)?);
                arguments.iter().take(MOST_PIECES).map(number).collect()
            }
            "from" => match argument(1)?.as_str() {
                "base64" | "base64url" => decoded(&argument(0)?),
                "hex" => from_hexadecimal(&argument(0)?),
                _ => None,
            },
            "atob" | "b64decode" | "urlsafe_b64decode" => decoded(&argument(0)?),
            "fromhex" | "unhexlify" => from_hexadecimal(&argument(0)?),
            _ => None,
        }
    }

    /// The constant texts of a list, in order.
    fn pieces(&self, unit: u32, node: NodeId) -> Option<Vec<String>> {
        if self.depth.get() >= DEEPEST / 2 {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let definitions = self.definitions(At { unit, node });
        let pieces = match *definitions {
            [only] => self.pieces_of(only),
            _ => None,
        };
        self.depth.set(self.depth.get() - 1);
        pieces
    }

    fn pieces_of(&self, at: At) -> Option<Vec<String>> {
        let unit = self.unit(at);
        match unit.value(at.node) {
            Value::Array(range) if range.len as usize <= MOST_PIECES => {
                unit.list(range).iter().map(|&item| self.constant(at.unit, item)).collect()
            }
            Value::Call(call) => {
                let call = unit.call(call);
                let arguments = unit.list(call.arguments);
                match (unit.value(call.callee), arguments) {
                    (Value::Member { object, name }, _) if unit.text(name) == "reverse" => {
                        let mut pieces = self.pieces(at.unit, object)?;
                        pieces.reverse();
                        Some(pieces)
                    }
                    (Value::Member { object, name }, [between, ..]) if unit.text(name) == "split" => {
                        let (text, between) =
                            (self.constant(at.unit, object)?, self.constant(at.unit, *between)?);
                        Some(split(&text, &between))
                    }
                    (Value::Global(map), [function, list])
                        if unit.text(map) == "map"
                            && matches!(unit.value(*function), Value::Global(name) if unit.text(name) == "chr") =>
                    {
                        self.pieces(at.unit, *list)?.iter().map(|number| character(number)).collect()
                    }
                    (Value::Global(name), [list])
                        if matches!(unit.text(name), "reversed" | "list" | "tuple") =>
                    {
                        let mut pieces = self.pieces(at.unit, *list)?;
                        if unit.text(name) == "reversed" {
                            pieces.reverse();
                        }
                        Some(pieces)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn constant(&self, unit: u32, node: NodeId) -> Option<String> {
        if self.depth.get() >= DEEPEST / 2 {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let text = self.text(At { unit, node });
        self.depth.set(self.depth.get() - 1);
        text.filter(|text| text.len() <= LONGEST)
    }
}

fn split(text: &str, between: &str) -> Vec<String> {
    if between.is_empty() {
        text.chars().take(MOST_PIECES).map(String::from).collect()
    } else {
        text.split(between).take(MOST_PIECES).map(str::to_owned).collect()
    }
}

fn character(number: &str) -> Option<String> {
    let number = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(number).map(String::from)
}

fn decoded(text: &str) -> Option<String> {
    let text = text.trim_end_matches('=');
    let engines = [&general_purpose::STANDARD_NO_PAD, &general_purpose::URL_SAFE_NO_PAD];
    let bytes = engines.into_iter().find_map(|engine| engine.decode(text).ok())?;
    String::from_utf8(bytes).ok()
}

fn from_hexadecimal(text: &str) -> Option<String> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| u8::try_from(digit(pair.first()?)? * 16 + digit(pair.last()?)?).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_is_text() {
        for (found, expected) in [
            (decoded("Y2hpbGRfcHJvY2Vzcw=="), Some("child_process")),
            (decoded("/w=="), None),
            (decoded("?"), None),
            (from_hexadecimal("6f73"), Some("os")),
            (from_hexadecimal("6f7"), None),
            (from_hexadecimal("zz"), None),
            (character("0x6f"), Some("o")),
            (character("1114112"), None),
        ] {
            assert_eq!(found.as_deref(), expected);
        }
    }
}
