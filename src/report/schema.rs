//! The input schema of a tool as a report holds it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A JSON schema, kept as compact text: a run may hold thousands, and a tree takes ten times the room.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Schema(Box<str>);

impl Schema {
    /// Takes a schema; what lies deeper than a report shows becomes `null`, texts become printable.
    pub fn of(value: &Value) -> Self {
        let mut value = value.clone();
        super::printable::schema(&mut value);
        Self(value.to_string().into())
    }

    /// The schema as a tree.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The schema as compact JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Value::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_keeps_its_order_and_its_numbers() {
        let value = json!({"type": "object", "properties": {"z": {"maximum": 1e300}, "a": {"minimum": -1}}});
        let schema = Schema::of(&value);
        assert_eq!(schema.value(), value);
        assert_eq!(serde_json::to_string(&schema).unwrap(), schema.as_str());
        assert_eq!(schema.as_str(), value.to_string());
        assert_eq!(serde_json::from_str::<Schema>(schema.as_str()).unwrap(), schema);
    }
}
