//! The messages of a method.

use std::collections::BTreeMap;

use amqp_rpc_contract::description::{LockDescription, LockScope, MethodDescription, MethodKind, Repetition};
use serde_json::{Map, Value, json};

use super::{bindings, method::Method, properties};
use crate::schema::{Definitions, FAULT, Prefix, body, mentions_secret, pascal_case, reachable};

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// Writes the messages of the methods of one service.
#[derive(Debug)]
pub(super) struct Messages<'a> {
    pub(super) definitions: &'a Definitions,
    /// The position of the service.
    pub(super) service: usize,
}

impl Messages<'_> {
    /// The request, or the event.
    pub(super) fn request(&self, method: &Method<'_>) -> Value {
        let description = method.description;
        let seal = self.has_secret(&description.request, &method.service.schemas);
        let mut message = json!({
            "name": description.full_name,
            "title": format!("{} of {}", if description.kind == MethodKind::Event { "Event" } else { "Request" }, description.full_name),
            "contentType": if description.raw_request { BYTES } else { JSON },
            "headers": properties::of_request(description, seal),
            "payload": self.payload(description, "Request", &description.request, description.raw_request),
            "bindings": bindings::message(&description.full_name),
        });
        let said = semantics(description);
        if !said.is_empty() {
            message["description"] = said.join(" ").into();
        }
        if method.reply_key.is_some() {
            message["correlationId"] = correlation_id("The reply has the same.");
        }
        if !description.examples.is_empty() {
            let examples = description.examples.iter().map(|example| json!({ "payload": example }));
            message["examples"] = examples.collect::<Vec<_>>().into();
        }
        message
    }

    /// The replies that are this method's own, by their AMQP property `type`.
    pub(super) fn replies(&self, method: &Method<'_>) -> Vec<(&'static str, Value)> {
        let description = method.description;
        let anything = Value::Object(Map::new());
        let result = description.reply.as_ref().unwrap_or(&anything);
        let mut replies =
            vec![("result", self.reply(method, "result", "Reply", result, description.raw_reply))];
        if let Some(error) = &description.error {
            replies.push(("error", self.reply(method, "error", "Error", error, false)));
        }
        replies
    }

    fn reply(&self, method: &Method<'_>, name: &str, suffix: &str, schema: &Value, raw: bool) -> Value {
        let description = method.description;
        let (title, said) = if name == "error" {
            ("Error", "The method ran, and returned this error of its own.")
        } else {
            ("Result", "The method ran, and returned this value.")
        };
        json!({
            "name": format!("{}.{name}", description.full_name),
            "title": format!("{title} of {}", description.full_name),
            "description": said,
            "contentType": if raw { BYTES } else { JSON },
            "headers": properties::of_reply(name),
            "correlationId": correlation_id("That of the request."),
            "payload": self.payload(description, suffix, schema, raw),
            "bindings": bindings::message(name),
        })
    }

    fn payload(&self, method: &MethodDescription, suffix: &str, schema: &Value, raw: bool) -> Value {
        let title = format!("{}{suffix}", pascal_case(&method.full_name));
        body(&self.definitions.rewritten(self.service, schema, Prefix::Components), &title, raw)
    }

    /// Whether a secret is in the schema, or in one that it leads to.
    fn has_secret(&self, schema: &Value, schemas: &BTreeMap<String, Value>) -> bool {
        let definitions = reachable([schema], schemas);
        mentions_secret(schema)
            || definitions.iter().filter_map(|name| schemas.get(name)).any(mentions_secret)
    }
}

/// The fault, which all methods share.
pub(super) fn fault() -> Value {
    json!({
        "name": "fault",
        "title": "Fault",
        "description": "There is neither a result nor an error of the method.",
        "contentType": JSON,
        "headers": properties::of_reply("fault"),
        "correlationId": correlation_id("That of the request."),
        "payload": { "$ref": Prefix::Components.reference(FAULT) },
        "bindings": bindings::message("fault"),
    })
}

fn correlation_id(description: &str) -> Value {
    json!({
        "location": "$message.header#/correlationId",
        "description": format!("The AMQP property correlation_id. {description}"),
    })
}

/// What callers can rely on.
pub(crate) fn semantics(method: &MethodDescription) -> Vec<String> {
    let mut said = Vec::new();
    match method.kind {
        MethodKind::Notify => {
            said.push("A notification: one server runs it, and nobody is answered.".to_owned());
        }
        MethodKind::Event => said.push("An event: every group of subscribers receives it.".to_owned()),
        _ => {}
    }
    match method.repetition {
        Repetition::Idempotent => said.push("Idempotent: running it twice is harmless.".to_owned()),
        Repetition::AtMostOnce => said.push(
            "At most once: a request that was delivered before is not run again, but answered `maybe_executed`."
                .to_owned(),
        ),
        Repetition::Deduplicated => said.push(
            "Deduplicated: it needs an idempotency key in `message_id`, and a repeat with the same key is answered \
             with the stored reply."
                .to_owned(),
        ),
        _ => {}
    }
    if let Some(timeout) = method.timeout_ms {
        said.push(format!("Callers wait {timeout} ms, unless they choose another timeout."));
    }
    if let Some(lock) = &method.lock {
        said.push(locked(lock));
    }
    if method.cancel_when_late {
        said.push("The server cancels it when its caller's deadline has passed.".to_owned());
    }
    said
}

/// Which requests do not run at the same time.
fn locked(lock: &LockDescription) -> String {
    let name = &lock.name;
    let place = match lock.scope {
        LockScope::Process => "within one process of the server",
        LockScope::Cluster => "in all servers together",
        _ => "in a scope that is not known",
    };
    match &lock.key {
        Some(key) => {
            format!(
                "Locked by `{name}`: {place}, requests with equal keys (`{key}`) do not run at the same time."
            )
        }
        None => format!("Locked by `{name}` as a whole: {place}, no two requests run at the same time."),
    }
}
