//! `mcp-vouch verify-bundle`: one bundle, one artifact, as the conformance suite asks.

use std::path::Path;

use super::{Stop, arguments::VerifyBundle};
use crate::{
    acquire::read_named,
    detect::provenance::{Request, conform},
};

/// The exit code where the bundle does not verify.
const REJECTED: u8 = 1;

/// Verifies, and answers with the exit code.
pub(super) fn run(verify: &VerifyBundle) -> Result<u8, Stop> {
    let request = request(verify)?;
    match conform(&request) {
        Ok(()) => Ok(0),
        Err(why) => {
            Stop::new(format!("the bundle does not verify: {why}")).print();
            Ok(REJECTED)
        }
    }
}

fn request(verify: &VerifyBundle) -> Result<Request, Stop> {
    let text = |path: &Path| bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let optional = |path: &Option<std::path::PathBuf>| path.as_deref().map(text).transpose();
    let digest = verify.artifact.strip_prefix("sha256:").map(str::to_owned);
    let content = match &digest {
        Some(_) => None,
        None => Some(bytes(Path::new(&verify.artifact))?),
    };
    Ok(Request {
        bundle: text(&verify.bundle)?,
        identity: verify.certificate_identity.clone(),
        issuer: verify.certificate_oidc_issuer.clone(),
        key: optional(&verify.key)?,
        trusted_root: optional(&verify.trusted_root)?,
        staging: verify.staging,
        content,
        sha256: digest,
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, Stop> {
    read_named(path).map_err(|why| Stop::new(format!("nothing was verified: {why}")))
}
