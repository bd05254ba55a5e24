//! A method as one line.

use amqp_rpc::description::{MethodDescription, MethodKind, Repetition};
use serde_json::Value;

use super::type_of;

/// The signature of a method: `price(article: Article, quantity: uint32) -> Price | ShopError`.
pub(crate) fn signature(method: &MethodDescription) -> String {
    let request = if method.raw_request { "bytes".to_owned() } else { type_of(&method.request) };
    let parameters = if method.bare {
        let name = method.parameters.first().map_or("", String::as_str);
        let separator = if name.is_empty() { "" } else { ": " };
        format!("{name}{separator}{request}")
    } else {
        fields(method)
    };
    let mut text = format!("{}({parameters})", method.name);
    if let Some(reply) = &method.reply {
        let reply = if method.raw_reply { "bytes".to_owned() } else { type_of(reply) };
        text = format!("{text} -> {reply}");
    }
    if let Some(error) = &method.error {
        text = format!("{text}, or error {}", type_of(error));
    }
    text
}

fn fields(method: &MethodDescription) -> String {
    let parameters: Vec<_> = parameters(method)
        .map(|(name, schema, is_required)| {
            let mark = if is_required { "" } else { "?" };
            format!("{name}{mark}: {}", type_of(schema))
        })
        .collect();
    parameters.join(", ")
}

/// The members of a request: their names, schemas, and whether they must be there; in the order of the method.
pub(crate) fn parameters(method: &MethodDescription) -> impl Iterator<Item = (&str, &Value, bool)> {
    let fields = method.request.get("properties").and_then(Value::as_object);
    let required = method.request.get("required").and_then(Value::as_array);
    let position = |name: &str| method.parameters.iter().position(|one| one == name);
    let mut fields: Vec<_> = fields.into_iter().flatten().collect();
    fields.sort_by_key(|(name, _)| position(name).unwrap_or(usize::MAX));
    fields.into_iter().map(move |(name, schema)| {
        let is_required = required.is_some_and(|names| names.iter().any(|one| one == name.as_str()));
        (name.as_str(), schema, is_required)
    })
}

/// What kind of message a method takes.
pub(crate) fn kind_text(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Call => "call",
        MethodKind::Notify => "notification",
        MethodKind::Event => "event",
        _ => "unknown",
    }
}

/// What else is declared of a method: `idempotent, timeout 5 s`.
pub(crate) fn flags_of(method: &MethodDescription) -> String {
    let mut flags: Vec<String> = Vec::new();
    match method.repetition {
        Repetition::Idempotent => flags.push("idempotent".into()),
        Repetition::AtMostOnce => flags.push("at most once".into()),
        Repetition::Deduplicated => flags.push("deduplicated by an idempotency key".into()),
        _ => {}
    }
    flags.extend(method.timeout_ms.map(|timeout| format!("timeout {timeout} ms")));
    flags.extend(method.lock.as_ref().map(|lock| format!("locked by {}", lock.name)));
    if method.cancel_when_late {
        flags.push("cancelled when late".into());
    }
    if let Some(deprecated) = &method.deprecated {
        let note = deprecated.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
        flags.push(format!("deprecated{note}"));
    }
    flags.join(", ")
}
