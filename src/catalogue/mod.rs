//! Known vendors and models: addresses, key variables, list prices, context sizes, abilities.
//!
//! The facts are in `catalogue.json`, with their date and source. A price that is missing there is
//! missing here: an unknown cost is not zero. The configuration overrides every entry.

mod table;

pub use table::table;

use crate::domain::{Capabilities, Price};
use serde::Deserialize;
use std::sync::LazyLock;

/// Days after which the catalogue's prices are said to be old.
pub const STALE_AFTER_DAYS: u64 = 180;

/// All that is known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The day the facts were taken, `YYYY-MM-DD`.
    pub as_of: String,
    /// Where they were taken from.
    pub source: String,
    /// What the prices are in.
    pub unit: String,
    /// Vendors.
    pub providers: Vec<Vendor>,
}

/// A vendor or a kind of server.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The provider's name unless configured otherwise.
    pub name: String,
    /// For people.
    pub label: String,
    /// The configuration's `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Address.
    pub base_url: String,
    /// Environment variables that hold a key, first found wins.
    pub key_variables: Vec<String>,
    /// Runs on one's own machines: needs no key, costs nothing by the token.
    pub local: bool,
    /// Its models.
    pub models: Vec<Model>,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The vendor's name of it.
    pub name: String,
    /// Taken where the configuration lists no models.
    #[serde(default)]
    pub usual: bool,
    /// List price; `None` = not known.
    #[serde(default)]
    price: Option<ListPrice>,
    /// Input and output tokens together at most.
    #[serde(default)]
    context_tokens: Option<u32>,
    /// Output tokens at most.
    #[serde(default)]
    max_output_tokens: Option<u32>,
    can: Vec<Ability>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListPrice {
    input: f64,
    output: f64,
    #[serde(default)]
    cache_read: Option<f64>,
    #[serde(default)]
    cache_write: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ability {
    Vision,
    Tools,
    JsonSchema,
}

impl Model {
    /// List price; `None` = not known.
    #[must_use]
    pub fn price(&self) -> Option<Price> {
        self.price.map(|price| Price {
            input_per_mtok: price.input,
            output_per_mtok: price.output,
            cache_read_per_mtok: price.cache_read,
            cache_write_per_mtok: price.cache_write,
        })
    }

    /// What it is able to do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            vision: self.can.contains(&Ability::Vision),
            tools: self.can.contains(&Ability::Tools),
            json_schema: self.can.contains(&Ability::JsonSchema),
            streaming: true,
            context_tokens: self.context_tokens,
            max_output_tokens: self.max_output_tokens,
        }
    }
}

impl Vendor {
    /// The model of this name; a name without or with another date (`-20240229`) finds it, too.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        let exact = self.models.iter().find(|model| model.name == name);
        exact.or_else(|| {
            let wanted = undated(name);
            self.models.iter().find(|m| undated(&m.name) == wanted)
        })
    }
}

/// Do two names mean one model, apart from the date or `-latest` at their ends?
#[must_use]
pub fn same_model(one: &str, other: &str) -> bool {
    undated(one) == undated(other)
}

/// A model's name without the date or `-latest` or `-preview` at its end.
fn undated(name: &str) -> &str {
    let name = name
        .strip_suffix("-latest")
        .or(name.strip_suffix("-preview"))
        .unwrap_or(name);
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match name.rsplit_once('-') {
        Some((stem, date)) if date.len() == 8 && digits(date) => stem,
        _ => match name
            .len()
            .checked_sub(11)
            .and_then(|at| name.split_at_checked(at))
        {
            Some((stem, date)) if is_dashed_date(date) => stem,
            _ => name,
        },
    }
}

/// `-2024-08-06`.
fn is_dashed_date(text: &str) -> bool {
    text.bytes().enumerate().all(|(i, byte)| match i {
        0 | 5 | 8 => byte == b'-',
        _ => byte.is_ascii_digit(),
    })
}

impl Catalogue {
    /// The vendor of this name.
    #[must_use]
    pub fn vendor(&self, name: &str) -> Option<&Vendor> {
        self.providers.iter().find(|vendor| vendor.name == name)
    }

    /// The vendor whose `type` this is.
    #[must_use]
    pub fn of_type(&self, kind: &str) -> Option<&Vendor> {
        self.providers.iter().find(|vendor| vendor.kind == kind)
    }

    /// Whole days from the catalogue's date to now (Unix milliseconds); 0 where now is before it.
    #[must_use]
    pub fn age_days(&self, now_ms: u64) -> u64 {
        let today = now_ms / 86_400_000;
        today.saturating_sub(day_number(&self.as_of).unwrap_or(today))
    }

    /// A warning, where the prices are old.
    #[must_use]
    pub fn staleness(&self, now_ms: u64) -> Option<String> {
        let days = self.age_days(now_ms);
        (days > STALE_AFTER_DAYS).then(|| {
            format!(
                "the catalogue's prices are of {}, {days} days ago: check them, and set cost: where they have changed",
                self.as_of
            )
        })
    }
}

/// Days since 1970-01-01 of a `YYYY-MM-DD` (H. Hinnant, "chrono-compatible low-level date algorithms").
fn day_number(date: &str) -> Option<u64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    u64::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

/// The built-in catalogue.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| {
        serde_json::from_str(include_str!("catalogue.json"))
            .expect("the built-in catalogue parses: a test reads it")
    });
    &BUILT_IN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_whole() {
        let catalogue = catalogue();
        assert_eq!(catalogue.providers.len(), 12);
        for vendor in &catalogue.providers {
            let usual = vendor.models.iter().filter(|model| model.usual).count();
            assert!(vendor.local || (1..=4).contains(&usual), "{}", vendor.name);
            assert!(vendor.local || !vendor.key_variables.is_empty());
            for model in &vendor.models {
                let price = model.price();
                assert!(price.is_none_or(|p| p.input_per_mtok > 0.0 && p.output_per_mtok > 0.0));
            }
        }
    }

    #[test]
    fn dates_in_names_do_not_hide_a_model() {
        let vendor = |name| catalogue().vendor(name).unwrap();
        let found = |vendor: &Vendor, name| vendor.model(name).map(|m| m.name.clone());
        let anthropic = vendor("anthropic");
        assert_eq!(
            found(anthropic, "claude-3-opus").as_deref(),
            Some("claude-3-opus-20240229")
        );
        assert_eq!(found(anthropic, "claude-4-opus"), None);
        let openai = vendor("openai");
        assert_eq!(
            found(openai, "gpt-4o-2024-08-06").as_deref(),
            Some("gpt-4o")
        );
        assert_eq!(
            found(openai, "gpt-4-turbo-preview").as_deref(),
            Some("gpt-4-turbo")
        );
    }

    #[test]
    fn old_prices_are_said_to_be_old() {
        let mut catalogue = catalogue().clone();
        catalogue.as_of = "2026-07-02".to_owned();
        let day = |n: u64| (20_636 + n) * 86_400_000;
        assert_eq!(catalogue.age_days(day(0)), 0);
        assert_eq!(catalogue.staleness(day(180)), None);
        assert!(catalogue.staleness(day(181)).unwrap().contains("181 days"));
        assert_eq!(catalogue.staleness(0), None);
    }
}
