//! Calls of PHP's own functions in the words that all languages share.

use super::lowering::Lowerer;
use crate::code::graph::{NodeId, Strings, Value};

/// What a call is in other words; `None` where it stays as it is.
pub(super) fn rewrite(
    lowerer: &mut Lowerer<'_>,
    callee: NodeId,
    arguments: &[NodeId],
    at: u32,
) -> Option<NodeId> {
    let name = lowerer.imported(callee)?;
    let name = name.strip_prefix("php.")?;
    let first = arguments.first().copied();
    let method = |lowerer: &mut Lowerer<'_>, name: &str| {
        let (&object, rest) = arguments.split_first()?;
        Some(lowerer.call_method(object, name, rest, at))
    };
    match name {
        "str_starts_with" => method(lowerer, "startsWith"),
        "str_ends_with" => method(lowerer, "endsWith"),
        "str_contains" => method(lowerer, "includes"),
        "trim" | "ltrim" | "rtrim" | "strtolower" | "strtoupper" | "ucfirst" | "json_decode"
        | "stripslashes" | "strval" | "nl2br" | "array_values" | "array_filter" | "iterator_to_array"
        | "mb_strtolower" | "addslashes" | "array_unique" => first,
        "intval" | "floatval" | "boolval" | "count" | "strlen" | "ord" | "abs" | "max" | "min" => {
            Some(lowerer.call_global("Number", arguments.get(..1)?, at))
        }
        "basename" => Some(lowerer.call_foreign("path", "basename", arguments.get(..1)?, at)),
        "dirname" => Some(lowerer.call_foreign("path", "dirname", arguments.get(..1)?, at)),
        "realpath" => Some(lowerer.call_foreign("fs", "realpathSync", arguments, at)),
        "in_array" => {
            let [value, list, ..] = *arguments else { return None };
            Some(lowerer.call_method(list, "includes", &[value], at))
        }
        "array_key_exists" => {
            let [key, table, ..] = *arguments else { return None };
            Some(lowerer.call_method(table, "has", &[key], at))
        }
        "preg_match" => {
            let [pattern, value, ..] = *arguments else { return None };
            let (pattern, flags) = delimited(lowerer.constant(pattern)?)?;
            let (pattern, flags) = (lowerer.builder.atom(&pattern), lowerer.builder.atom(&flags));
            let regex = lowerer.builder.node(Value::Regex(pattern, flags), at);
            Some(lowerer.call_method(regex, "test", &[value], at))
        }
        "sprintf" | "vsprintf" => Some(lowerer.builder.concat(arguments, at)),
        "implode" | "join" => {
            let [separator, list] = *arguments else { return None };
            Some(lowerer.call_method(list, "join", &[separator], at))
        }
        "explode" => {
            let [separator, value, ..] = *arguments else { return None };
            Some(lowerer.call_method(value, "split", &[separator], at))
        }
        "str_replace" => {
            let [from, to, value, ..] = *arguments else { return None };
            Some(lowerer.call_method(value, "replaceAll", &[from, to], at))
        }
        "array_push" => {
            let [list, value, ..] = *arguments else { return None };
            Some(lowerer.builder.with(list, Strings::ELEMENT, value, at))
        }
        "array_merge" => {
            let spread: Vec<NodeId> =
                arguments.iter().map(|&list| lowerer.builder.node(Value::Spread(list), at)).collect();
            Some(lowerer.builder.array(&spread, at))
        }
        "parse_url" => Some(lowerer.call_foreign("urllib.parse", "urlparse", arguments.get(..1)?, at)),
        _ => None,
    }
}

/// Pattern and flags of `/pattern/flags`.
fn delimited(text: &str) -> Option<(String, String)> {
    let open = text.chars().next()?;
    let close = match open {
        '(' => ')',
        '{' => '}',
        '[' => ']',
        '<' => '>',
        other => other,
    };
    let end = text.rfind(close)?;
    let pattern = text.get(open.len_utf8()..end)?;
    Some((pattern.to_owned(), text.get(end + close.len_utf8()..)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_between_delimiters() {
        let cases = [
            ("/^a$/i", Some(("^a$", "i"))),
            ("#x#", Some(("x", ""))),
            ("{a}", Some(("a", ""))),
            ("/", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(pattern, flags)| (pattern.to_owned(), flags.to_owned()));
            assert_eq!(delimited(text), expected, "{text}");
        }
    }
}
