//! How a provider talks, and where it is.

use super::Build;
use super::providers::Site;
use crate::config::raw::ProviderType as Type;
use crate::config::{Dialect, Flavour, Publisher, Secret};
use std::path::Path;

impl Build<'_> {
    /// The address: as written, else the vendor's.
    pub(super) fn base_url(&mut self, site: &Site<'_>) -> String {
        let at = site.trail.key("base_url");
        if let Some(written) = &site.raw.base_url {
            return self.address(&at, written);
        }
        if site.kind == Type::Vertex {
            return vertex_address(site.raw.location.as_deref().unwrap_or("global"));
        }
        if let Some(vendor) = site.vendor {
            return vendor.base_url.clone();
        }
        if site.kind != Type::Simulated {
            let what = format!("the type {} needs an address", site.kind.name());
            let example = match site.kind {
                Type::Azure => "base_url: https://your-resource.openai.azure.com",
                _ => "base_url: http://host:port/v1",
            };
            self.problem(&at, what, format!("add {example}"));
        }
        String::new()
    }

    pub(super) fn dialect(&mut self, site: &Site<'_>, base_url: &str) -> Option<Dialect> {
        let raw = site.raw;
        self.misplaced(site);
        Some(match site.kind {
            Type::Openai if base_url.contains("api.openai.com") => Dialect::OpenAi(Flavour::OpenAi),
            Type::Openai | Type::OpenaiCompatible => Dialect::OpenAi(Flavour::Compatible),
            Type::Groq => Dialect::OpenAi(Flavour::Groq),
            Type::Cerebras => Dialect::OpenAi(Flavour::Cerebras),
            Type::Mistral => Dialect::OpenAi(Flavour::Mistral),
            Type::Xai => Dialect::OpenAi(Flavour::Xai),
            Type::Deepseek => Dialect::OpenAi(Flavour::DeepSeek),
            Type::Together => Dialect::OpenAi(Flavour::Together),
            Type::Vllm => Dialect::OpenAi(Flavour::Vllm),
            Type::Lmstudio => Dialect::OpenAi(Flavour::LmStudio),
            Type::Anthropic => Dialect::Anthropic {
                version: raw
                    .anthropic_version
                    .clone()
                    .unwrap_or("2023-06-01".to_owned()),
            },
            Type::Gemini => Dialect::Gemini,
            Type::Azure => Dialect::Azure {
                api_version: raw.api_version.clone(),
                bearer: raw.bearer.unwrap_or(false),
            },
            Type::Vertex => return self.vertex(site),
            Type::Ollama => Dialect::Ollama {
                num_ctx: self.limit(&site.trail.key("num_ctx"), raw.num_ctx),
                keep_alive: raw.keep_alive.clone(),
            },
            Type::Simulated => self.simulated(site),
        })
    }

    /// Keys that belong to another type are most likely a mistake.
    fn misplaced(&mut self, site: &Site<'_>) {
        let raw = site.raw;
        let keys = [
            ("api_version", raw.api_version.is_some(), Type::Azure),
            ("bearer", raw.bearer.is_some(), Type::Azure),
            ("deployments", !raw.deployments.0.is_empty(), Type::Azure),
            ("project_id", raw.project_id.is_some(), Type::Vertex),
            ("location", raw.location.is_some(), Type::Vertex),
            (
                "credentials_file",
                raw.credentials_file.is_some(),
                Type::Vertex,
            ),
            (
                "anthropic_version",
                raw.anthropic_version.is_some(),
                Type::Anthropic,
            ),
            ("num_ctx", raw.num_ctx.is_some(), Type::Ollama),
            ("keep_alive", raw.keep_alive.is_some(), Type::Ollama),
            ("simulation", raw.simulation.is_some(), Type::Simulated),
        ];
        for (key, written, home) in keys {
            if written && site.kind != home {
                self.problem(
                    &site.trail.key(key),
                    format!("{key} has no meaning for the type {}", site.kind.name()),
                    format!("take it away, or set type: {}", home.name()),
                );
            }
        }
    }

    /// The profile is the model's name, set with the model.
    fn simulated(&mut self, site: &Site<'_>) -> Dialect {
        let raw = site.raw.simulation.unwrap_or_default();
        let otherwise = crate::provider::simulated::Settings::default();
        let at = site.trail.key("simulation").key("time_scale");
        Dialect::Simulated {
            profile: String::new(),
            seed: raw.seed.unwrap_or(otherwise.seed),
            time_scale: self.within(&at, raw.time_scale, otherwise.time_scale, (0.0, 100.0)),
            failures: raw.failures.unwrap_or(otherwise.failures),
        }
    }

    fn vertex(&mut self, site: &Site<'_>) -> Option<Dialect> {
        let raw = site.raw;
        let project = raw.project_id.clone().filter(|project| !project.is_empty());
        if project.is_none() {
            let remedy = "add project_id: the Google Cloud project's id";
            self.problem(
                &site.trail.key("project_id"),
                "vertex needs a project",
                remedy,
            );
        }
        let credentials = self.credentials(site);
        Some(Dialect::Vertex {
            project: project?,
            location: raw.location.clone().unwrap_or("global".to_owned()),
            credentials: credentials?,
            publisher: Publisher::Google,
        })
    }

    fn credentials(&mut self, site: &Site<'_>) -> Option<Secret> {
        let at = site.trail.key("credentials_file");
        let remedy = "download a JSON key of the service account and name its path here";
        let Some(path) = &site.raw.credentials_file else {
            self.problem(
                &at,
                "vertex needs a service account",
                format!("add credentials_file: {remedy}"),
            );
            return None;
        };
        let text = match (self.world.read)(Path::new(path)) {
            Ok(text) => text,
            Err(error) => {
                self.problem(&at, format!("the file cannot be read: {error}"), remedy);
                return None;
            }
        };
        if !is_service_account(&text) {
            let what =
                "the file is not a service account's key: client_email or private_key is missing";
            self.problem(&at, what, remedy);
            return None;
        }
        Some(Secret::new(text))
    }
}

fn is_service_account(text: &str) -> bool {
    let parsed: Option<serde_json::Value> = serde_json::from_str(text).ok();
    parsed.is_some_and(|json| {
        ["client_email", "private_key"].iter().all(|key| {
            json.get(key)
                .is_some_and(|value| value.as_str().is_some_and(|s| !s.is_empty()))
        })
    })
}

/// The host of a region, of `global`, or of the multi-regions `us` and `eu`.
fn vertex_address(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
        region => format!("https://{region}-aiplatform.googleapis.com"),
    }
}
