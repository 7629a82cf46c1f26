//! Two texts to the words that they share and those that they do not.

/// Words of one text that are compared one by one; longer ones only at their ends.
const MOST: usize = 400;

/// A piece of one of the texts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// The other text has it too.
    Same(String),
    /// Only this text has it.
    Changed(String),
}

/// Both texts in pieces; put together again, they are the texts.
pub(super) fn compare(before: &str, now: &str) -> (Vec<Part>, Vec<Part>) {
    let (before, now) = (words(before), words(now));
    let ahead = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
    let shorter = before.len().min(now.len()) - ahead;
    let behind = before.iter().rev().zip(now.iter().rev()).take(shorter).take_while(|(a, b)| a == b).count();
    let middle = |all: &[&str]| (ahead, all.len() - behind);
    let ((from, to), (start, end)) = (middle(&before), middle(&now));
    let kept = common(&before[from..to], &now[start..end]);
    let shared = |offset: usize, pick: fn(&(usize, usize)) -> usize| {
        kept.iter().map(move |pair| offset + pick(pair)).collect::<Vec<_>>()
    };
    (
        parts(&before, (from, to), &shared(from, |pair| pair.0)),
        parts(&now, (start, end), &shared(start, |pair| pair.1)),
    )
}

/// Words, and what stands between them.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let kind = (c.is_alphanumeric(), c.is_whitespace());
        if last.is_some_and(|last| last != kind || !(kind.0 || kind.1)) {
            words.push(&text[from..at]);
            from = at;
        }
        last = Some(kind);
    }
    if from < text.len() {
        words.push(&text[from..]);
    }
    words
}

/// The longest series of words that both have, as pairs of places.
fn common(before: &[&str], now: &[&str]) -> Vec<(usize, usize)> {
    if before.len() > MOST || now.len() > MOST {
        return Vec::new();
    }
    let wide = now.len() + 1;
    let mut lengths = vec![0_u16; (before.len() + 1) * wide];
    for a in (0..before.len()).rev() {
        for b in (0..now.len()).rev() {
            lengths[a * wide + b] = if before[a] == now[b] {
                lengths[(a + 1) * wide + b + 1] + 1
            } else {
                lengths[(a + 1) * wide + b].max(lengths[a * wide + b + 1])
            };
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < before.len() && b < now.len() {
        if before[a] == now[b] {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if lengths[(a + 1) * wide + b] >= lengths[a * wide + b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

fn parts(words: &[&str], (from, to): (usize, usize), shared: &[usize]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let same = !(from..to).contains(&at) || shared.binary_search(&at).is_ok();
        match (parts.last_mut(), same) {
            (Some(Part::Same(text)), true) | (Some(Part::Changed(text)), false) => text.push_str(word),
            (_, true) => parts.push(Part::Same((*word).to_owned())),
            (_, false) => parts.push(Part::Changed((*word).to_owned())),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changed pieces stand in brackets.
    fn shown(parts: &[Part]) -> String {
        parts
            .iter()
            .map(|part| match part {
                Part::Same(text) => text.clone(),
                Part::Changed(text) => format!("[{text}]"),
            })
            .collect()
    }

    #[test]
    fn marks_the_words_that_differ() {
        for (before, now, left, right) in [
            ("", "", "", ""),
            ("same", "same", "same", "same"),
            ("", "new words", "", "[new words]"),
            ("reads a file", "reads and sends a file", "reads a file", "reads [and sends ]a file"),
            ("a b c", "a x c", "a [b] c", "a [x] c"),
            ("one two", "two", "[one ]two", "two"),
            ("https://a.example", "https://b.example", "https://[a].example", "https://[b].example"),
            ("é ü", "é ö", "é [ü]", "é [ö]"),
        ] {
            let (a, b) = compare(before, now);
            assert_eq!((shown(&a).as_str(), shown(&b).as_str()), (left, right));
        }
    }

    #[test]
    fn long_texts_are_compared_at_their_ends() {
        let (before, now) = ("a ".repeat(5_000), format!("a {}", "b ".repeat(5_000)));
        let (a, b) = compare(&before, &now);
        let whole = |parts: &[Part]| shown(parts).replace(['[', ']'], "");
        assert_eq!((whole(&a), whole(&b)), (before, now));
    }
}
