//! The signed claim that a token is asked for with: a JWT by RFC 7523, RS256.

use super::credentials::Credentials;
use crate::domain::{Fault, FaultKind};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{rand::SystemRandom, signature::RSA_PKCS1_SHA256};
use serde_json::json;

/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The longest life that Google grants, in seconds.
const LIFE_SECONDS: u64 = 3600;

/// The assertion at `now_seconds` (Unix). The same input gives the same bytes: randomness only
/// blinds the private key while it is used.
///
/// # Errors
/// `Internal` where the key does not sign.
pub fn sign(credentials: &Credentials, now_seconds: u64) -> Result<String, Fault> {
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(id) = &credentials.key_id {
        header["kid"] = id.as_str().into();
    }
    let claims = json!({
        "iss": credentials.client_email,
        "scope": SCOPE,
        "aud": credentials.token_uri,
        "iat": now_seconds,
        "exp": now_seconds + LIFE_SECONDS,
    });
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let key = &credentials.key;
    let mut signature = vec![0; key.public().modulus_len()];
    let (random, message) = (SystemRandom::new(), signed.as_bytes());
    key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
        .map_err(|_| {
            Fault::new(
                FaultKind::Internal,
                "the service account's key does not sign",
            )
        })?;
    Ok(format!("{signed}.{}", encode(&signature)))
}
