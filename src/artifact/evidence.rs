//! What speaks for an artifact from outside of it: attestations, signatures, keys, expectations.
//!
//! Plain data, as it was collected. Nothing in here has been verified.

use crate::untrusted::Untrusted;

/// Everything that was collected about one artifact.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The archive that the artifact was unpacked from; `None` for folders and git trees.
    pub archive: Option<Archive>,
    /// Attestation documents, in the order in which they were found.
    pub documents: Vec<Document>,
    /// What was asked for and not had.
    pub missing: Vec<Missing>,
    /// Signatures that the npm registry's document carries for the version.
    pub registry_signatures: Vec<RegistrySignature>,
    /// Keys of the npm registry, the most trustworthy list first.
    pub npm_keys: Vec<KeyList>,
    /// The addresses of registries that a publish attestation may name.
    pub registries: Vec<String>,
    /// The signature block of an MCP bundle.
    pub bundle: Option<BundleBlock>,
    /// Published files of the same version, with whether attestations are known for each.
    pub files: Vec<FileEvidence>,
    /// Other versions, for comparison of what speaks for them.
    pub versions: Vec<VersionEvidence>,
    /// The tree of the commit that the package says it was made from.
    pub source: Option<SourceTree>,
    /// Signed objects of a git repository.
    pub git: Vec<GitSignature>,
    /// The trust root that the user gave instead of the built-in ones.
    pub trusted_root: Option<TrustedRoot>,
    /// When the oldest of the answers was fetched that came out of the cache, in seconds since
    /// 1970-01-01 UTC.
    pub answered: Option<u64>,
    /// What the user expects.
    pub expected: Expected,
    /// Seconds since 1970-01-01 UTC when the run began.
    pub now: u64,
}

/// The bytes that were published, by name and digest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Archive {
    /// The file's name as published.
    pub name: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// SHA-512 in lower-case hexadecimal.
    pub sha512: String,
}

/// One attestation document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it comes from, in words.
    pub name: String,
    /// Who gave it.
    pub origin: Origin,
    /// The document as it arrived.
    pub bytes: Vec<u8>,
}

/// Who gave a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Origin {
    /// The registry that the artifact comes from.
    Registry,
    /// The API of GitHub.
    Github,
    /// A file that the user named for this artifact.
    File,
    /// A folder of files, which may speak about other artifacts.
    Folder,
}

/// Something that was asked for and not had.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Missing {
    /// What.
    pub what: Wanted,
    /// Whether it is known not to exist.
    pub absence: Absence,
    /// Why, in words for a person.
    pub why: String,
}

/// Kinds of evidence that can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Wanted {
    /// Attestations of the npm registry.
    NpmAttestations,
    /// Signatures of the npm registry.
    NpmSignatures,
    /// A provenance object of a Python package index.
    PypiAttestations,
    /// Artifact attestations of GitHub.
    GithubAttestations,
    /// Documents that the user named.
    Documents,
    /// The tree of the attested commit.
    Source,
}

/// Whether something that was not had is known not to exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd)]
pub enum Absence {
    /// Who would have it says that there is none.
    Absent,
    /// It could not be fetched, or may have been left out on the way.
    Unknown,
}

/// One signature of the npm registry over name, version and digest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RegistrySignature {
    /// The digest as the registry writes it: it is part of what is signed.
    pub integrity: String,
    /// The name of the key.
    pub key: Untrusted,
    /// The signature in base64.
    pub signature: String,
}

/// Keys of a registry.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeyList {
    /// Where they come from, in words.
    pub from: String,
    /// The list as it arrived, JSON.
    pub bytes: Vec<u8>,
}

/// What stands behind the archive of an MCP bundle.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BundleBlock {
    /// The signature in DER, where a block could be read.
    pub signature: Option<Vec<u8>>,
    /// SHA-256 of what the signature may cover, one for each layout, in hexadecimal.
    pub signed: Vec<String>,
    /// What is wrong with the layout of the file.
    pub problem: Option<String>,
    /// Whether a second archive stands behind the end of the first.
    pub is_ambiguous: bool,
}

/// What is known about one published file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FileEvidence {
    /// The file's name.
    pub name: String,
    /// Whether the index offers attestations for it; `None` where it does not say.
    pub is_attested: Option<bool>,
}

/// What the registry says about one version.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VersionEvidence {
    /// The version.
    pub version: String,
    /// When it was published, RFC 3339.
    pub published: String,
    /// What speaks for it.
    pub level: Level,
}

/// What a registry's document says speaks for a version. It is not verified.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Ord, PartialOrd)]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// It names provenance.
    Provenance,
    /// It names provenance and a trusted publisher.
    TrustedPublisher,
}

impl Level {
    /// The words for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::None => "no provenance",
            Self::Provenance => "provenance",
            Self::TrustedPublisher => "a trusted publisher with provenance",
        }
    }
}

/// The tree of a commit.
#[derive(Clone, Debug, Default)]
pub struct SourceTree {
    /// The repository, in words.
    pub repository: String,
    /// The commit in hexadecimal.
    pub commit: String,
    /// Who says that the package was made from it.
    pub claim: CommitClaim,
    /// Whether a branch or a tag of the repository leads to the commit.
    pub reach: Reach,
    /// Its files: path and SHA-256 of the content with line ends made equal.
    pub files: Vec<(String, [u8; 32])>,
}

/// Who says which commit a package was made from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum CommitClaim {
    /// The certificate of a builder, as collected.
    Certificate,
    /// The registry's document: anybody who publishes may write it.
    #[default]
    Document,
}

/// Whether a commit belongs to the repository that serves it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// A branch or a tag stands for it or leads to it.
    Reached,
    /// None does: a forge also serves commits of forks under the parent's name.
    NotReached,
    /// It was not established.
    #[default]
    Unknown,
}

/// A signed git object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GitSignature {
    /// `commit` or `tag`.
    pub object: &'static str,
    /// Its name.
    pub name: String,
    /// `OpenPGP`, `SSH`, `X.509`; empty where it is not signed.
    pub format: &'static str,
}

/// A trust root that the user gave.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrustedRoot {
    /// Its file.
    pub name: String,
    /// Its text.
    pub text: String,
    /// When the file was last changed, in seconds since 1970-01-01 UTC.
    pub changed: Option<u64>,
}

/// What the user expects of an attestation; what is `None` is not compared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Expected {
    /// The repository.
    pub repository: Option<String>,
    /// The workflow file.
    pub workflow: Option<String>,
    /// The issuer of the builder's identity.
    pub issuer: Option<String>,
    /// The builder.
    pub builder: Option<String>,
}
