//! Messages of the protocol as JSON, by their descriptors: field names as in the `.proto` files,
//! enums by name, absent optional fields left out.

use crate::proto;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage, Value as Wire,
};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The JSON of a message of this name in `pointsman.v1`.
///
/// # Errors
/// Where the name is none of the package's.
pub fn of<M: Message>(name: &str, message: &M) -> Result<Value, String> {
    let descriptor = pool()?
        .get_message_by_name(&format!("pointsman.v1.{name}"))
        .ok_or_else(|| format!("there is no message {name}"))?;
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice());
    Ok(of_message(&message.map_err(|error| error.to_string())?))
}

fn pool() -> Result<&'static DescriptorPool, String> {
    static POOL: OnceLock<Result<DescriptorPool, String>> = OnceLock::new();
    POOL.get_or_init(|| {
        DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).map_err(|error| error.to_string())
    })
    .as_ref()
    .map_err(Clone::clone)
}

fn of_message(message: &DynamicMessage) -> Value {
    let mut object = Map::new();
    for field in message.descriptor().fields() {
        if field.supports_presence() && !message.has_field(&field) {
            continue;
        }
        object.insert(
            field.name().to_owned(),
            of_value(&message.get_field(&field), &field),
        );
    }
    Value::Object(object)
}

fn of_value(value: &Wire, field: &FieldDescriptor) -> Value {
    match value {
        Wire::Bool(value) => json!(value),
        Wire::I32(value) => json!(value),
        Wire::I64(value) => json!(value),
        Wire::U32(value) => json!(value),
        Wire::U64(value) => json!(value),
        Wire::F32(value) => json!(value),
        Wire::F64(value) => json!(value),
        Wire::String(value) => json!(value),
        Wire::Bytes(value) => json!(STANDARD.encode(value)),
        Wire::EnumNumber(number) => of_enum(*number, field),
        Wire::Message(message) => of_message(message),
        Wire::List(values) => values.iter().map(|value| of_value(value, field)).collect(),
        Wire::Map(entries) => {
            let mut entries: Vec<(String, Value)> = entries
                .iter()
                .map(|(key, value)| (of_key(key), of_value(value, field)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
    }
}

fn of_enum(number: i32, field: &FieldDescriptor) -> Value {
    match field.kind() {
        Kind::Enum(known) => known
            .get_value(number)
            .map_or_else(|| json!(number), |value| json!(value.name())),
        _ => json!(number),
    }
}

fn of_key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_their_proto_files_say() {
        let message = proto::GetDecisionResponse {
            decision: Some(proto::Decision {
                id: "D".into(),
                tags: [("team".to_owned(), "blue".to_owned())].into(),
                ..proto::Decision::default()
            }),
            outcome: Some(proto::Outcome {
                status: proto::OutcomeStatus::Completed.into(),
                attempts: vec![proto::Attempt::default()],
                ..proto::Outcome::default()
            }),
            ..proto::GetDecisionResponse::default()
        };
        let value = of("GetDecisionResponse", &message).unwrap();
        assert_eq!(value["decision"]["id"], "D");
        assert_eq!(value["decision"]["tags"]["team"], "blue");
        assert_eq!(value["decision"].get("tenant"), None);
        assert_eq!(value["decision"]["propensity"], 0.0);
        assert_eq!(value["outcome"]["status"], "OUTCOME_STATUS_COMPLETED");
        assert_eq!(value["outcome"]["attempts"][0]["arm"], "");
        assert!(of("Nothing", &message).is_err());
    }
}
