//! What reading findings by hand said about each rule: `rules/precision.tsv`.

/// One reading of one rule's findings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reading {
    /// The rule.
    pub rule: &'static str,
    /// Which packages: `corpus`, `benign`, `pairs`.
    pub over: &'static str,
    /// Findings read.
    pub read: u32,
    /// Those that say what is so.
    pub right: u32,
    /// When, as a date.
    pub date: &'static str,
}

/// Every reading, in file order.
pub fn all() -> impl Iterator<Item = Reading> {
    include_str!("../../rules/precision.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(reading)
}

/// The readings of one rule.
pub fn of(rule: &str) -> impl Iterator<Item = Reading> {
    all().filter(move |reading| reading.rule == rule)
}

fn reading(line: &'static str) -> Option<Reading> {
    let mut columns = line.split('\t');
    let (rule, over) = (columns.next()?, columns.next()?);
    let read = columns.next()?.parse().ok()?;
    let right = columns.next()?.parse().ok()?;
    Some(Reading { rule, over, read, right, date: columns.next()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::catalogue;

    #[test]
    fn every_line_is_a_reading_of_a_rule_that_exists() {
        let text = include_str!("../../rules/precision.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(all().count(), lines);
        for reading in all() {
            assert!(catalogue::get().entry(reading.rule).is_some(), "{}", reading.rule);
            assert!(reading.right <= reading.read && reading.read > 0, "{}", reading.rule);
            assert!(["corpus", "benign", "pairs"].contains(&reading.over), "{}", reading.rule);
        }
    }
}
