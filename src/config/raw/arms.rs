//! `arms`, `aliases` and the entries of a provider's `models`.

use super::flexible::{OneOrMany, Pairs};
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer,
    },
};
use std::fmt;

/// List price; per thousand tokens as the seeds write it, or per million as vendors do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawCost {
    /// US dollars per thousand input tokens.
    pub input_per_1k: Option<f64>,
    /// US dollars per thousand output tokens.
    pub output_per_1k: Option<f64>,
    /// US dollars per million input tokens.
    pub input_per_mtok: Option<f64>,
    /// US dollars per million output tokens.
    pub output_per_mtok: Option<f64>,
    /// US dollars per million tokens read from the prompt cache.
    pub cache_read_per_mtok: Option<f64>,
    /// US dollars per million tokens written to the prompt cache.
    pub cache_write_per_mtok: Option<f64>,
}

/// What a model is able to do, where the catalogue does not know or is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawCapabilities {
    /// Accepts images.
    pub vision: Option<bool>,
    /// Accepts tools.
    pub tools: Option<bool>,
    /// Accepts a JSON schema.
    pub json_schema: Option<bool>,
    /// Streams.
    pub streaming: Option<bool>,
    /// Input and output tokens together at most.
    pub context_tokens: Option<u32>,
    /// Output tokens at most.
    pub max_output_tokens: Option<u32>,
}

/// A model of a provider, with what differs from the catalogue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawModelFull {
    /// The model's name for callers.
    pub name: String,
    /// The upstream's name, where it differs.
    pub model: Option<String>,
    /// List price.
    pub cost: Option<RawCost>,
    /// What it is able to do.
    pub capabilities: RawCapabilities,
    /// Labels.
    pub tags: Vec<String>,
    /// Expected quality in [0, 1].
    pub prior_quality: Option<f64>,
    /// Share under `weighted`.
    pub weight: Option<f64>,
    /// Order under `priority`.
    pub priority: Option<u32>,
    /// Vendor parameters sent with each call.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// A model: its name alone, or with more.
#[derive(Clone, Debug)]
pub struct RawModel(pub RawModelFull);

impl<'de> Deserialize<'de> for RawModel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = RawModel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a model's name (in quotes if it looks like a number) or a map with name: ...",
                )
            }

            fn visit_str<E>(self, text: &str) -> Result<RawModel, E> {
                Ok(RawModel(RawModelFull {
                    name: text.to_owned(),
                    ..RawModelFull::default()
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawModel, A::Error> {
                RawModelFull::deserialize(MapAccessDeserializer::new(map)).map(RawModel)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

/// An arm over one or more deployments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawArm {
    /// Its id.
    pub name: String,
    /// `provider/model` of each deployment.
    pub deployments: Vec<String>,
    /// List price, where it differs.
    pub cost: Option<RawCost>,
    /// What it is able to do, where it differs.
    pub capabilities: RawCapabilities,
    /// Labels.
    pub tags: Vec<String>,
    /// Expected quality in [0, 1].
    pub prior_quality: Option<f64>,
    /// Share under `weighted`.
    pub weight: Option<f64>,
    /// Order under `priority`.
    pub priority: Option<u32>,
    /// Vendor parameters sent with each call.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum RawAlias {
    /// Arms, models, aliases, providers.
    Targets(OneOrMany),
    /// Provider to model; or `arms`, `policy`, `strategy`.
    Map(Pairs<OneOrMany>),
}

impl<'de> Deserialize<'de> for RawAlias {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = RawAlias;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name, a list of names, or a map of providers to models")
            }

            fn visit_str<E>(self, text: &str) -> Result<RawAlias, E> {
                Ok(RawAlias::Targets(OneOrMany(vec![text.to_owned()])))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<RawAlias, A::Error> {
                OneOrMany::deserialize(SeqAccessDeserializer::new(items)).map(RawAlias::Targets)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawAlias, A::Error> {
                Pairs::deserialize(MapAccessDeserializer::new(map)).map(RawAlias::Map)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}
