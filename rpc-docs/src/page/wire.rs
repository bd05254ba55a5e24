//! What travels: exchange, routing key and AMQP properties, for programs in other languages.

use amqp_rpc_contract::description::{MethodDescription, MethodKind, Repetition};

use super::text::Text;
use crate::asyncapi::partitions;

/// Writes the table of a method's messages.
pub(super) fn write(out: &mut String, method: &MethodDescription) {
    out.push_str(
        "<h4>On the wire</h4>\n<table><thead><tr><th scope=\"col\">Part</th><th scope=\"col\">Value</th></tr>\
         </thead><tbody>\n",
    );
    for (name, value) in rows(method) {
        out.push_str(&format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n"));
    }
    out.push_str("</tbody></table>\n");
}

/// The parts and their values, as HTML.
fn rows(method: &MethodDescription) -> Vec<(&'static str, String)> {
    let one_way = matches!(method.kind, MethodKind::Notify | MethodKind::Event);
    let mut rows = vec![("Exchange", exchange(method)), ("Routing key", routing_key(method))];
    if let Some(queue) = &method.queue {
        rows.push(("Queue", code(queue)));
    }
    rows.push(("<code>type</code>", code(&method.full_name)));
    let content = if method.raw_request {
        "any"
    } else {
        "<code>application/json</code>, or one that the server reads"
    };
    rows.push(("<code>content_type</code>", content.to_owned()));
    rows.push((
        "<code>delivery_mode</code>",
        if one_way { "2, persistent" } else { "1, transient" }.to_owned(),
    ));
    let mandatory = if method.kind == MethodKind::Event { "no" } else { "yes" };
    rows.push(("<code>mandatory</code>", mandatory.to_owned()));
    if !one_way {
        rows.push((
            "<code>correlation_id</code>",
            "any, at most 255 bytes; the reply has the same".to_owned(),
        ));
        rows.push(("<code>reply_to</code>", "the queue of the reply".to_owned()));
        let expiration = match method.timeout_ms {
            Some(timeout) => {
                format!("the milliseconds that the caller waits; the contract says <code>{timeout}</code>")
            }
            None => "the milliseconds that the caller waits".to_owned(),
        };
        rows.push(("<code>expiration</code>", expiration));
    }
    if method.repetition == Repetition::Deduplicated {
        rows.push(("<code>message_id</code>", "required: the idempotency key".to_owned()));
    } else if one_way {
        rows.push(("<code>message_id</code>", "the same in all repetitions of a message".to_owned()));
    }
    if !one_way {
        let error = if method.error.is_some() { ", <code>error</code>" } else { "" };
        rows.push((
            "Reply",
            format!(
                "to the default exchange, with <code>reply_to</code> as the routing key; <code>type</code> is \
                 <code>result</code>{error} or <code>fault</code>"
            ),
        ));
    }
    rows
}

fn exchange(method: &MethodDescription) -> String {
    match (method.exchange.as_str(), method.kind) {
        ("", _) => "the default exchange".to_owned(),
        (name, MethodKind::Event) => format!("{} (topic)", code(name)),
        (name, _) => format!("{} (direct)", code(name)),
    }
}

fn routing_key(method: &MethodDescription) -> String {
    let key = &method.routing_key;
    match (method.kind, partitions(method), &method.queue) {
        (MethodKind::Event, ..) => {
            format!("{}, followed by a dot and the topic where there is one", code(key))
        }
        (_, Some(partitions), queue) => {
            let prefix = match queue {
                Some(queue) if method.exchange.is_empty() => format!("{queue}.lock"),
                _ => key.clone(),
            };
            format!(
                "{}, where K is the CRC-32 of the UTF-8 bytes of the lock&#39;s key, modulo {partitions}",
                code(&format!("{prefix}.K-of-{partitions}"))
            )
        }
        _ => code(key),
    }
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", Text::name(text))
}
