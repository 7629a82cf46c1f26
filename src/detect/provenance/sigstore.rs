//! Sigstore bundles to what they prove: the only place that names the verifier.
//!
//! A bundle's text goes in; who signed which statement, and where that was logged, comes out.
//! Nothing that is not authenticated leaves this file. Pure, but for one thing: the verifier asks
//! the clock whether a logged time lies in the future.

use std::sync::LazyLock;

use ::sigstore::{
    Error, PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult, Verifier,
    crypto::{FulcioCiClaims, SigningScheme, VerificationKey},
    trust_root::{SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot},
    types::{
        Artifact, ArtifactDigest, Bundle, DerPublicKey, HashAlgorithm, KindVersion, SignatureBytes,
        SignatureContent,
    },
};

use super::statement::Statement;
use crate::untrusted::excerpt;

/// Largest bundle that is looked at, bytes.
const LARGEST: usize = 4 << 20;
/// Most log entries or time stamps of one bundle: real ones have one or two.
const MOST: usize = 16;
/// Most characters of a verifier's message.
const WORDS: usize = 240;

/// Who is trusted to say who signs.
pub(super) struct Root {
    /// Where it comes from, in words.
    pub(super) name: String,
    /// The day on which its newest key became valid.
    pub(super) newest: Option<String>,
    verifier: Verifier,
}

impl Root {
    /// Reads a trust root.
    ///
    /// # Errors
    /// The words for what is wrong with it.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, String> {
        let root = TrustedRoot::from_json(text).map_err(|error| words(&error))?;
        let verifier = Verifier::new(&root).map_err(|error| words(&error))?;
        Ok(Self { name: name.to_owned(), newest: newest_start(text), verifier })
    }

    fn built_in(name: &str, text: &str) -> Option<Self> {
        let age = newest_start(text).map(|day| format!(", newest key of {day}")).unwrap_or_default();
        Self::parse(&format!("{name} built in{age}"), text).ok()
    }
}

/// The root of the public instance.
pub(super) fn public() -> Option<&'static Root> {
    static ROOT: LazyLock<Option<Root>> =
        LazyLock::new(|| Root::built_in("the public Sigstore root", SIGSTORE_PRODUCTION_TRUSTED_ROOT));
    ROOT.as_ref()
}

/// The root of GitHub's own instance, which signs for private repositories and releases.
pub(super) fn github() -> Option<&'static Root> {
    static ROOT: LazyLock<Option<Root>> =
        LazyLock::new(|| Root::built_in("GitHub's own Sigstore root", SIGSTORE_GITHUB_TRUSTED_ROOT));
    ROOT.as_ref()
}

/// The trust roots that are built in, as written.
pub(in crate::detect) fn roots() -> [&'static str; 2] {
    [SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_GITHUB_TRUSTED_ROOT]
}

/// The day on which the newest key of a trust root became valid: how old the root is at most.
fn newest_start(text: &str) -> Option<String> {
    let starts = text.split("\"start\"").skip(1).filter_map(|rest| rest.split('"').nth(1));
    starts.filter_map(|start| start.get(..10)).max().map(str::to_owned)
}

/// A parsed bundle, of which nothing has been verified.
pub(super) struct Parsed {
    bundle: Bundle,
    /// The statement inside, where it holds one.
    pub(super) statement: Option<Statement>,
}

/// Why a bundle proves nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Rejection {
    /// It is broken, or something in it does not verify.
    Invalid(String),
    /// It needs something that is not at hand.
    Unsupported(String),
}

/// What a bundle proves.
pub(super) struct Proof {
    /// Who signed.
    pub(super) signer: Signer,
    /// What the log says about it.
    pub(super) log: Log,
    /// The place in the log, where it is authenticated.
    pub(super) index: Option<u64>,
    /// The earliest authenticated time, seconds since 1970-01-01 UTC.
    pub(super) time: Option<i64>,
}

/// Who signed.
pub(super) enum Signer {
    /// The holder of a certificate that was issued for one build.
    Certificate(Box<Claims>),
    /// The holder of a key.
    Key,
}

/// Which evidence of a log a bundle carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Log {
    /// A proof that the entry is in the log, against the log's signed head.
    Proof,
    /// The log's promise to include the entry.
    Promise,
    /// No log, only signed time stamps.
    TimestampOnly,
}

/// What a certificate says about the build.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) identity: String,
    pub(super) repository: String,
    pub(super) repository_id: String,
    pub(super) owner: String,
    pub(super) owner_id: String,
    pub(super) reference: String,
    pub(super) commit: String,
    pub(super) workflow: String,
    pub(super) signer: String,
    pub(super) runner: String,
    pub(super) trigger: String,
    pub(super) run: String,
    pub(super) visibility: String,
}

/// Reads a bundle.
///
/// # Errors
/// Where it is not one.
pub(super) fn parse(text: &str) -> Result<Parsed, Rejection> {
    if text.len() > LARGEST {
        return Err(Rejection::Invalid(format!("the bundle is larger than {LARGEST} bytes")));
    }
    let bundle = Bundle::from_json(text)
        .map_err(|error| Rejection::Invalid(format!("not a bundle: {}", words(&error))))?;
    let material = &bundle.verification_material;
    let timestamps = &material.timestamp_verification_data.rfc3161_timestamps;
    if material.tlog_entries.len() > MOST || timestamps.len() > MOST {
        return Err(Rejection::Invalid(format!("more than {MOST} log entries or time stamps")));
    }
    let statement = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            if envelope.payload_type != super::statement::PAYLOAD_TYPE {
                let found = excerpt(&envelope.payload_type, 80);
                return Err(Rejection::Invalid(format!("the payload has type `{found}`")));
            }
            Some(Statement::parse(envelope.payload.as_bytes()).map_err(Rejection::Invalid)?)
        }
        _ => None,
    };
    Ok(Parsed { bundle, statement })
}

impl Parsed {
    /// Whether a certificate signed, not a key.
    pub(super) fn has_certificate(&self) -> bool {
        self.bundle.signing_certificate().is_some()
    }

    /// Whether no log entry is part of it, only time stamps.
    pub(super) fn is_unlogged(&self) -> bool {
        self.bundle.verification_material.tlog_entries.is_empty()
    }

    /// The name of the key that signed, as the bundle hints.
    pub(super) fn key_hint(&self) -> Option<&str> {
        match &self.bundle.verification_material.content {
            ::sigstore::types::bundle::VerificationMaterialContent::PublicKey(key) => Some(&key.hint),
            _ => None,
        }
    }

    /// Verifies a bundle whose signer has a certificate.
    ///
    /// # Errors
    /// Where anything in it does not verify.
    pub(super) fn verify(&self, root: &Root, digest: &Digest) -> Result<Proof, Rejection> {
        let policy = VerificationPolicy::any_identity();
        let result = root.verifier.verify(digest.artifact()?, &self.bundle, &policy);
        let result = result.map_err(|error| rejection(&error))?;
        if self.is_unlogged()
            || !(result.certificate_verified() && result.sct_verified() && result.tlog_verified())
        {
            return Err(Rejection::Invalid("certificate or log were not verified".to_owned()));
        }
        self.proof(&result)
    }

    /// Verifies a bundle of an instance that keeps no public log.
    ///
    /// # Errors
    /// Where anything in it does not verify.
    pub(super) fn verify_unlogged(&self, root: &Root, digest: &Digest) -> Result<Proof, Rejection> {
        let policy = VerificationPolicy::any_identity().skip_sct().skip_tlog_unsafe();
        let result = root.verifier.verify(digest.artifact()?, &self.bundle, &policy);
        let result = result.map_err(|error| rejection(&error))?;
        if !result.certificate_verified() || result.verified_timestamps().is_empty() {
            return Err(Rejection::Invalid("certificate or time were not verified".to_owned()));
        }
        self.proof(&result)
    }

    /// Verifies a bundle that was signed with a known key, given as the DER of its public half.
    ///
    /// # Errors
    /// Where anything in it does not verify.
    pub(super) fn verify_key(&self, root: &Root, key: &[u8], digest: &Digest) -> Result<Proof, Rejection> {
        if self.is_unlogged() {
            return Err(Rejection::Invalid("it is in no log".to_owned()));
        }
        let policy = PublicKeyVerificationPolicy::new(DerPublicKey::from_bytes(key));
        let result = root.verifier.verify(digest.artifact()?, &self.bundle, &policy);
        let result = result.map_err(|error| rejection(&error))?;
        if !result.tlog_verified() {
            return Err(Rejection::Invalid("the log was not verified".to_owned()));
        }
        self.proof(&result)
    }

    fn proof(&self, result: &VerificationResult) -> Result<Proof, Rejection> {
        let log = self.log();
        if log == Log::Promise && self.bundle.verification_material.tlog_entries.iter().any(unproven) {
            return Err(Rejection::Invalid("a log entry has neither proof nor promise".to_owned()));
        }
        let times = result.verified_timestamps().iter().map(|time| time.as_second());
        let signer = match result.certificate() {
            Some(certificate) => Signer::Certificate(Box::new(claims(certificate))),
            None => Signer::Key,
        };
        Ok(Proof { signer, log, index: self.index(), time: times.min() })
    }

    fn log(&self) -> Log {
        let entries = &self.bundle.verification_material.tlog_entries;
        if entries.is_empty() {
            Log::TimestampOnly
        } else if entries.iter().all(|entry| entry.inclusion_proof.is_some()) {
            Log::Proof
        } else {
            Log::Promise
        }
    }

    /// The first entry's place: the promise signs it, or the proof is computed from it.
    fn index(&self) -> Option<u64> {
        let entry = self.bundle.verification_material.tlog_entries.first()?;
        let is_signed = entry.inclusion_promise.is_some();
        let is_computed =
            entry.kind_version == KindVersion::HashedRekordV002 && entry.inclusion_proof.is_some();
        (is_signed || is_computed).then(|| entry.log_index.get())
    }
}

fn unproven(entry: &::sigstore::types::bundle::TransparencyLogEntry) -> bool {
    entry.inclusion_proof.is_none() && entry.inclusion_promise.is_none()
}

/// A digest that a bundle is verified against.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Digest {
    /// SHA-256.
    Sha256(Vec<u8>),
    /// SHA-512.
    Sha512(Vec<u8>),
}

impl Digest {
    fn artifact(&self) -> Result<Artifact<'static>, Rejection> {
        let (algorithm, bytes) = match self {
            Self::Sha256(bytes) => (HashAlgorithm::Sha2256, bytes),
            Self::Sha512(bytes) => (HashAlgorithm::Sha2512, bytes),
        };
        ArtifactDigest::new(algorithm, bytes.clone())
            .map(Artifact::from_digest)
            .map_err(|error| Rejection::Invalid(words(&error)))
    }
}

/// Whether an ECDSA signature on P-256 with SHA-256 is the key's over these bytes.
pub(super) fn is_ecdsa(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    is_signed(key, message, signature, SigningScheme::EcdsaP256Sha256)
}

/// Whether an RSA signature (PKCS #1 v1.5) with SHA-256 is the key's over these bytes.
pub(super) fn is_rsa(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    is_signed(key, message, signature, SigningScheme::RsaPkcs1Sha256)
}

fn is_signed(key: &[u8], message: &[u8], signature: &[u8], scheme: SigningScheme) -> bool {
    let signature = SignatureBytes::new(signature.to_vec());
    VerificationKey::from_der(&DerPublicKey::from_bytes(key), scheme)
        .is_ok_and(|key| key.verify(message, &signature).is_ok())
}

/// Certificates before spring 2023 carry only the older claims.
fn claims(certificate: &::sigstore::crypto::CertificateInfo) -> Claims {
    let FulcioCiClaims { deprecated_github: old, .. } = &certificate.ci_claims;
    let new = &certificate.ci_claims;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let host = "https://github.com/";
    let identity = certificate.identity.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
    let or = |text: &Option<String>, other: String| text.clone().unwrap_or(other);
    let old_repository =
        old.workflow_repository.as_ref().map(|name| format!("{host}{name}")).unwrap_or_default();
    let old_owner = old_repository.rsplit_once('/').map(|(owner, _)| owner.to_owned()).unwrap_or_default();
    Claims {
        issuer: text(&certificate.issuer),
        repository: or(&new.source_repository_uri, old_repository),
        repository_id: text(&new.source_repository_identifier),
        owner: or(&new.source_repository_owner_uri, old_owner),
        owner_id: text(&new.source_repository_owner_identifier),
        reference: or(&new.source_repository_ref, text(&old.workflow_ref)),
        commit: or(&new.source_repository_digest, text(&old.workflow_sha)),
        workflow: or(&new.build_config_uri, if old.is_empty() { String::new() } else { identity.clone() }),
        signer: or(&new.build_signer_uri, if old.is_empty() { String::new() } else { identity.clone() }),
        runner: text(&new.runner_environment),
        trigger: or(&new.build_trigger, text(&old.workflow_trigger)),
        run: text(&new.run_invocation_uri),
        visibility: text(&new.source_repository_visibility_at_signing),
        identity,
    }
}

fn rejection(error: &Error) -> Rejection {
    let text = words(error);
    match error {
        Error::UnsupportedBundle(_) | Error::UnsupportedArtifact(_) => Rejection::Unsupported(text),
        _ => Rejection::Invalid(text),
    }
}

fn words(error: &dyn std::fmt::Display) -> String {
    excerpt(&error.to_string(), WORDS)
}

/// What the conformance protocol of Sigstore clients asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The bundle's text.
    pub bundle: String,
    /// The certificate's identity.
    pub identity: Option<String>,
    /// The issuer of that identity.
    pub issuer: Option<String>,
    /// A public key in PEM, instead of a certificate.
    pub key: Option<String>,
    /// A trust root, instead of the built-in one.
    pub trusted_root: Option<String>,
    /// Whether the built-in root of the staging instance counts instead.
    pub staging: bool,
    /// The artifact's bytes.
    pub content: Option<Vec<u8>>,
    /// Its SHA-256 in hexadecimal, where the bytes are not at hand.
    pub sha256: Option<String>,
}

/// Answers one request of the conformance protocol.
///
/// # Errors
/// The words for why the bundle does not verify.
pub fn conform(request: &Request) -> Result<(), String> {
    let text = match (&request.trusted_root, request.staging) {
        (Some(text), _) => text.as_str(),
        (None, true) => ::sigstore::trust_root::SIGSTORE_STAGING_TRUSTED_ROOT,
        (None, false) => SIGSTORE_PRODUCTION_TRUSTED_ROOT,
    };
    let root = Root::parse("", text)?;
    let bundle = Bundle::from_json(&request.bundle).map_err(|error| words(&error))?;
    let artifact = match (&request.content, &request.sha256) {
        (Some(content), _) => Artifact::from_blob(content),
        (None, Some(hex)) => {
            let bytes = super::statement::from_hex(hex).ok_or("the digest is not hexadecimal")?;
            Digest::Sha256(bytes).artifact().map_err(|why| format!("{why:?}"))?
        }
        (None, None) => return Err("there is no artifact".to_owned()),
    };
    let result = if let Some(pem) = &request.key {
        let key = DerPublicKey::from_pem(pem).map_err(|error| words(&error))?;
        root.verifier.verify(artifact, &bundle, &PublicKeyVerificationPolicy::new(key))
    } else {
        let (Some(identity), Some(issuer)) = (&request.identity, &request.issuer) else {
            return Err("neither a key nor an identity with its issuer is expected".to_owned());
        };
        let policy = VerificationPolicy::new(identity.clone(), issuer.clone());
        root.verifier.verify(artifact, &bundle, &policy)
    };
    result.map(drop).map_err(|error| words(&error))
}
