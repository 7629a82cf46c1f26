//! The few lines of YAML and of container files that ask for something, read line by line.

/// One `key: value` or `- item` of a YAML text.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u32,
    /// Keys around it, outermost first, its own key last; for an item the key of the list.
    pub(super) keys: Vec<&'a str>,
    /// The value or item without quotes; empty where the value is on later lines.
    pub(super) value: &'a str,
}

/// Lines read of one file.
const MOST_LINES: usize = 20_000;
/// Nesting kept.
const DEEPEST: usize = 16;

/// Every key and item of a YAML text in block style, with lists in brackets taken apart. What is
/// written in another way is left out.
pub(super) fn yaml(text: &str) -> Vec<Line<'_>> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut found = Vec::new();
    for (at, line) in text.lines().take(MOST_LINES).enumerate() {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let rest = line.trim_start();
        let mut indent = line.len() - rest.len();
        let mut rest = rest.trim_end();
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        let item = rest.strip_prefix("- ");
        if let Some(inner) = item {
            // The list may stand as far left as its key.
            open.retain(|&(known, _)| known <= indent);
            let inner = inner.trim_start();
            indent += rest.len() - inner.len();
            rest = inner;
        } else {
            open.retain(|&(known, _)| known < indent);
        }
        let keyed = rest.split_once(':').filter(|(key, after)| {
            (after.is_empty() || after.starts_with(' ')) && !key.contains(['"', '\'', '{', '[', ' '])
        });
        match keyed {
            Some((key, value)) => {
                open.retain(|&(known, _)| known < indent);
                if open.len() < DEEPEST {
                    open.push((indent, key));
                }
                push(&mut found, number, &open, value);
            }
            None if item.is_some() => push(&mut found, number, &open, rest),
            None => {}
        }
    }
    found
}

fn push<'a>(found: &mut Vec<Line<'a>>, number: u32, open: &[(usize, &'a str)], value: &'a str) {
    let keys: Vec<&str> = open.iter().map(|&(_, key)| key).collect();
    let value = value.trim();
    let list = value.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    match list {
        Some(list) => {
            for part in list.split(',') {
                found.push(Line { number, keys: keys.clone(), value: bare(part) });
            }
        }
        None => found.push(Line { number, keys, value: bare(value) }),
    }
}

/// A value without quotes and the comment behind it.
fn bare(value: &str) -> &str {
    let value = value.trim();
    if !value.starts_with(['"', '\''])
        && let Some((before, _)) = value.split_once(" #")
    {
        return before.trim_end();
    }
    value.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_keys_items_and_lists() {
        let text = "services:\n  app:\n    privileged: true # no\n    volumes:\n    - '/var/run/x:/x'\n    - type: bind\n      source: /\n    ports: [\"80:80\", 90]\nname: x\n";
        let shown: Vec<String> = yaml(text)
            .iter()
            .map(|line| format!("{} {}={}", line.number, line.keys.join("."), line.value))
            .collect();
        assert_eq!(
            shown,
            [
                "1 services=",
                "2 services.app=",
                "3 services.app.privileged=true",
                "4 services.app.volumes=",
                "5 services.app.volumes=/var/run/x:/x",
                "6 services.app.volumes.type=bind",
                "7 services.app.volumes.source=/",
                "8 services.app.ports=80:80",
                "8 services.app.ports=90",
                "9 name=x",
            ]
        );
    }
}
