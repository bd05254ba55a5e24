//! The AMQP properties of messages, as a schema of their headers.

use amqp_rpc_contract::description::{MethodDescription, MethodKind, Repetition};
use serde_json::{Map, Value, json};

const ABOUT: &str = "The AMQP properties of the message, under their names in camelCase, and its headers.";

/// The properties of a request that the contract or the protocol says something about. A server accepts requests
/// without them, unless they are required.
pub(super) fn of_request(method: &MethodDescription, seal: bool) -> Value {
    let one_way = matches!(method.kind, MethodKind::Notify | MethodKind::Event);
    let deduplicated = method.repetition == Repetition::Deduplicated;
    let mut properties = of_every_request(method, if one_way { 2 } else { 1 });
    let mut add = |name: &str, schema: Value| drop(properties.insert(name.to_owned(), schema));
    if !one_way {
        add("replyTo", reply_to());
        add("expiration", expiration());
    }
    if deduplicated || one_way {
        add("messageId", message_id());
    }
    if seal {
        let about = "A header: the token that binds the secrets of the body to this message. Tokens that say `sealed` \
                     are refused without it.";
        add("secrets-seal", text(about));
    }
    let mut schema = json!({ "type": "object", "description": ABOUT, "properties": properties });
    if deduplicated {
        schema["required"] = json!(["messageId"]);
    }
    schema
}

fn of_every_request(method: &MethodDescription, delivery_mode: u8) -> Map<String, Value> {
    let content_type = if method.raw_request {
        text("Any, or none.")
    } else {
        json!({
            "type": "string",
            "default": "application/json",
            "description": "Missing, empty, `text/plain` and `application/octet-stream` are JSON. Others are read by \
                            servers that have their codec, and answered `unsupported_media_type` by the rest.",
        })
    };
    let properties = [
        ("contentType", content_type),
        ("contentEncoding", text("The compression of the body, `gzip` or `zstd`, for servers that read it.")),
        (
            "type",
            json!({
                "type": "string",
                "default": method.full_name,
                "description": "The method. It counts where the routing key names no method of the queue.",
            }),
        ),
        ("correlationId", text("Opaque, at most 255 bytes of UTF-8. Our client sends a UUID.")),
        (
            "deliveryMode",
            json!({
                "type": "integer",
                "enum": [1, 2],
                "default": delivery_mode,
                "description": "1 is transient, 2 persistent.",
            }),
        ),
        (
            "timestamp",
            json!({ "type": "integer", "description": "When it was sent, in seconds since 1970." }),
        ),
    ];
    properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn reply_to() -> Value {
    text(
        "The queue of the reply. A request without it is run and not answered. The address must be one that the \
         server's reply policy allows.",
    )
}

fn expiration() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9]+$",
        "description": "The time that the caller still waits, in milliseconds. The broker drops the request after it, \
                        and the server answers `expired`.",
    })
}

fn message_id() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "description": "The idempotency key: the same in all repetitions, and in no other message of the method.",
    })
}

/// The properties of a reply of this AMQP property `type`.
pub(super) fn of_reply(message_type: &str) -> Value {
    let of_request = "That of the request";
    let content_type = match message_type {
        "result" => format!("{of_request}'s codec; `application/octet-stream` if the body is bytes."),
        _ => {
            format!("{of_request}'s codec, or `application/json` where there is none that the server knows.")
        }
    };
    let mut properties = Map::new();
    properties.insert("contentType".to_owned(), text(&content_type));
    if message_type != "fault" {
        let encoding = "The compression of the body, where the request accepts it (`accept-encoding`).";
        properties.insert("contentEncoding".to_owned(), text(encoding));
    }
    properties.insert("correlationId".to_owned(), text(&format!("{of_request}; absent if it had none.")));
    properties.insert("type".to_owned(), json!({ "type": "string", "const": message_type }));
    json!({
        "type": "object",
        "description": ABOUT,
        "properties": properties,
        "required": ["contentType", "type"],
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}
