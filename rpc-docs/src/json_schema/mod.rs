//! JSON Schemas of draft 7 that stand alone: of one method, and of all.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, slice};

use amqp_rpc_contract::description::{MethodDescription, MethodKind, ServiceDescription};
use serde_json::{Map, Value, json};

use crate::schema::{
    Definitions, FAULT, Names, Prefix, body, fault, identifier, note_large_integers, pascal_case, reachable,
    rewrite_references, target_of,
};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of the bodies of one method.
///
/// It describes an object with the member `request`, and for a call `reply`, `fault` and, if the method has an error
/// of its own, `error`. No such object travels: each member is a body. What they refer to is under `definitions`.
#[must_use]
pub fn of_method(service: &ServiceDescription, method: &MethodDescription) -> Value {
    let definitions = Definitions::of(slice::from_ref(service), &[FAULT]);
    let mut schema = bodies(method, 0, &definitions);
    let mut schemas = standing_alone(definitions);
    let used = reachable([&schema], &schemas);
    schemas.retain(|name, _| used.contains(name));
    schema["$schema"] = DRAFT.into();
    schema["definitions"] = json!(schemas);
    schema
}

/// The name of the definition that a reference leads to, such as `#/components/schemas/User` of a description; `None` where
/// it leads elsewhere.
///
/// ```
/// use amqp_rpc_docs::json_schema::definition_of;
///
/// assert_eq!(definition_of("#/components/schemas/Page%3CUser%3E").as_deref(), Some("Page<User>"));
/// assert_eq!(definition_of("https://example.com/user"), None);
/// ```
#[must_use]
pub fn definition_of(reference: &str) -> Option<String> {
    target_of(reference)
}

/// One schema with the bodies of all methods of all services, for programs that generate code.
///
/// It describes an object with a member for each method, named like `fib.compute`, which is as [`of_method`] describes
/// it. The members are put together by `allOf`; each is a definition of its own, named like `FibCompute`.
#[must_use]
pub fn head(services: &[ServiceDescription]) -> Value {
    let definitions = Definitions::of(services, &[FAULT]);
    let methods: Vec<(&MethodDescription, Value)> = services
        .iter()
        .enumerate()
        .flat_map(|(position, service)| service.methods.iter().map(move |method| (position, method)))
        .map(|(position, method)| (method, bodies(method, position, &definitions)))
        .collect();
    let mut schemas = standing_alone(definitions);
    let mut taken = Names::taken(schemas.keys().cloned());
    let mut all = Vec::new();
    for (method, bodies) in methods {
        let name = taken.free(identifier(&pascal_case(&method.full_name)));
        all.push(
            json!({ "properties": { &method.full_name: { "$ref": Prefix::Definitions.reference(&name) } } }),
        );
        schemas.insert(name, bodies);
    }
    let mut head = json!({
        "$schema": DRAFT,
        "title": "Head",
        "description": "The bodies of all methods, by their names.",
        "type": "object",
        "definitions": schemas,
    });
    // An empty list is no schema.
    if !all.is_empty() {
        head["allOf"] = all.into();
    }
    head
}

/// The object of the bodies of a method. It refers to definitions below `#/definitions/`.
fn bodies(method: &MethodDescription, service: usize, definitions: &Definitions) -> Value {
    let name = pascal_case(&method.full_name);
    let body = |suffix: &str, schema: &Value, raw| {
        body(&definitions.rewritten(service, schema, Prefix::Definitions), &format!("{name}{suffix}"), raw)
    };
    let mut properties = Map::new();
    properties.insert("request".to_owned(), body("Request", &method.request, method.raw_request));
    if !matches!(method.kind, MethodKind::Notify | MethodKind::Event) {
        if let Some(reply) = &method.reply {
            properties.insert("reply".to_owned(), body("Reply", reply, method.raw_reply));
        }
        if let Some(error) = &method.error {
            properties.insert("error".to_owned(), body("Error", error, false));
        }
        properties.insert("fault".to_owned(), json!({ "$ref": Prefix::Definitions.reference(FAULT) }));
    }
    let mut schema = json!({
        "title": name, "type": "object", "properties": properties, "required": ["request"],
    });
    if let Some(docs) = &method.docs {
        schema["description"] = docs.clone().into();
    }
    schema
}

/// The definitions of a schema that stands alone.
fn standing_alone(definitions: Definitions) -> BTreeMap<String, Value> {
    let mut schemas = definitions.into_schemas();
    for schema in schemas.values_mut() {
        rewrite_references(schema, &|target| Some(Prefix::Definitions.reference(target)));
        note_large_integers(schema);
    }
    schemas.insert(FAULT.to_owned(), fault());
    schemas
}
