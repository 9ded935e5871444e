//! A Google service account's JSON file: what is in it, checked.

use crate::provider::Secret;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::rsa::KeyPair;
use serde::Deserialize;
use zeroize::Zeroizing;

/// Who asks for tokens, and where.
pub struct Credentials {
    /// The account's address; `iss` of the assertion.
    pub client_email: String,
    /// Id of the key, where the file tells.
    pub key_id: Option<String>,
    /// Where tokens are given out.
    pub token_uri: String,
    /// Signs assertions.
    pub key: KeyPair,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("client_email", &self.client_email)
            .field("token_uri", &self.token_uri)
            .finish_non_exhaustive()
    }
}

/// A file that is no use. Says what is wrong and what to do; never with a part of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCredentials {
    /// No JSON, or a field is missing.
    #[error("the credentials are not a service account's JSON file: {0}")]
    Shape(String),
    /// Another kind of credentials.
    #[error("the credentials are of type {0:?}; create a key of a service account instead")]
    Kind(String),
    /// The key cannot be read.
    #[error("`private_key` of the credentials is not an RSA key in PEM: {0}")]
    Key(String),
    /// Tokens would be asked for at a strange place.
    #[error(
        "`token_uri` of the credentials is {0:?}; expected https on a host of googleapis.com, \
         because whoever answers there could use what is sent"
    )]
    TokenUri(String),
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key: Option<String>,
    private_key_id: Option<String>,
    token_uri: Option<String>,
}

impl Credentials {
    /// Reads the file's content.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(json: &Secret) -> Result<Self, BadCredentials> {
        let file: File = serde_json::from_str(json.expose())
            .map_err(|error| BadCredentials::Shape(without_content(&error)))?;
        if file.kind != "service_account" {
            return Err(BadCredentials::Kind(file.kind));
        }
        let missing = |field: &str| BadCredentials::Shape(format!("`{field}` is missing"));
        let key = Zeroizing::new(file.private_key.ok_or_else(|| missing("private_key"))?);
        let token_uri = file
            .token_uri
            .unwrap_or_else(|| "https://oauth2.googleapis.com/token".into());
        if !is_google(&token_uri) {
            return Err(BadCredentials::TokenUri(token_uri));
        }
        Ok(Self {
            client_email: file.client_email.ok_or_else(|| missing("client_email"))?,
            key_id: file.private_key_id,
            token_uri,
            key: rsa(&key)?,
        })
    }
}

/// Where it went wrong, without a piece of the file.
fn without_content(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "a field is missing or of another kind".into(),
        _ => format!(
            "not JSON at line {}, column {}",
            error.line(),
            error.column()
        ),
    }
}

/// Google's hosts, and this machine for emulators.
fn is_google(uri: &str) -> bool {
    if uri.contains(['@', '\\']) {
        return false;
    }
    let host = |rest: &str| -> String {
        let end = rest.find(['/', ':', '?', '#']).unwrap_or(rest.len());
        rest[..end].to_owned()
    };
    match uri.split_once("://") {
        Some(("https", rest)) => {
            let host = host(rest);
            host.ends_with(".googleapis.com") || host == "accounts.google.com"
        }
        Some(("http", rest)) => matches!(host(rest).as_str(), "127.0.0.1" | "localhost"),
        _ => false,
    }
}

/// PKCS#8 (`PRIVATE KEY`), as Google writes it, or PKCS#1 (`RSA PRIVATE KEY`).
fn rsa(pem: &str) -> Result<KeyPair, BadCredentials> {
    let bad = |what: &str| BadCredentials::Key(what.into());
    let old = pem.contains("BEGIN RSA PRIVATE KEY");
    if !old && !pem.contains("BEGIN PRIVATE KEY") {
        return Err(bad("it does not begin with -----BEGIN PRIVATE KEY-----"));
    }
    let body: Zeroizing<String> = Zeroizing::new(
        pem.lines()
            .filter(|line| !line.contains("-----"))
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect(),
    );
    let der = STANDARD.decode(body.as_bytes());
    let der = Zeroizing::new(der.map_err(|_| bad("its base 64 is damaged"))?);
    let pair = if old {
        KeyPair::from_der(&der)
    } else {
        KeyPair::from_pkcs8(&der)
    };
    pair.map_err(|error| bad(&error.to_string()))
}
