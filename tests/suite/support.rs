//! The hermetic runner: the real binary with an empty environment, offline, with a cache of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mcp_vouch::{
    acquire::{self, Door, Get, Reply, Settings, Target, Web, WebError},
    artifact::Artifact,
};
use serde_json::Value;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fixture connector, as a path below the root.
pub(crate) fn fixture(case: &str) -> String {
    format!("fixtures/connectors/{case}")
}

/// What one run of the binary answered, with everything that differs between machines replaced.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A place where the binary runs.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    work: PathBuf,
}

impl Place {
    /// The root of the repository as working directory, and an empty cache.
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), work: root().to_path_buf() }
    }

    /// A fresh directory as working directory.
    pub(crate) fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let work = directory.path().join("work");
        fs::create_dir(&work).unwrap();
        Self { directory, work }
    }

    /// The same place with a folder below the working directory as working directory.
    pub(crate) fn below(&self, folder: &str) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), work: self.work.join(folder) }
    }

    /// The working directory.
    pub(crate) fn work(&self) -> &Path {
        &self.work
    }

    /// Writes a file below the working directory.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.work.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Every path below the whole place, sorted, but for the findings of the last run, which every
    /// scan leaves in the cache.
    pub(crate) fn listing(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        list(self.directory.path(), &mut found);
        found.sort();
        let cache = self.directory.path().join("cache");
        found.retain(|path| *path != cache.join("last-run.json"));
        if !found.iter().any(|path| path.parent() == Some(&cache)) {
            found.retain(|path| *path != cache);
        }
        found
    }

    /// Runs `mcp-vouch` with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        let output = self.command(arguments).output().unwrap();
        Answer {
            code: output.status.code().unwrap(),
            stdout: self.scrub(&output.stdout),
            stderr: self.scrub(&output.stderr),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "runs the binary under test")]
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mcp-vouch"));
        command
            .args(arguments)
            .current_dir(&self.work)
            .env_clear()
            .env("HOME", self.directory.path().join("home"))
            .env("MCP_VOUCH_CACHE", self.directory.path().join("cache"))
            .env("SOURCE_DATE_EPOCH", "1790000000");
        command
    }

    /// The standard output of a run, byte by byte.
    pub(crate) fn run_raw(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.command(arguments).output().unwrap().stdout).unwrap()
    }

    /// Runs `mcp-vouch check --offline` with these arguments.
    pub(crate) fn check(&self, arguments: &[&str]) -> Answer {
        let mut all = vec!["check", "--offline"];
        all.extend(arguments);
        self.run(&all)
    }

    fn scrub(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8(bytes.to_vec()).unwrap();
        let day = mcp_vouch::detect::reference::oldest();
        for (found, placeholder) in [
            (format!("reference data of {day}").as_str(), "reference data of [DAY]"),
            (self.directory.path().to_str().unwrap(), "[PLACE]"),
            (root().to_str().unwrap(), "[ROOT]"),
            (&mcp_vouch::detect::catalogue::digest(), &"0".repeat(64)),
        ] {
            text = text.replace(found, placeholder);
        }
        text
    }
}

fn list(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, found);
        }
        found.push(path);
    }
}

/// Text of an answer that a snapshot holds: exit code, then both streams where they are not empty.
pub(crate) fn shown(answer: &Answer) -> String {
    let mut text = format!("exit code {}\n", answer.code);
    for (name, stream) in [("stdout", &answer.stdout), ("stderr", &answer.stderr)] {
        if !stream.is_empty() {
            text.extend(["--- ", name, "\n", stream]);
        }
    }
    text
}

/// A network that nobody may use.
pub(crate) struct NoNetwork;

impl Web for NoNetwork {
    fn get(&self, get: &Get) -> Result<Reply, WebError> {
        panic!("the network was asked for {}", get.url)
    }
}

/// Acquires a local target without any network.
pub(crate) fn acquire(written: &str) -> (Target, Artifact) {
    let target = Target::parse(written, &|path| Path::new(path).exists()).unwrap();
    let settings = Settings { offline: true, directory: root().to_path_buf(), ..Settings::default() };
    let artifact = acquire::acquire(&target, &Door { web: &NoNetwork, settings: &settings }).unwrap();
    (target, artifact)
}

/// Every fixture connector, sorted.
pub(crate) fn fixtures() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("fixtures/connectors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are no fixture connectors");
    names
}

/// Asserts that a terminal would show `text` as it is: no control character but the line feed, and
/// nothing invisible.
pub(crate) fn assert_quiet(text: &str, what: &str) {
    let loud = text.chars().find(|&c| c != '\n' && mcp_vouch::untrusted::is_invisible(c));
    assert_eq!(loud, None, "{what} has a control or invisible character");
}

/// The schema of our own JSON.
pub(crate) const JSON_SCHEMA: &str = "schema/report-1.schema.json";

/// The schema of SARIF.
pub(crate) const SARIF_SCHEMA: &str = "fixtures/schemas/sarif-schema-2.1.0.json";

/// The schema of CycloneDX; it refers to two others beside it.
pub(crate) const CYCLONEDX_SCHEMA: &str = "fixtures/schemas/bom-1.6.SNAPSHOT.schema.json";

/// The schema of OpenVEX.
pub(crate) const OPENVEX_SCHEMA: &str = "fixtures/schemas/openvex-0.2.0.schema.json";

/// Schemas that refer to each other, from the one folder where they are.
struct Beside;

impl jsonschema::Retrieve for Beside {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.path().as_str().rsplit('/').next().unwrap_or_default();
        Ok(serde_json::from_str(&fs::read_to_string(root().join("fixtures/schemas").join(name))?)?)
    }
}

/// Where a document does not fit a schema, and why.
pub(crate) fn schema_errors(schema: &str, document: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&fs::read_to_string(root().join(schema)).unwrap()).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let validator =
        jsonschema::options().with_retriever(Beside).should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A gzipped tar archive with these entries, whatever their names; `name -> target` is a symbolic
/// link, `name (device)` a device.
pub(crate) fn tarball(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (entry, content) in entries {
        let mut header = tar::Header::new_ustar();
        let path = match (entry.split_once(" -> "), entry.strip_suffix(" (device)")) {
            (Some((path, target)), _) => {
                header.set_entry_type(tar::EntryType::Symlink);
                header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
                path
            }
            (None, Some(path)) => {
                header.set_entry_type(tar::EntryType::Char);
                path
            }
            (None, None) => entry,
        };
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}
