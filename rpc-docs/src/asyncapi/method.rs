//! A method, and what the parts of a document call it.

use amqp_rpc_contract::description::{MethodDescription, MethodKind, ServiceDescription};
use serde_json::{Map, Value, json};

use super::{
    EXTENSION,
    address::{Address, partitions},
    bindings,
};

/// A method in a document.
#[derive(Debug)]
pub(super) struct Method<'a> {
    pub(super) service: &'a ServiceDescription,
    pub(super) description: &'a MethodDescription,
    /// The key of its channel and of its operation. The keys of its messages begin with it.
    pub(super) key: String,
    /// The key of its reply channel.
    pub(super) reply_key: Option<String>,
}

/// Notifications and events have no reply, whatever their descriptions say.
pub(super) fn has_reply(method: &MethodDescription) -> bool {
    match method.kind {
        MethodKind::Notify | MethodKind::Event => false,
        MethodKind::Call => true,
        _ => method.reply.is_some(),
    }
}

impl Method<'_> {
    /// The channel of its requests.
    pub(super) fn channel(&self) -> Value {
        let address = Address::of(self.description);
        let mut channel = json!({
            "address": address.text,
            "title": self.description.full_name,
            "description": self.routing(),
            "messages": { "request": reference(&["components", "messages", &self.message_key("request")]) },
            "bindings": bindings::request_channel(self.description, &address),
        });
        if !address.parameters.is_empty() {
            channel["parameters"] = Value::Object(address.parameters);
        }
        channel
    }

    /// The channel of its replies, whose messages have these names.
    pub(super) fn reply_channel(&self, messages: &[&str]) -> Value {
        let references = messages.iter().map(|name| {
            let key = if *name == "fault" { "fault".to_owned() } else { self.message_key(name) };
            ((*name).to_owned(), reference(&["components", "messages", &key]))
        });
        json!({
            "address": null,
            "title": format!("Replies of {}", self.description.full_name),
            "description": "The queue that the request names in `reply_to`. Replies are published to the default \
                            exchange with its name as the routing key, and not `mandatory`.",
            "messages": references.collect::<Map<_, _>>(),
            "bindings": bindings::reply_channel(),
        })
    }

    /// The operation of its service.
    pub(super) fn operation(&self, reply_messages: &[&str]) -> Value {
        let method = self.description;
        let mut operation = json!({
            "action": "receive",
            "channel": reference(&["channels", &self.key]),
            "title": method.full_name,
            "tags": self.tags(),
            "messages": [reference(&["channels", &self.key, "messages", "request"])],
            "bindings": bindings::operation(method),
        });
        if let Some(docs) = &method.docs {
            operation["summary"] = summary(docs).into();
            operation["description"] = docs.clone().into();
        }
        if let Some(reply_key) = &self.reply_key {
            let messages =
                reply_messages.iter().map(|name| reference(&["channels", reply_key, "messages", name]));
            operation["reply"] = json!({
                "address": {
                    "location": "$message.header#/replyTo",
                    "description": "The AMQP property reply_to of the request.",
                },
                "channel": reference(&["channels", reply_key]),
                "messages": messages.collect::<Vec<_>>(),
            });
        }
        operation[EXTENSION] = self.extension();
        operation
    }

    /// The key of one of its messages.
    pub(super) fn message_key(&self, message: &str) -> String {
        format!("{}.{message}", self.key)
    }

    fn tags(&self) -> Value {
        let mut tags = vec![json!({ "name": self.service.service })];
        if let Some(deprecation) = self.description.deprecated.as_ref().or(self.service.deprecated.as_ref()) {
            let since = deprecation.since.as_ref().map(|since| format!("Since {since}."));
            let said = since.into_iter().chain(deprecation.note.clone()).collect::<Vec<_>>().join(" ");
            let mut tag = json!({ "name": "deprecated" });
            if !said.is_empty() {
                tag["description"] = said.into();
            }
            tags.push(tag);
        }
        tags.into()
    }

    fn routing(&self) -> String {
        let method = self.description;
        let name = &method.full_name;
        match (method.kind, &method.queue, partitions(method)) {
            (MethodKind::Event, ..) => format!(
                "Events `{name}`. Each group of subscribers has a queue, and so has each listener. They bind it with \
                 `{key}.PATTERN`; `{key}.#` matches every topic.",
                key = method.routing_key
            ),
            (_, Some(queue), Some(partitions)) => format!(
                "Requests of `{name}`, in {partitions} partitions: the queues `{queue}.lock.0-of-{partitions}` and so \
                 on. A request whose key belongs to another partition is refused."
            ),
            (_, Some(queue), None) => format!("Requests of `{name}`, in the queue `{queue}`."),
            (_, None, _) => format!("Requests of `{name}`."),
        }
    }

    /// The description without what the document says elsewhere.
    fn extension(&self) -> Value {
        let mut extension = serde_json::to_value(self.description).unwrap_or_default();
        if let Value::Object(members) = &mut extension {
            for said_elsewhere in ["docs", "error", "examples", "reply", "request"] {
                members.remove(said_elsewhere);
            }
        }
        extension
    }
}

/// A reference to a part of the document.
pub(super) fn reference(path: &[&str]) -> Value {
    json!({ "$ref": format!("#/{}", path.join("/")) })
}

/// The first paragraph, as one line.
fn summary(docs: &str) -> String {
    let paragraph = docs.trim().split("\n\n").next().unwrap_or_default();
    paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
