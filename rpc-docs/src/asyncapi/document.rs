//! The document as a whole.

use std::collections::HashSet;

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::{Map, Value, json};

use super::{
    EXTENSION, Info,
    messages::{self, Messages},
    method::{Method, has_reply},
};
use crate::schema::{Definitions, FAULT, Names, fault, identifier, note_large_integers};

/// What holds for every service.
const PROTOCOL: &str = "Typed RPC over AMQP 0-9-1. A request is published with `mandatory`, a reply to the default \
                        exchange with the request's `reply_to` as the routing key. The AMQP property `type` of a \
                        reply is `result`, `error` or `fault`. Bodies are JSON unless the request says otherwise. \
                        Members of a request that the service does not know are ignored. AMQP properties are \
                        described as members of the messages' headers. Programs that use a namespace write it and a \
                        dot before the names of exchanges and queues.";

/// The parts of a document that grow with its methods.
#[derive(Debug, Default)]
struct Parts {
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
}

pub(super) fn write(services: &[ServiceDescription], info: &Info) -> Value {
    let definitions = Definitions::of(services, &[FAULT]);
    let methods = methods(services);
    let mut parts = Parts::default();
    for (service, methods) in methods.iter().enumerate() {
        let messages = Messages { definitions: &definitions, service };
        methods.iter().for_each(|method| parts.add(method, &messages));
    }
    let mut schemas: Map<String, Value> = definitions.into_schemas().into_iter().collect();
    schemas.values_mut().for_each(note_large_integers);
    if methods.iter().flatten().any(|method| method.reply_key.is_some()) {
        parts.messages.insert("fault".to_owned(), messages::fault());
        schemas.insert(FAULT.to_owned(), fault());
    }
    json!({
        "asyncapi": "3.0.0",
        "info": about(services, info),
        "defaultContentType": "application/json",
        "channels": parts.channels,
        "operations": parts.operations,
        "components": { "messages": parts.messages, "schemas": schemas },
        EXTENSION: { "services": extension(services, &methods) },
    })
}

impl Parts {
    fn add(&mut self, method: &Method<'_>, messages: &Messages<'_>) {
        self.channels.insert(method.key.clone(), method.channel());
        self.messages.insert(method.message_key("request"), messages.request(method));
        let mut replies = Vec::new();
        if let Some(reply_key) = &method.reply_key {
            for (name, message) in messages.replies(method) {
                self.messages.insert(method.message_key(name), message);
                replies.push(name);
            }
            replies.push("fault");
            self.channels.insert(reply_key.clone(), method.reply_channel(&replies));
        }
        self.operations.insert(method.key.clone(), method.operation(&replies));
    }
}

/// The methods of each service, with keys that no other channel has. Those of requests are given first: they are
/// what a reader looks for.
fn methods(services: &[ServiceDescription]) -> Vec<Vec<Method<'_>>> {
    let mut taken = Names::default();
    let mut methods: Vec<Vec<Method<'_>>> = services
        .iter()
        .map(|service| {
            let methods = service.methods.iter();
            let keyed = methods.map(|description| {
                let key = taken.free(identifier(&description.full_name));
                Method { service, description, key, reply_key: None }
            });
            keyed.collect()
        })
        .collect();
    for method in methods.iter_mut().flatten().filter(|method| has_reply(method.description)) {
        method.reply_key = Some(taken.free(format!("{}.reply", method.key)));
    }
    methods
}

fn about(services: &[ServiceDescription], info: &Info) -> Value {
    let description = match &info.description {
        Some(description) => format!("{description}\n\n{PROTOCOL}"),
        None => PROTOCOL.to_owned(),
    };
    let mut named = HashSet::new();
    let tags = services.iter().filter(|service| named.insert(&service.service)).map(|service| {
        let mut tag = json!({ "name": service.service });
        if let Some(docs) = &service.docs {
            tag["description"] = docs.clone().into();
        }
        tag
    });
    json!({
        "title": info.title,
        "version": info.version,
        "description": description,
        "tags": tags.collect::<Vec<_>>(),
    })
}

/// The services without their methods and schemas, which the document says elsewhere: only the keys of the
/// operations, in the order of the trait.
fn extension(services: &[ServiceDescription], methods: &[Vec<Method<'_>>]) -> Value {
    let services = services.iter().zip(methods).map(|(service, methods)| {
        let mut written = serde_json::to_value(service).unwrap_or_default();
        if let Value::Object(members) = &mut written {
            members.remove("methods");
            members.remove("schemas");
            let keys = methods.iter().map(|method| method.key.clone().into());
            members.insert("operations".to_owned(), Value::Array(keys.collect()));
        }
        written
    });
    services.collect()
}
