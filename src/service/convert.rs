//! Between the wire and the domain: two languages, and nothing but translation.
//!
//! Requests are checked here, and only here (`check`, `json`, `chat`, `message`, `form`, `routing`,
//! `request`, `query`); answers are written (`decision`, `outcome`, `event`, `shown`, `report`).

pub mod cache;
pub mod chat;
pub mod check;
pub mod decision;
pub mod event;
pub mod form;
pub mod json;
pub mod message;
pub mod outcome;
pub mod query;
pub mod report;
pub mod request;
pub mod routing;
pub mod shown;

#[cfg(test)]
mod tests;
