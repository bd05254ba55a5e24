//! Which values travel encrypted.

use serde_json::Value;

use super::visit;

/// Whether this is the `format` of a secret: a token in place of the value.
pub(crate) fn is_secret(format: &Value) -> bool {
    format == "fernet"
}

/// Whether `schema` holds a secret. References are not followed.
pub(crate) fn mentions_secret(schema: &Value) -> bool {
    let mut found = false;
    visit(schema, &mut |keywords| found |= keywords.get("format").is_some_and(is_secret));
    found
}
