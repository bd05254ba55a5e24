//! The parts of a method that say what a body holds.

use amqp_rpc_contract::description::{MethodDescription, MethodKind};
use serde_json::Value;

use super::{json, scope::Scope, table, text::Text};

/// Writes what a request holds, and what a reply.
pub(super) fn write(out: &mut String, method: &MethodDescription, scope: &Scope<'_>) {
    out.push_str("<h4>Request</h4>\n");
    if method.raw_request {
        out.push_str("<p>Bytes, of any content type.</p>\n");
    } else if has_no_members(&method.request) && !method.bare {
        out.push_str("<p>No parameters: an empty object.</p>\n");
    } else {
        table::of_request(out, method, scope);
    }
    if matches!(method.kind, MethodKind::Notify | MethodKind::Event) {
        return;
    }
    out.push_str("<h4>Reply</h4>\n");
    match &method.reply {
        _ if method.raw_reply => out.push_str("<p>Bytes.</p>\n"),
        Some(reply) => table::of(out, reply, scope),
        None => out.push_str("<p>The description does not say it.</p>\n"),
    }
    if let Some(error) = &method.error {
        out.push_str("<h4>Error</h4>\n");
        table::of(out, error, scope);
    }
}

/// Writes the schemas as JSON, to be opened.
pub(super) fn schemas(out: &mut String, method: &MethodDescription) {
    let one_way = matches!(method.kind, MethodKind::Notify | MethodKind::Event);
    let bodies = [
        ("request", Some(&method.request).filter(|_| !method.raw_request)),
        ("reply", method.reply.as_ref().filter(|_| !method.raw_reply && !one_way)),
        ("error", method.error.as_ref().filter(|_| !one_way)),
    ];
    for (name, schema) in bodies {
        if let Some(schema) = schema {
            out.push_str(&format!(
                "<details><summary>JSON Schema of the {name}</summary>{}</details>\n",
                block(schema)
            ));
        }
    }
}

/// JSON as a block of code.
pub(super) fn block(value: &Value) -> String {
    format!("<pre><code>{}</code></pre>", Text::whole(&json::lines(value)))
}

/// An object without members. A schema that says nothing allows any value.
fn has_no_members(schema: &Value) -> bool {
    let of_object = schema.get("type").and_then(Value::as_str) == Some("object");
    let members = schema.get("properties").and_then(Value::as_object);
    let others = ["$ref", "additionalProperties", "allOf", "anyOf", "oneOf", "patternProperties"];
    let has_others =
        others.iter().any(|keyword| schema.get(keyword).is_some_and(|value| value != &Value::Bool(false)));
    of_object && members.is_none_or(serde_json::Map::is_empty) && !has_others
}
