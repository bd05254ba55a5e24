//! The methods that the page can call.

use std::collections::{HashMap, HashSet};

use amqp_rpc_contract::description::{MethodDescription, MethodKind, ServiceDescription};

use super::secrets::{has_secret, leading_to_secrets};
use crate::asyncapi::partitions;

/// The methods that *try it* is offered for, by their services and their own names.
#[derive(Debug)]
pub(super) struct Callable {
    names: HashSet<(String, String)>,
    methods: HashMap<(String, String), MethodDescription>,
}

impl Callable {
    pub(super) fn of(services: &[ServiceDescription]) -> Self {
        let mut methods = HashMap::new();
        for service in services {
            let secrets = leading_to_secrets(&service.schemas);
            let is_secret = |method: &MethodDescription| {
                let bodies = [Some(&method.request), method.reply.as_ref(), method.error.as_ref()];
                bodies.into_iter().flatten().any(|schema| has_secret(schema, &secrets))
            };
            for method in service.methods.iter().filter(|method| is_plain(method) && !is_secret(method)) {
                let name = (service.service.clone(), method.name.clone());
                // What only the client needs.
                let mut method = method.clone();
                (method.request, method.reply, method.error) = Default::default();
                methods.insert(name, method);
            }
        }
        Self { names: methods.keys().cloned().collect(), methods }
    }

    pub(super) fn names(&self) -> &HashSet<(String, String)> {
        &self.names
    }

    pub(super) fn find(&self, name: &(String, String)) -> Option<&MethodDescription> {
        self.methods.get(name)
    }
}

/// A call with JSON in both directions, to an address that does not depend on the body.
fn is_plain(method: &MethodDescription) -> bool {
    method.kind == MethodKind::Call
        && !method.raw_request
        && !method.raw_reply
        && partitions(method).is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_a_form_cannot_send_is_not_offered() {
        let method = |name: &str, more: Value| {
            let mut method = json!({
                "name": name, "full_name": format!("a.{name}"), "kind": "call", "exchange": "", "routing_key": name,
            });
            method.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            method
        };
        let service: ServiceDescription = serde_json::from_value(json!({
            "service": "a",
            "methods": [
                method("plain", json!({ "request": { "$ref": "#/components/schemas/Plain" } })),
                method("bytes", json!({ "raw_request": true })),
                method("image", json!({ "raw_reply": true })),
                method("notified", json!({ "kind": "notify" })),
                method("happened", json!({ "kind": "event" })),
                method("later", json!({ "kind": "a kind of a later version" })),
                method("login", json!({ "request": { "$ref": "#/components/schemas/Login" } })),
                method("in_process", json!({ "lock": { "name": "a", "scope": "process" } })),
                method("in_cluster", json!({ "lock": { "name": "a", "scope": "cluster" } })),
            ],
            "schemas": {
                "Plain": { "$ref": "#/components/schemas/Plain" },
                "Login": { "properties": { "password": { "$ref": "#/components/schemas/Password" } } },
                "Password": { "type": "string", "format": "fernet" },
            },
        }))
        .unwrap();
        let callable = Callable::of(&[service]);
        let mut names: Vec<_> = callable.names().iter().map(|(_, method)| method.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["in_process", "plain"]);
    }
}
