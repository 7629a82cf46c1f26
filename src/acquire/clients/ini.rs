//! The INI dialect of pip's configuration files: text in, values by section and key out.

use std::collections::BTreeMap;

/// Values by section and key; keys are lower case with hyphens, several lines stay several lines.
pub(super) fn parse(text: &str) -> BTreeMap<(String, String), String> {
    let mut values: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut section = String::new();
    let mut last: Option<(String, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let Some(value) = last.as_ref().and_then(|key| values.get_mut(key))
        {
            value.push('\n');
            value.push_str(trimmed);
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
            last = None;
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let key = (section.clone(), key.trim().to_lowercase().replace('_', "-"));
            values.insert(key.clone(), value.trim().to_owned());
            last = Some(key);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sections_comments_and_continued_values() {
        let values = parse(
            "; top\n[global]\nindex_url = https://a.example/simple\nextra-index-url =\n    https://b.example/\n    # no\n    https://c.example/\n[install]\nINDEX-URL: https://d.example/\nnonsense\n",
        );
        let value = |section: &str, key: &str| values.get(&(section.into(), key.into())).map(String::as_str);
        assert_eq!(value("global", "index-url"), Some("https://a.example/simple"));
        assert_eq!(value("global", "extra-index-url"), Some("\nhttps://b.example/\nhttps://c.example/"));
        assert_eq!(value("install", "index-url"), Some("https://d.example/"));
        assert_eq!(values.len(), 3);
    }
}
