//! `GET /v1/models`: `auto`, every arm by its name, aliases and policies.

use super::refusal::Refusal;
use crate::engine::api::EngineApi;
use crate::http::App;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

/// The list in OpenAI's shape.
///
/// # Errors
/// The engine's.
pub async fn list<E: EngineApi>(State(app): State<App<E>>) -> Result<Json<Value>, Refusal> {
    let providers = app.engine.providers().await?;
    let mut models = vec![model("auto", "pointsman")];
    for provider in &providers {
        let arms = provider.arms.iter();
        models.extend(arms.map(|arm| model(arm.as_str(), provider.name.as_str())));
    }
    for (name, kind) in app.engine.names() {
        let mut named = model(&name, "pointsman");
        named["pointsman"] = json!({ "kind": kind });
        models.push(named);
    }
    Ok(Json(json!({ "object": "list", "data": models })))
}

fn model(id: &str, owner: &str) -> Value {
    json!({ "id": id, "object": "model", "created": 0, "owned_by": owner })
}
