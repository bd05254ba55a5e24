use std::collections::HashSet;

use serde_json::json;

use super::*;
use crate::schema::{target_of, visit};

fn service(name: &str, id: &str) -> ServiceDescription {
    let method = |method: &str, kind: &str| {
        json!({
            "name": method, "full_name": format!("{name}.{method}"), "kind": kind, "exchange": "amqp-rpc",
            "routing_key": format!("{name}.{method}"), "queue": name, "docs": "Does it.",
            "request": { "type": "object", "properties": { "id": { "$ref": "#/components/schemas/Id" } } },
        })
    };
    let mut find = method("find", "call");
    find["reply"] = json!({ "$ref": "#/components/schemas/Tree" });
    find["error"] = json!({ "title": "Missing", "type": "string" });
    serde_json::from_value(json!({
        "service": name,
        "methods": [find, method("forget", "notify")],
        "schemas": {
            "Id": { "type": id, "format": "uint64" },
            "Tree": { "properties": { "left": { "$ref": "#/components/schemas/Tree" } } },
        },
    }))
    .unwrap()
}

/// The schema refers to what it has, and has nothing else.
fn assert_stands_alone(schema: &Value) {
    let definitions = schema["definitions"].as_object().unwrap();
    let mut referred = HashSet::new();
    for schema in [schema].into_iter().chain(definitions.values()) {
        visit(schema, &mut |keywords| {
            let Some(reference) = keywords.get("$ref").and_then(Value::as_str) else { return };
            assert!(reference.starts_with("#/definitions/"), "{reference}");
            referred.insert(target_of(reference).unwrap());
        });
    }
    let defined: HashSet<String> = definitions.keys().cloned().collect();
    assert_eq!(referred, defined);
}

#[test]
fn a_method_has_a_schema_of_its_bodies_that_stands_alone() {
    let service = service("users", "integer");
    let schema = of_method(&service, &service.methods[0]);
    assert_stands_alone(&schema);
    assert_eq!(schema["$schema"], DRAFT);
    assert_eq!((&schema["title"], &schema["description"]), (&json!("UsersFind"), &json!("Does it.")));
    let bodies: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(bodies, ["error", "fault", "reply", "request"]);
    assert_eq!(schema["properties"]["error"], json!({ "title": "Missing", "type": "string" }));
    assert_eq!(schema["properties"]["request"]["title"], "UsersFindRequest");
    assert!(schema["definitions"]["Id"]["description"].as_str().unwrap().contains("2^53"));
}

#[test]
fn a_notification_has_a_request_alone() {
    let service = service("users", "integer");
    let schema = of_method(&service, &service.methods[1]);
    assert_stands_alone(&schema);
    assert_eq!(schema["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["request"]);
}

#[test]
fn head_has_the_methods_of_all_services() {
    let schema = head(&[service("users", "integer"), service("groups", "string")]);
    assert_stands_alone(&schema);
    let members: Vec<&Value> =
        schema["allOf"].as_array().unwrap().iter().map(|one| &one["properties"]).collect();
    let expected = json!([
        { "users.find": { "$ref": "#/definitions/UsersFind" } },
        { "users.forget": { "$ref": "#/definitions/UsersForget" } },
        { "groups.find": { "$ref": "#/definitions/GroupsFind" } },
        { "groups.forget": { "$ref": "#/definitions/GroupsForget" } },
    ]);
    assert_eq!(json!(members), expected);
    let names: Vec<&String> = schema["definitions"].as_object().unwrap().keys().collect();
    let expected =
        ["GroupsFind", "GroupsForget", "GroupsId", "RpcFault", "Tree", "UsersFind", "UsersForget", "UsersId"];
    assert_eq!(names, expected);
}

#[test]
fn head_of_nothing_is_a_schema() {
    let schema = head(&[]);
    assert_eq!(schema.get("allOf"), None);
}
