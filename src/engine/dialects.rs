//! A configured deployment -> its dialect, with its keys, address and HTTP client.

use crate::{
    clock::Clock,
    config::{DeploymentSpec, Dialect, Publisher, Secret as Configured},
    domain::Fault,
    provider::{
        Provider, Secret,
        anthropic::Anthropic,
        azure::Azure,
        endpoint::Endpoint,
        gemini::Gemini,
        http::Http,
        ollama::Ollama,
        openai::{OpenAi, Quirks},
        rotation::Rotation,
        simulated::{self, Simulated},
        vertex::{self, Credentials, Place, Vertex},
    },
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// One HTTP client for each connection time-out, shared by all deployments that have it: they share
/// its connections, and the machine's certificates are read once.
#[derive(Default)]
pub(super) struct Clients(HashMap<Duration, Http>);

impl Clients {
    fn of(&mut self, connect: Duration) -> Result<Http, String> {
        if let Some(http) = self.0.get(&connect) {
            return Ok(http.clone());
        }
        let http = Http::new(connect).map_err(said)?;
        self.0.insert(connect, http.clone());
        Ok(http)
    }
}

/// The dialect with all its keys.
///
/// # Errors
/// What is wrong with it.
pub(super) fn provider(
    spec: &DeploymentSpec,
    clock: &Arc<dyn Clock>,
    clients: &mut Clients,
) -> Result<Arc<dyn Provider>, String> {
    if let Dialect::Simulated {
        profile,
        seed,
        time_scale,
        failures,
    } = &spec.dialect
    {
        let settings = simulated::Settings {
            seed: *seed,
            time_scale: *time_scale,
            failures: *failures,
        };
        let simulated = Simulated::new(profile, settings).map_err(|error| error.to_string())?;
        return Ok(Arc::new(simulated));
    }
    let http = clients.of(spec.timeouts.connect)?;
    let keys: Vec<Option<&Configured>> = if spec.keys.is_empty() {
        vec![None]
    } else {
        spec.keys.iter().map(Some).collect()
    };
    let mut accounts = keys
        .into_iter()
        .map(|key| account(spec, &http, key, clock))
        .collect::<Result<Vec<_>, _>>()?;
    if accounts.len() == 1 {
        return Ok(accounts.remove(0));
    }
    Ok(Arc::new(Rotation::new(accounts)))
}

/// The dialect with one key.
fn account(
    spec: &DeploymentSpec,
    http: &Http,
    key: Option<&Configured>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Provider>, String> {
    let mut endpoint = Endpoint {
        base_url: spec.base_url.clone(),
        key: key.map(secret),
        headers: headers(spec),
        parameters: spec.parameters.clone(),
    };
    let http = http.clone();
    Ok(match &spec.dialect {
        Dialect::OpenAi(flavour) => {
            Arc::new(OpenAi::new(http, endpoint, Quirks::named(flavour.name())).map_err(said)?)
        }
        Dialect::Anthropic { version } => {
            Arc::new(Anthropic::new(http, endpoint, version).map_err(said)?)
        }
        Dialect::Gemini => Arc::new(Gemini::new(http, endpoint).map_err(said)?),
        Dialect::Azure {
            api_version,
            bearer,
        } => Arc::new(Azure::new(http, endpoint, api_version.clone(), *bearer).map_err(said)?),
        Dialect::Vertex {
            project,
            location,
            credentials,
            publisher,
        } => {
            let place = Place {
                project: project.clone(),
                location: location.clone(),
                publisher: match publisher {
                    Publisher::Google => vertex::Publisher::Google,
                    Publisher::Anthropic => vertex::Publisher::Anthropic,
                },
            };
            let credentials =
                Credentials::parse(&secret(credentials)).map_err(|error| error.to_string())?;
            Arc::new(
                Vertex::new(http, Arc::clone(clock), endpoint, place, credentials).map_err(said)?,
            )
        }
        Dialect::Ollama {
            num_ctx,
            keep_alive,
        } => {
            let parameters = &mut endpoint.parameters;
            parameters.extend(num_ctx.map(|tokens| ("num_ctx".to_owned(), tokens.into())));
            let keep = keep_alive.as_deref();
            parameters.extend(keep.map(|time| ("keep_alive".to_owned(), time.into())));
            Arc::new(Ollama::new(http, endpoint).map_err(said)?)
        }
        Dialect::Simulated { profile, .. } => {
            return Err(format!("simulated {profile} has no account"));
        }
    })
}

fn said(fault: Fault) -> String {
    fault.message
}

fn secret(configured: &Configured) -> Secret {
    Secret::new(configured.expose())
}

fn headers(spec: &DeploymentSpec) -> Vec<(String, Secret)> {
    let named = [
        ("OpenAI-Organization", &spec.organization),
        ("OpenAI-Project", &spec.project),
    ];
    let account = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Secret::new(value.as_ref()?.as_str()))));
    let own = spec
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), secret(value)));
    account.chain(own).collect()
}
