//! Where a dialect sends its calls and as whom: what all dialects do with it, once.

use super::{Probe, Secret, http::Http};
use crate::domain::{ChatRequest, Fault, FaultKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// An address with one account. Several keys are several endpoints, see [`super::rotation`].
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Address with scheme, without a slash at the end.
    pub base_url: String,
    /// The key, where the server asks for one.
    pub key: Option<Secret>,
    /// Headers added to each call; they win over the dialect's own.
    pub headers: Vec<(String, Secret)>,
    /// Parameters of the vendor sent with each call unless the request has its own.
    pub parameters: Map<String, Value>,
}

/// How a vendor wants to see the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStyle {
    /// `Authorization: Bearer ...`.
    Bearer,
    /// The key alone in the header of this name.
    Header(&'static str),
}

impl Endpoint {
    /// The headers of every call: the key, then the configured ones.
    ///
    /// # Errors
    /// `Internal`, with the name of a header that cannot be sent; never with its value.
    pub fn header_map(&self, style: KeyStyle) -> Result<HeaderMap, Fault> {
        let mut map = HeaderMap::new();
        if let Some(key) = self.key.as_ref().filter(|key| !key.expose().is_empty()) {
            let (name, value) = match style {
                KeyStyle::Bearer => ("authorization", format!("Bearer {}", key.expose())),
                KeyStyle::Header(name) => (name, key.expose().to_owned()),
            };
            put(&mut map, name, &value)?;
        }
        for (name, value) in &self.headers {
            put(&mut map, name, value.expose())?;
        }
        Ok(map)
    }

    /// The request with the configured parameters under its own.
    #[must_use]
    pub fn request<'a>(&self, request: &'a ChatRequest) -> Cow<'a, ChatRequest> {
        if self.parameters.is_empty() {
            return Cow::Borrowed(request);
        }
        let mut request = request.clone();
        let mut extra = self.parameters.clone();
        extra.append(&mut request.sampling.extra);
        request.sampling.extra = extra;
        Cow::Owned(request)
    }

    /// A path from the root of the host.
    #[must_use]
    pub fn from_root(&self, path: &str) -> String {
        let after_scheme = self.base_url.find("://").map_or(0, |at| at + 3);
        let root = self.base_url[after_scheme..]
            .find('/')
            .map_or(self.base_url.as_str(), |at| {
                &self.base_url[..after_scheme + at]
            });
        format!("{root}/{}", path.trim_start_matches('/'))
    }

    /// Asks with GET whether the upstream is there: the probe's own path, else `url`.
    ///
    /// # Errors
    /// What went wrong, without our key.
    pub async fn probe(
        &self,
        http: &Http,
        headers: HeaderMap,
        probe: Probe,
        url: String,
    ) -> Result<(), Fault> {
        let url = probe.endpoint.map_or(url, |path| self.from_root(&path));
        let reply = http.send(Method::GET, &url, headers, None).await;
        reply.map(|_| ()).map_err(|fault| self.clean(fault))
    }

    /// The fault without our key, should the upstream have echoed it.
    #[must_use]
    pub fn clean(&self, mut fault: Fault) -> Fault {
        let secrets = self
            .key
            .iter()
            .chain(self.headers.iter().map(|(_, value)| value));
        for secret in secrets.filter(|secret| secret.expose().len() >= 4) {
            if fault.message.contains(secret.expose()) {
                fault.message = fault.message.replace(secret.expose(), "***");
            }
        }
        fault
    }
}

/// Sets a header whose value must not be logged.
///
/// # Errors
/// `Internal`, with the header's name, where name or value cannot be sent.
pub fn put(map: &mut HeaderMap, name: &str, value: &str) -> Result<(), Fault> {
    let refused = |what: &str| {
        let message = format!("the {what} of header {name:?} has characters that cannot be sent");
        Fault::new(FaultKind::Internal, message)
    };
    let header: HeaderName = name.parse().map_err(|_| refused("name"))?;
    let mut value: HeaderValue = value.trim().parse().map_err(|_| refused("value"))?;
    value.set_sensitive(true);
    map.insert(header, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn endpoint() -> Endpoint {
        Endpoint {
            base_url: "https://host:8443/v1".into(),
            key: Some(Secret::new("hunter2")),
            headers: vec![("X-Team".into(), Secret::new("blue"))],
            parameters: json!({"a": 1, "b": 1}).as_object().cloned().unwrap(),
        }
    }

    #[test]
    fn the_key_goes_where_the_vendor_wants_it_and_is_not_logged() {
        let map = endpoint().header_map(KeyStyle::Bearer).unwrap();
        assert_eq!(map["authorization"], "Bearer hunter2");
        assert_eq!(map["x-team"], "blue");
        assert!(!format!("{map:?}").contains("hunter2"));
        let map = endpoint()
            .header_map(KeyStyle::Header("x-api-key"))
            .unwrap();
        assert_eq!(map["x-api-key"], "hunter2");
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_not_told() {
        let bad = Endpoint {
            key: Some(Secret::new("hunter\n2")),
            ..Endpoint::default()
        };
        let fault = bad.header_map(KeyStyle::Bearer).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Internal);
        assert!(!fault.message.contains("hunter"), "{fault}");
    }

    #[test]
    fn the_requests_own_parameters_win() {
        let mut request = ChatRequest::default();
        request.sampling.extra = json!({"b": 2}).as_object().cloned().unwrap();
        let merged = endpoint().request(&request).into_owned();
        assert_eq!(Value::from(merged.sampling.extra), json!({"a": 1, "b": 2}));
    }

    #[test]
    fn an_echoed_key_is_taken_out_of_a_fault() {
        let fault = Fault::new(FaultKind::Credentials, "no such key: hunter2!");
        assert_eq!(endpoint().clean(fault).message, "no such key: ***!");
    }

    #[test]
    fn a_probes_path_starts_at_the_root() {
        assert_eq!(
            endpoint().from_root("/v1/models"),
            "https://host:8443/v1/models"
        );
        let bare = Endpoint {
            base_url: "http://h".into(),
            ..Endpoint::default()
        };
        assert_eq!(bare.from_root("health"), "http://h/health");
    }
}
