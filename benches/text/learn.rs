//! Learns the weights of the linear model, and measures it on what it did not see.
//!
//! Logistic regression by stochastic gradient descent with a fixed order of examples: the same rows
//! give the same file.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts and weights are small"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use mcp_vouch::detect::text::learned;

use super::{Row, Verdict};

/// Passes over the examples.
const PASSES: usize = 40;

/// First step of a weight; it shrinks with the steps taken.
const STEP: f64 = 0.5;

/// How strongly weights are drawn to zero.
const DECAY: f64 = 2e-5;

/// Groups that a feature must occur in to be learned: nothing that names one server.
const GROUPS: usize = 4;

/// Malicious rows of one server that count in full; more share their weight.
const ATTACKS: f64 = 3.0;

/// Weights that are kept.
const KEPT: usize = 2_500;

/// Share of real benign rows, in ten-thousandths, that the threshold lets through when they are unseen.
const FALSE: usize = 2;

/// Parts that cross-validation leaves out in turn.
const PARTS: usize = 8;

/// A row as the model sees it.
pub(super) struct Example<'a> {
    row: &'a Row,
    /// The server, or the near-duplicate group, that is never split.
    unit: String,
    features: Vec<String>,
}

/// The rows to learn from.
pub(super) fn examples(rows: &[Row]) -> Vec<Example<'_>> {
    let is_learned = |row: &&Row| row.source != "mcptox" && !row.attack().starts_with("overt");
    rows.iter()
        .filter(is_learned)
        .map(|row| {
            let is_authored = row.source == "intentprobe";
            let unit = if is_authored { row.group.clone() } else { format!("{} {}", row.source, row.server) };
            Example { row, unit, features: learned::names(&row.tool_name, &row.description) }
        })
        .collect()
}

/// Learned weights.
struct Weights {
    numbers: BTreeMap<String, usize>,
    values: Vec<f64>,
    bias: f64,
}

impl Weights {
    fn score(&self, features: &[String]) -> f64 {
        let known: Vec<f64> =
            features.iter().filter_map(|name| self.numbers.get(name)).map(|&at| self.values[at]).collect();
        self.bias + known.iter().sum::<f64>() / (known.len().max(8) as f64).sqrt()
    }
}

fn train(examples: &[&Example<'_>]) -> Weights {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for example in examples {
        for feature in &example.features {
            groups.entry(feature).or_default().insert(&example.unit);
        }
    }
    let numbers: BTreeMap<String, usize> = groups
        .into_iter()
        .filter(|(_, units)| units.len() >= GROUPS)
        .enumerate()
        .map(|(at, (name, _))| (name.to_owned(), at))
        .collect();
    let mut attacks: BTreeMap<&str, f64> = BTreeMap::new();
    for example in examples.iter().filter(|example| example.row.is_malicious()) {
        *attacks.entry(&example.unit).or_default() += 1.0;
    }
    let inputs: Vec<(Vec<usize>, f64, f64)> = examples
        .iter()
        .map(|example| {
            let known: Vec<usize> =
                example.features.iter().filter_map(|name| numbers.get(name)).copied().collect();
            if !example.row.is_malicious() {
                return (known, 0.0, 1.0);
            }
            (known, 1.0, (ATTACKS / attacks[example.unit.as_str()]).min(1.0))
        })
        .collect();
    let mut weights = Weights { values: vec![0.0; numbers.len()], numbers, bias: -2.0 };
    let mut squares = vec![1e-6; weights.values.len()];
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    let mut state: u64 = 1;
    for _ in 0..PASSES {
        for at in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, usize::try_from((state >> 33) % (at as u64 + 1)).unwrap_or(0));
        }
        for &at in &order {
            let (known, wanted, share) = &inputs[at];
            let scale = 1.0 / (known.len().max(8) as f64).sqrt();
            let sum: f64 = known.iter().map(|&at| weights.values[at]).sum();
            let error = share * (1.0 / (1.0 + (-(weights.bias + sum * scale)).exp()) - wanted);
            weights.bias -= 0.02 * error;
            for &at in known {
                let slope = error * scale + DECAY * weights.values[at];
                squares[at] += slope * slope;
                weights.values[at] -= STEP * slope / squares[at].sqrt();
            }
        }
    }
    weights
}

/// The score above which only few real benign rows of an unseen unit lie.
fn threshold(scored: &[(&Example<'_>, f64)]) -> f64 {
    let mut real: Vec<f64> =
        scored.iter().filter(|(example, _)| example.row.is_real()).map(|(_, score)| *score).collect();
    real.sort_by(|one, other| other.total_cmp(one));
    real[real.len() * FALSE / 10_000]
}

/// Scores of every example by a model that did not see its unit.
fn unseen<'e, 'a>(examples: &'e [Example<'a>]) -> Vec<(&'e Example<'a>, f64)> {
    let units: BTreeSet<&str> = examples.iter().map(|example| example.unit.as_str()).collect();
    let part: BTreeMap<&str, usize> = units
        .into_iter()
        .map(|unit| {
            let hash = unit
                .bytes()
                .fold(7_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
            (unit, usize::try_from(hash >> 20).unwrap_or(0) % PARTS)
        })
        .collect();
    (0..PARTS)
        .flat_map(|out| {
            let rest: Vec<&Example<'_>> =
                examples.iter().filter(|example| part[example.unit.as_str()] != out).collect();
            let weights = train(&rest);
            let left = examples.iter().filter(|example| part[example.unit.as_str()] == out);
            left.map(|example| (example, weights.score(&example.features))).collect::<Vec<_>>()
        })
        .collect()
}

/// The model file.
pub(super) fn model(examples: &[Example<'_>]) -> String {
    let threshold = threshold(&unseen(examples));
    let weights = train(&examples.iter().collect::<Vec<_>>());
    let mut kept: Vec<(i64, &str)> = weights
        .numbers
        .iter()
        .map(|(name, &at)| ((weights.values[at] * 100.0).round() as i64, name.as_str()))
        .filter(|(weight, _)| *weight != 0)
        .collect();
    kept.sort_by_key(|(weight, name)| (-weight.abs(), *name));
    kept.truncate(KEPT);
    kept.sort_by_key(|(_, name)| *name);
    let mut out = String::from(
        "# Weights, in hundredths, of the linear model in `src/detect/text/learned.rs`.\n# Generated: cargo bench --bench text -- DIRECTORY --train\n",
    );
    let _ = writeln!(out, "{}\tbias", (weights.bias * 100.0).round() as i64);
    let _ = writeln!(out, "{}\tthreshold", (threshold * 100.0).round() as i64);
    for (weight, name) in kept {
        let _ = writeln!(out, "{weight}\t{name}");
    }
    out
}

/// Prints what rules and a model find that did not see the unit, and did not see the source.
pub(super) fn apart(rows: &[Row], verdicts: &[Verdict]) {
    let by_rules: BTreeSet<&str> = rows
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| verdict.reviewed_by_rules)
        .map(|(row, _)| row.id.as_str())
        .collect();
    let examples = examples(rows);
    let scored = unseen(&examples);
    let limit = threshold(&scored);
    let is_found =
        |example: &Example<'_>, score: f64| score > limit || by_rules.contains(example.row.id.as_str());
    let real = || scored.iter().filter(|(example, _)| example.row.is_real());
    println!(
        "\nunseen groups: real benign rows {} of {} by rules and model, {} by rules alone",
        real().filter(|(example, score)| is_found(example, *score)).count(),
        real().count(),
        real().filter(|(example, _)| by_rules.contains(example.row.id.as_str())).count(),
    );
    let mut pairs: BTreeMap<&str, bool> = BTreeMap::new();
    for (example, score) in &scored {
        if let Some(pair) = example.row.pair_id.as_deref().filter(|_| example.row.source == "intentprobe") {
            let is_right = is_found(example, *score) == example.row.is_malicious();
            *pairs.entry(pair).or_insert(true) &= is_right;
        }
    }
    let apart = pairs.values().filter(|apart| **apart).count();
    println!("unseen groups: {apart} of {} intentprobe pairs told apart", pairs.len());
    println!(
        "\n{:<24} {:>6} {:>8} {:>14} {:>14} {:>12}",
        "source", "rows", "rules", "unseen groups", "source unseen", "model alone"
    );
    let sources: BTreeSet<&str> = scored
        .iter()
        .filter(|(example, _)| example.row.is_malicious())
        .map(|(example, _)| example.row.source.as_str())
        .collect();
    for source in sources {
        let is_source = |example: &&Example<'_>| example.row.source == source;
        let weights = train(&examples.iter().filter(|example| !is_source(example)).collect::<Vec<_>>());
        let attacks: Vec<&Example<'_>> =
            examples.iter().filter(|example| is_source(example) && example.row.is_malicious()).collect();
        let score = |example: &Example<'_>| {
            scored
                .iter()
                .find(|(other, _)| other.row.id == example.row.id)
                .map_or(f64::MIN, |(_, score)| *score)
        };
        let count =
            |holds: &dyn Fn(&Example<'_>) -> bool| attacks.iter().filter(|example| holds(example)).count();
        println!(
            "{source:<24} {:>6} {:>8} {:>14} {:>14} {:>12}",
            attacks.len(),
            count(&|example| by_rules.contains(example.row.id.as_str())),
            count(&|example| is_found(example, score(example))),
            count(&|example| is_found(example, weights.score(&example.features))),
            count(&|example| weights.score(&example.features) > limit),
        );
    }
}
