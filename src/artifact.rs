//! What was acquired: one exact, content-addressed thing with all of its files. Plain data.

pub mod evidence;
pub(crate) mod nesting;
pub mod time;

use std::fmt;

use crate::untrusted::Untrusted;

/// A connector's published bytes, unpacked in memory, with every fact that judging needs.
#[derive(Debug, Default)]
pub struct Artifact {
    /// What it is called, and which version.
    pub coordinate: Coordinate,
    /// Digest of the archive as downloaded, or of the sorted tree where there is no archive.
    pub digest: Digest,
    /// Where the bytes came from, in words for a person, without credentials.
    pub source: String,
    /// How the version was chosen, one sentence a line, for the report.
    pub resolution: Vec<String>,
    /// Every file, sorted by path. Paths are relative, `/`-separated, without the archive's own root.
    pub files: Vec<File>,
    /// Archive entries that were refused, in archive order.
    pub refused: Vec<Refusal>,
    /// What could not be read while acquiring.
    pub unread: Vec<Unread>,
    /// What the registry says about this version, where there is a registry.
    pub registry: Option<Registry>,
    /// The other published form of the same version (the sdist beside a wheel).
    pub companion: Option<Box<Self>>,
    /// How the user would launch it, where the target was a launch line.
    pub launch: Option<Launch>,
    /// What speaks for it from outside: attestations, signatures, keys. Not verified.
    pub evidence: evidence::Evidence,
}

/// Where an artifact is found again.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd)]
pub struct Coordinate {
    /// The ecosystem that names are unique in.
    pub ecosystem: Ecosystem,
    /// The package, repository or file name.
    pub name: String,
    /// The exact version, commit or tag; empty where there is none.
    pub version: String,
}

/// The naming systems that connectors are published under.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub enum Ecosystem {
    /// The npm registry.
    Npm,
    /// `PyPI`.
    Pypi,
    /// crates.io.
    Cargo,
    /// A git repository.
    Git,
    /// An MCP bundle.
    Mcpb,
    /// A folder or archive on this machine, or a captured tool list.
    #[default]
    Local,
}

impl Ecosystem {
    /// The stable name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Cargo => "cargo",
            Self::Git => "git",
            Self::Mcpb => "mcpb",
            Self::Local => "local",
        }
    }
}

/// A digest with its algorithm, as lower-case hexadecimal.
#[derive(Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd)]
pub struct Digest {
    /// `sha1`, `sha256`, `sha384`, `sha512` or `gitsha1`.
    pub algorithm: &'static str,
    /// The digest in lower-case hexadecimal.
    pub hex: String,
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.algorithm, self.hex)
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// One file of the artifact.
#[derive(Debug)]
pub struct File {
    /// Relative path, `/`-separated.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// What the content is, by its first bytes and its name.
    pub kind: Kind,
    /// The content, where it may be looked at later; empty for what is only hashed.
    pub bytes: Vec<u8>,
}

impl File {
    /// The content as text; invalid UTF-8 is replaced, a byte order mark dropped.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes))
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Kind {
    /// Source code in a language we name.
    Source(Language),
    /// Type declarations without code (`.d.ts`, `.pyi`): hashed only.
    Declaration,
    /// A source map: hashed only.
    SourceMap,
    /// Structured text: JSON, YAML, TOML, INI, XML.
    Data,
    /// Prose: Markdown and other text.
    Text,
    /// Machine code.
    Native(Native),
    /// A packed archive inside the artifact: hashed only.
    Archive,
    /// Anything else: hashed only.
    Other,
}

/// Source languages that are told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    JavaScript,
    TypeScript,
    Python,
    Go,
    Rust,
    CSharp,
    Java,
    Ruby,
    Php,
    Shell,
}

impl Language {
    /// The stable name used in rules and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::Python => "python",
            Self::Go => "go",
            Self::Rust => "rust",
            Self::CSharp => "csharp",
            Self::Java => "java",
            Self::Ruby => "ruby",
            Self::Php => "php",
            Self::Shell => "shell",
        }
    }
}

/// Machine code formats.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Native {
    Elf,
    Pe,
    MachO,
    Wasm,
}

impl Native {
    /// The name a person knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "ELF",
            Self::Pe => "PE",
            Self::MachO => "Mach-O",
            Self::Wasm => "WebAssembly",
        }
    }
}

/// An archive entry that was not unpacked because it is hostile or malformed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The entry's own name.
    pub path: Untrusted,
    /// Why it was refused.
    pub reason: RefusalReason,
}

/// Why an archive entry was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum RefusalReason {
    /// `..` in the path.
    Traversal,
    /// An absolute path or a drive letter.
    Absolute,
    /// A symbolic or hard link that leaves the root.
    LinkOutside,
    /// A symbolic or hard link inside the root: not followed.
    Link,
    /// A device, socket or pipe.
    Device,
    /// The same path twice.
    Duplicate,
    /// Two paths that differ only in case or Unicode form.
    Collision,
    /// A NUL, control character or invalid name.
    BadName,
}

impl RefusalReason {
    /// The words for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Traversal => "path leaves the archive with `..`",
            Self::Absolute => "path is absolute",
            Self::LinkOutside => "link points outside the archive",
            Self::Link => "link inside the archive, not followed",
            Self::Device => "device, socket or pipe",
            Self::Duplicate => "the same path occurs twice",
            Self::Collision => "path differs from another only in case or Unicode form",
            Self::BadName => "path has control characters or is not valid",
        }
    }
}

/// Something that was not read, and why.
#[derive(Clone, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub struct Unread {
    /// The file, or empty where it concerns the whole artifact.
    pub path: String,
    /// Why, in words for a person.
    pub why: String,
    /// Whether a verdict needs it.
    pub needed: Needed,
}

/// Whether a verdict can stand without something that was not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Needed {
    /// Code or text that runs or reaches the model: without it the verdict is incomplete.
    Yes,
    /// Data that does not run: listed, nothing more.
    No,
}

/// What the registry says about the version, for comparison with what the archive says.
#[derive(Debug, Default)]
pub struct Registry {
    /// The registry's own document for this version, as it was served.
    pub document: serde_json::Value,
    /// When the version was published, RFC 3339, where the registry says so.
    pub published: Option<String>,
    /// The deprecation or yank notice.
    pub deprecated: Option<Untrusted>,
    /// The archive digest that the registry promised and that was compared.
    pub promised: Option<Digest>,
}

/// A launch line taken apart.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Launch {
    /// The line as the user wrote it.
    pub line: String,
    /// The exact version it asks for; `None` where it would take whatever is newest.
    pub pinned: Option<String>,
    /// Facts about the line that a rule may judge: `sudo`, shell operators, another index.
    pub notes: Vec<String>,
}
