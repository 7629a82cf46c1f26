//! Measures what is found in labelled tool descriptions: recall and false positives.
//!
//! `cargo bench --bench text -- DIRECTORY` reads every `*.jsonl` of the directory. A row has
//! `server`, `tool_name`, `description`, `input_schema`, `label`, `label_basis`, `attack_type`,
//! `source`, `pair_id`, `group`. Each row is one captured list of one tool; with `--servers` all
//! rows of a server are one list. `--false` and `--missed` print the rows that were judged wrongly.
//!
//! `--time` times the rules on lists of forty tools. `--train` writes `rules/text-model.tsv` to standard output instead, and `--apart` measures how a
//! model learned without a group, or without a source, judges it. Rows of the source `mcptox` and
//! attacks that a tool states openly are measured and never learned from.
#![expect(clippy::print_stdout, reason = "a measurement is read on the terminal")]
#![expect(clippy::cast_precision_loss, reason = "counts of rows are small")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use mcp_vouch::{
    artifact::{Artifact, File, Kind},
    code::{self, Code},
    connector::{self, Connector},
    detect::{self, Subject, sets},
    finding::{Confidence, Severity},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[path = "text/learn.rs"]
mod learn;

/// One labelled tool.
#[derive(Deserialize)]
struct Row {
    id: String,
    source: String,
    server: String,
    tool_name: String,
    description: String,
    #[serde(default)]
    input_schema: Value,
    label: String,
    label_basis: String,
    #[serde(default)]
    attack_type: Option<String>,
    #[serde(default)]
    pair_id: Option<String>,
    group: String,
}

impl Row {
    fn is_malicious(&self) -> bool {
        self.label == "malicious"
    }

    fn is_real(&self) -> bool {
        !self.is_malicious() && self.label_basis.starts_with("real-server")
    }

    fn attack(&self) -> &str {
        self.attack_type.as_deref().unwrap_or("none")
    }
}

/// What was said about one tool.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one level of what was said")]
struct Verdict {
    gates: bool,
    review: bool,
    any: bool,
    /// At review level without the learned model.
    reviewed_by_rules: bool,
    rules: BTreeSet<String>,
    messages: Vec<String>,
}

/// A captured list of these tools as an artifact.
fn captured(tools: &[&Row]) -> Artifact {
    let tools: Vec<Value> = tools
        .iter()
        .map(|row| {
            let schema = if row.input_schema.is_object() { row.input_schema.clone() } else { json!({}) };
            json!({ "name": row.tool_name, "description": row.description, "inputSchema": schema })
        })
        .collect();
    let bytes = json!({ "tools": tools }).to_string().into_bytes();
    let file = File {
        path: "tools.json".to_owned(),
        size: bytes.len() as u64,
        sha256: [0; 32],
        kind: Kind::Data,
        bytes,
    };
    Artifact { files: vec![file], ..Artifact::default() }
}

fn subject<'a>(artifact: &'a Artifact, code: &'a Code, connector: &'a Connector) -> Subject<'a> {
    Subject { artifact, code, connector, provenance: &[], measure: detect::drift::Measure::default() }
}

/// Times the rules about text on lists of forty tools: the first list alone, then all of them.
fn time(rows: &[Row]) {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.is_real()).collect();
    let mut lists = rows.chunks(40).map(|list| {
        let artifact = captured(list);
        let code: Code = code::read(&artifact, &sets::get().callees);
        let connector = connector::read(&artifact, &code);
        let start = std::time::Instant::now();
        let subject = subject(&artifact, &code, &connector);
        std::hint::black_box(detect::run(&subject, |rule| rule.id.starts_with("text/")));
        start.elapsed()
    });
    let first = lists.next().unwrap_or_default();
    let (count, sum) =
        lists.fold((0, std::time::Duration::ZERO), |(count, sum), took| (count + 1, sum + took));
    println!("forty tools: first {first:?}, then {:?}", sum / count.max(1));
}

/// Scans one captured list; what is said about each tool by name.
fn scan(tools: &[&Row]) -> BTreeMap<String, Verdict> {
    let artifact = captured(tools);
    let code: Code = code::read(&artifact, &sets::get().callees);
    let connector = connector::read(&artifact, &code);
    let measure = mcp_vouch::detect::drift::Measure::default();
    let subject =
        Subject { artifact: &artifact, code: &code, connector: &connector, provenance: &[], measure };
    let detected = detect::run(&subject, |_| true);
    let mut verdicts: BTreeMap<String, Verdict> = BTreeMap::new();
    for finding in detected.findings {
        let Some(tool) = &finding.tool else { continue };
        let verdict = verdicts.entry(tool.clone()).or_default();
        verdict.gates |= finding.severity == Severity::High && finding.confidence == Confidence::High;
        verdict.review |= finding.severity >= Severity::Medium;
        verdict.any = true;
        verdict.reviewed_by_rules |=
            finding.severity >= Severity::Medium && finding.rule.id != "text/reads-like-poisoning";
        verdict.rules.insert(format!("{}/{}", finding.rule.id, finding.confidence.name()));
        verdict.messages.push(finding.message.clone());
    }
    verdicts
}

fn judge(rows: &[Row], servers: bool) -> Vec<Verdict> {
    if !servers {
        return rows.iter().map(|row| scan(&[row]).into_values().next().unwrap_or_default()).collect();
    }
    let mut seen: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut groups: BTreeMap<(&str, &str, usize), Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        // Twins have one name: each stands in a list of its own.
        let times = seen.entry((&row.source, &row.server, &row.tool_name)).or_default();
        groups.entry((&row.source, &row.server, *times)).or_default().push(at);
        *times += 1;
    }
    let mut verdicts = vec![Verdict::default(); rows.len()];
    for members in groups.values() {
        let list: Vec<&Row> = members.iter().map(|&at| &rows[at]).collect();
        let found = scan(&list);
        for &at in members {
            verdicts[at] = found.get(&rows[at].tool_name).cloned().unwrap_or_default();
        }
    }
    verdicts
}

/// Counts of one line of a table.
#[derive(Default)]
struct Counts {
    rows: usize,
    gate: usize,
    review: usize,
    any: usize,
}

impl Counts {
    fn add(&mut self, verdict: &Verdict) {
        self.rows += 1;
        self.gate += usize::from(verdict.gates);
        self.review += usize::from(verdict.review);
        self.any += usize::from(verdict.any);
    }
}

fn table(title: &str, rows: &[Row], verdicts: &[Verdict], key: impl Fn(&Row) -> Option<String>) {
    let mut lines: BTreeMap<String, Counts> = BTreeMap::new();
    for (row, verdict) in rows.iter().zip(verdicts) {
        if let Some(key) = key(row) {
            lines.entry(key).or_default().add(verdict);
        }
    }
    println!("\n{title:<44} {:>6} {:>16} {:>16} {:>6}", "rows", "gate", "review", "any");
    for (key, counts) in lines {
        let share = |part: usize| 100.0 * part as f64 / counts.rows as f64;
        println!(
            "{key:<44} {:>6} {:>6} {:>7.2} % {:>6} {:>7.2} % {:>6}",
            counts.rows,
            counts.gate,
            share(counts.gate),
            counts.review,
            share(counts.review),
            counts.any
        );
    }
}

fn pairs(rows: &[Row], verdicts: &[Verdict]) {
    let mut pairs: BTreeMap<(&str, &str), (bool, bool)> = BTreeMap::new();
    for (row, verdict) in rows.iter().zip(verdicts) {
        let Some(pair) = row.pair_id.as_deref().filter(|pair| !pair.is_empty()) else { continue };
        let (found, silent) = pairs.entry((&row.source, pair)).or_insert((true, true));
        if row.is_malicious() {
            *found &= verdict.review;
        } else {
            *silent &= !verdict.review;
        }
    }
    let mut sources: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for ((source, _), (found, silent)) in &pairs {
        let (apart, all) = sources.entry(source).or_default();
        *apart += usize::from(*found && *silent);
        *all += 1;
    }
    println!("\npairs told apart at review level: {sources:?}");
}

fn wrong(rows: &[Row], verdicts: &[Verdict], missed: bool) {
    for (row, verdict) in rows.iter().zip(verdicts) {
        if missed && row.is_malicious() && !verdict.review {
            println!("missed {} {} {} {:?}", row.id, row.attack(), row.tool_name, row.description);
        }
        if !missed && !row.is_malicious() && verdict.any {
            println!("false {} {} {:?} {:?}", row.id, row.tool_name, verdict.rules, verdict.messages);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let Some(directory) = arguments.iter().find(|argument| !argument.starts_with("--")) else {
        println!("nothing was measured: no directory with labelled tools was named");
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the directory can be read")
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let mut rows: Vec<Row> = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("the file is text");
        rows.extend(
            text.lines().map(|line| serde_json::from_str::<Row>(line).expect("a row is as described")),
        );
    }
    if flag("--time") {
        return time(&rows);
    }
    if flag("--train") {
        return print!("{}", learn::model(&learn::examples(&rows)));
    }
    let verdicts = judge(&rows, flag("--servers"));
    if flag("--apart") {
        return learn::apart(&rows, &verdicts);
    }
    table("attack type", &rows, &verdicts, |row| row.is_malicious().then(|| row.attack().to_owned()));
    let is_core = |row: &Row| row.is_malicious() && !row.attack().starts_with("overt");
    table("source of attacks without overt ones", &rows, &verdicts, |row| {
        is_core(row).then(|| row.source.clone())
    });
    table("all attacks without overt ones", &rows, &verdicts, |row| is_core(row).then(|| "all".to_owned()));
    table("benign rows by basis", &rows, &verdicts, |row| {
        (!row.is_malicious()).then(|| row.label_basis.clone())
    });
    table("benign rows of real servers", &rows, &verdicts, |row| row.is_real().then(|| "all".to_owned()));
    let mut rules: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, verdict) in rows.iter().zip(&verdicts) {
        for rule in &verdict.rules {
            let (right, wrong) = rules.entry(rule).or_default();
            *right += usize::from(row.is_malicious());
            *wrong += usize::from(!row.is_malicious());
        }
    }
    println!("\n{:<52} {:>8} {:>8}", "rule and confidence", "attacks", "benign");
    for (rule, (right, wrong)) in rules {
        println!("{rule:<52} {right:>8} {wrong:>8}");
    }
    pairs(&rows, &verdicts);
    if flag("--false") {
        wrong(&rows, &verdicts, false);
    }
    if flag("--missed") {
        wrong(&rows, &verdicts, true);
    }
}
