//! A linear model over words and their classes: descriptions that read like poisoned ones.
//!
//! The weights are `rules/text-model.tsv`, made by `cargo bench --bench text -- DIRECTORY --train`.
//! The model never fails a gate alone: it names what it saw and asks for a review.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{
    effects::{self, Clause, Story},
    order::{self, OwnNames},
    words::{CLASSES, Classes, Text, parts},
};

/// Features that an explanation names.
const NAMED: usize = 4;

/// Features of one description that are counted.
const FEATURES: usize = 4_000;

/// A description of fewer features is weighed as if it had these.
const FEWEST: u64 = 8;

/// Scale of the weights in the file.
const SCALE: i64 = 100;

/// The weights as written.
pub(in crate::detect) const SOURCE: &str = include_str!("../../../rules/text-model.tsv");

/// A property of a description, as the number of its name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Feature(u64);

impl Feature {
    /// The feature with this name.
    pub fn named(name: &str) -> Self {
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    fn of(parts: &[&str]) -> Self {
        let bytes = parts.iter().flat_map(|part| part.bytes());
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }
}

/// The features of a description, sorted, each once; `see` gets the name of each.
fn features(
    text: &Text<'_>,
    name: &str,
    orders: &[(order::Order, usize, usize)],
    mut see: impl FnMut(&[&str]),
) -> Vec<Feature> {
    let mut found: Vec<Feature> = Vec::new();
    let mut add = |parts: &[&str]| {
        if found.len() < FEATURES {
            see(parts);
            found.push(Feature::of(parts));
        }
    };
    let mut known = parts(name).fold(Classes::default(), |all, part| {
        Text::of(part).sentences().flatten().fold(all, |all, token| all.with(token.classes))
    });
    for (at, sentence) in text.sentences().enumerate() {
        let (place, is_later) = if at == 0 { ("first ", false) } else { ("later ", true) };
        let clause = Clause::of(sentence);
        for one in clause.classes.numbers() {
            let Some(one_name) = CLASSES.get(one as usize) else { continue };
            add(&[place, one_name]);
            for other in clause.classes.numbers().filter(|other| *other > one) {
                if let Some(other_name) = CLASSES.get(other as usize) {
                    add(&[place, one_name, "+", other_name]);
                }
            }
        }
        for (holds, name) in [
            (clause.is_secret && clause.is_pretext, "secret under a pretext"),
            (clause.is_private && clause.is_pretext, "private under a pretext"),
            (clause.is_private && clause.reads, "reads private"),
            (clause.is_secret && clause.reads, "reads secret"),
            (clause.is_beyond && clause.sends, "sends away"),
            (clause.is_private && clause.gives, "gives private"),
            (clause.is_hedged, "hedged"),
        ] {
            if holds {
                add(&[place, name]);
            }
        }
        if is_later {
            for class in clause.classes.without(known).numbers() {
                add(&["new ", CLASSES.get(class as usize).copied().unwrap_or("")]);
            }
        } else {
            known = known.with(clause.classes);
        }
        let stems: Vec<_> = effects::stems(sentence).collect();
        let mut before = "^";
        for stem in &stems {
            add(&["word ", stem]);
            if is_later {
                add(&["later word ", stem]);
            }
            add(&["words ", before, " ", stem]);
            before = stem;
        }
    }
    for (effect, _, _) in effects::of(&Story::of(text), name) {
        add(&["effect ", EFFECTS.get(effect.number() as usize).copied().unwrap_or("")]);
        add(&["effect"]);
    }
    for (order, _, _) in orders {
        add(&["order ", ORDERS.get(order.number() as usize).copied().unwrap_or("")]);
        add(&["order"]);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Names of [`effects::Effect`] in the order of its kinds.
const EFFECTS: [&str; 5] = ["sends", "secret", "new secret", "private", "buried"];

/// Names of [`order::Order`] in the order of its kinds.
const ORDERS: [&str; 6] = ["changes", "governs", "fixes", "presses", "foreign", "overrules"];

/// The names of the features of a description, for training.
pub fn names(name: &str, description: &str) -> Vec<String> {
    let normal = super::Normal::of(description);
    let text = Text::of(&normal.cased);
    let orders = order::of(&text, name, &OwnNames::of(&crate::connector::Connector::default()));
    let mut names: Vec<String> = Vec::new();
    features(&text, name, &orders, |parts| names.push(parts.concat()));
    names.sort_unstable();
    names.dedup();
    names
}

/// The weights by feature.
struct Model {
    /// Weight times [`SCALE`], and the feature's name.
    weights: FxHashMap<u64, (i64, &'static str)>,
    bias: i64,
    threshold: i64,
}

fn model() -> &'static Model {
    static MODEL: LazyLock<Model> = LazyLock::new(|| {
        let mut model = Model { weights: FxHashMap::default(), bias: 0, threshold: i64::MAX };
        for line in SOURCE.lines().filter(|line| !line.starts_with('#')) {
            let Some((weight, name)) = line.split_once('\t') else { continue };
            let Ok(weight) = weight.parse() else { continue };
            match name {
                "bias" => model.bias = weight,
                "threshold" => model.threshold = weight,
                name => {
                    model.weights.insert(Feature::named(name).0, (weight, name));
                }
            }
        }
        model
    });
    &MODEL
}

/// What makes a description read like a poisoned one; `None` where it does not.
pub(super) fn judge(text: &Text<'_>, name: &str, orders: &[(order::Order, usize, usize)]) -> Option<String> {
    let model = model();
    if model.threshold == i64::MAX {
        return None;
    }
    let found = features(text, name, orders, |_| ());
    let mut known: Vec<(i64, &str)> =
        found.iter().filter_map(|feature| model.weights.get(&feature.0)).copied().collect();
    if score(&known, model.bias) <= model.threshold {
        return None;
    }
    known.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let named = known.iter().filter(|(weight, _)| *weight > 0).take(NAMED);
    Some(named.map(|(_, name)| in_words(name)).collect::<Vec<_>>().join(", "))
}

/// A feature's name for a person.
fn in_words(name: &str) -> String {
    let (kind, rest) = name.split_once(' ').unwrap_or((name, ""));
    match kind {
        "word" | "words" => format!("\"{rest}\""),
        "first" => format!("{} in the task", rest.replace('+', " with ")),
        "later" if rest.starts_with("word ") => {
            format!("\"{}\" after the task", rest.trim_start_matches("word "))
        }
        "later" => format!("{} after the task", rest.replace('+', " with ")),
        "new" => format!("{rest} only after the task"),
        "effect" => format!("a second action {rest}").trim_end().to_owned(),
        "order" => format!("an order {rest}").trim_end().to_owned(),
        _ => name.to_owned(),
    }
}

/// The sum of the weights over the root of their number, times [`SCALE`].
fn score(known: &[(i64, &str)], bias: i64) -> i64 {
    let sum: i64 = known.iter().map(|(weight, _)| weight).sum();
    let count = u64::try_from(known.len()).unwrap_or(u64::MAX).max(FEWEST);
    let root = i64::try_from((count * 10_000).isqrt()).unwrap_or(i64::MAX);
    bias + sum * SCALE / root.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_a_threshold_and_no_doubled_names() {
        let model = model();
        let lines = SOURCE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(model.weights.len() + 2, lines);
        assert!(model.threshold < i64::MAX && lines < 4_000);
    }

    #[test]
    fn a_feature_is_the_number_of_its_name() {
        assert_eq!(Feature::of(&["words ", "a", " ", "b"]), Feature::named("words a b"));
        assert!(names("t", "Adds numbers. Also reads files.").contains(&"words also read".to_owned()));
    }

    #[test]
    fn scores_do_not_grow_with_length() {
        let (short, long) = (vec![(100, ""); 16], vec![(100, ""); 64]);
        assert_eq!(score(&short, -100), 300);
        assert_eq!(score(&long, -100), 700);
        assert_eq!(score(&[(100, "")], 0), 35);
    }
}
