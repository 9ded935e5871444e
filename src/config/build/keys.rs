//! Keys and headers of a provider.

use super::Build;
use super::providers::Site;
use crate::config::Secret;
use crate::config::raw::ProviderType as Type;
use std::path::Path;
use zeroize::Zeroizing;

impl Build<'_> {
    /// All keys of a provider: written here, in a file, or in the vendor's own variable.
    pub(super) fn keys(&mut self, site: &Site<'_>, base_url: &str) -> Vec<Secret> {
        let mut keys = Vec::new();
        let raw = site.raw;
        let one = raw
            .api_key
            .iter()
            .map(|key| (site.trail.key("api_key"), key));
        let list = site.trail.key("api_keys");
        let several = raw.api_keys.iter().enumerate();
        let several = several.map(|(i, key)| (list.index(i), key));
        for (trail, key) in one.chain(several) {
            let trimmed = key.expose().trim();
            if trimmed.is_empty() {
                let remedy = "give the key, or take the line away if the server asks for none";
                self.problem(&trail, "the key is empty", remedy);
            } else if trimmed.chars().any(|c| c.is_control() || !c.is_ascii()) {
                let remedy = "a key is one line of plain characters: check how it was copied";
                self.problem(
                    &trail,
                    "the key holds characters that no header can carry",
                    remedy,
                );
            } else {
                keys.push(Secret::new(trimmed));
            }
        }
        self.key_file(site, &mut keys);
        let written =
            raw.api_key.is_some() || !raw.api_keys.is_empty() || raw.api_key_file.is_some();
        if !written {
            self.keys_of_vendor(site, base_url, &mut keys);
        }
        keys
    }

    fn key_file(&mut self, site: &Site<'_>, keys: &mut Vec<Secret>) {
        let Some(path) = &site.raw.api_key_file else {
            return;
        };
        let at = site.trail.key("api_key_file");
        match (self.world.read)(Path::new(path)).map(Zeroizing::new) {
            Ok(text) => {
                let before = keys.len();
                keys.extend(
                    text.lines()
                        .map(str::trim)
                        .filter(|l| !l.is_empty())
                        .map(Secret::new),
                );
                if keys.len() == before {
                    self.problem(&at, "the file holds no key", "write one key a line into it");
                }
            }
            Err(error) => {
                let what = format!("the file cannot be read: {error}");
                self.problem(&at, what, "name a file with one key a line");
            }
        }
    }

    fn keys_of_vendor(&mut self, site: &Site<'_>, base_url: &str, keys: &mut Vec<Secret>) {
        let variables: Vec<&str> = match (site.kind, site.vendor) {
            (Type::Azure, _) => vec!["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
            (_, Some(vendor)) if vendor.base_url == base_url => {
                vendor.key_variables.iter().map(String::as_str).collect()
            }
            _ => return,
        };
        let found = variables.iter().find_map(|name| (self.world.env)(name));
        if let Some(key) = found.filter(|key| !key.trim().is_empty()) {
            keys.push(Secret::new(key.trim()));
            return;
        }
        let own_header = site.raw.headers.0.iter().any(|(name, _)| {
            ["authorization", "api-key", "x-api-key", "x-goog-api-key"]
                .contains(&name.to_ascii_lowercase().as_str())
        });
        if !variables.is_empty() && !own_header {
            self.problem(
                &site.trail.key("api_key"),
                format!("the provider {:?} has no key", site.id.as_str()),
                format!("set {}, or add api_key: ...", variables.join(" or ")),
            );
        }
    }

    /// Headers that a request can carry.
    pub(super) fn headers(&mut self, site: &Site<'_>) -> Vec<(String, Secret)> {
        let mut headers = Vec::new();
        for (name, value) in &site.raw.headers.0 {
            let at = site.trail.key("headers").key(name);
            let framing = ["host", "content-length", "transfer-encoding", "connection"];
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                let remedy = "use letters, digits and - only";
                self.problem(&at, format!("{name:?} is not a header's name"), remedy);
            } else if framing.contains(&name.to_ascii_lowercase().as_str()) {
                let what = format!("the header {name} belongs to the connection");
                self.problem(&at, what, "take it away: it is set for each call");
            } else if http::HeaderValue::from_str(value.expose()).is_err() {
                let remedy = "a header's value is one line of plain characters";
                self.problem(&at, "the value cannot be carried in a header", remedy);
            } else {
                headers.push((name.clone(), value.clone()));
            }
        }
        headers
    }
}
