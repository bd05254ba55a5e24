mod locks;

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::{Value, json};

use super::*;

/// A method of the service `fib`, with these members in addition.
fn method(name: &str, more: Value) -> Value {
    let mut method = json!({
        "name": name, "full_name": format!("fib.{name}"), "kind": "call", "exchange": "amqp-rpc",
        "routing_key": format!("fib.{name}"), "queue": "fib", "request": { "title": "Nothing", "type": "object" },
    });
    let members = method.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    method
}

fn service(methods: Vec<Value>, schemas: Value) -> ServiceDescription {
    let service = json!({
        "service": "fib", "version": "1.2.0", "docs": "Numbers.", "methods": methods, "schemas": schemas,
    });
    serde_json::from_value(service).unwrap()
}

fn document(methods: Vec<Value>) -> Value {
    asyncapi(&[service(methods, json!({}))], &Info::new("Numbers", "1.2.0"))
}

/// What a reference of the document leads to.
fn follow<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let pointer = reference["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
    document.pointer(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

#[test]
fn a_call_is_an_operation_with_a_reply() {
    let compute = method(
        "compute",
        json!({
            "docs": "The `n`th number,\nas it is.\n\nSlowly.", "timeout_ms": 5_000, "repetition": "idempotent",
            "reply": { "type": "string" }, "error": { "title": "FibError", "type": "string" },
            "examples": [{ "n": 30 }],
        }),
    );
    let document = document(vec![compute]);

    let operation = &document["operations"]["fib.compute"];
    assert_eq!(operation["action"], "receive");
    assert_eq!(operation["summary"], "The `n`th number, as it is.");
    let binding = json!({
        "deliveryMode": 1, "mandatory": true, "timestamp": true, "ack": true, "expiration": 5_000,
        "bindingVersion": "0.3.0",
    });
    assert_eq!(operation["bindings"]["amqp"], binding);

    let channel = follow(&document, &operation["channel"]);
    assert_eq!((&channel["address"], channel.get("parameters")), (&json!("fib.compute"), None));
    let exchange = json!({ "name": "amqp-rpc", "type": "direct", "durable": true, "autoDelete": false });
    assert_eq!(channel["bindings"]["amqp"]["exchange"], exchange);
    let request = follow(&document, follow(&document, &operation["messages"][0]));
    assert_eq!(request["bindings"]["amqp"]["messageType"], "fib.compute");
    assert_eq!(request["examples"], json!([{ "payload": { "n": 30 } }]));
    assert_eq!(request["correlationId"]["location"], "$message.header#/correlationId");

    let reply = &operation["reply"];
    assert_eq!(reply["address"]["location"], "$message.header#/replyTo");
    assert_eq!(follow(&document, &reply["channel"])["address"], Value::Null);
    let replies = reply["messages"].as_array().unwrap().iter().map(|message| follow(&document, message));
    let replies: Vec<(&Value, &Value)> = replies
        .map(|message| follow(&document, message))
        .map(|message| (&message["bindings"]["amqp"]["messageType"], &message["payload"]["title"]))
        .collect();
    let (result, error, fault) = (json!("result"), json!("error"), json!("fault"));
    let (reply, fib_error) = (json!("FibComputeReply"), json!("FibError"));
    assert_eq!(replies, [(&result, &reply), (&error, &fib_error), (&fault, &Value::Null)]);
}

/// The expressions of the document lead into the schema of the headers.
#[test]
fn the_addresses_of_replies_and_correlation_ids_are_described() {
    let document = document(vec![method("compute", json!({ "reply": {} }))]);
    let messages = &document["components"]["messages"];
    let request = &messages["fib.compute.request"]["headers"]["properties"];
    assert!(request["replyTo"].is_object() && request["correlationId"].is_object());
    for reply in ["fib.compute.result", "fault"] {
        let headers = &messages[reply]["headers"];
        assert!(headers["properties"]["correlationId"].is_object(), "{reply}");
        assert_eq!(headers["properties"]["type"]["const"], reply.rsplit('.').next().unwrap());
    }
}

#[test]
fn one_way_messages_have_no_reply() {
    let event = json!({ "kind": "event", "exchange": "amqp-rpc.events", "queue": null });
    let document = document(vec![method("refresh", json!({ "kind": "notify" })), method("changed", event)]);
    for key in ["fib.refresh", "fib.changed"] {
        let operation = &document["operations"][key];
        assert_eq!(operation.get("reply"), None);
        assert_eq!(operation["bindings"]["amqp"]["deliveryMode"], 2);
        assert_eq!(document["components"]["messages"][format!("{key}.request")].get("correlationId"), None);
    }
    assert_eq!(document["channels"].as_object().unwrap().len(), 2);
    assert_eq!(document["components"]["messages"].get("fault"), None);

    let events = &document["channels"]["fib.changed"];
    assert_eq!(
        (&events["address"], &events["bindings"]["amqp"]["exchange"]["type"]),
        (&json!("fib.changed{topic}"), &json!("topic"))
    );
    assert!(events["parameters"]["topic"].is_object());
    assert_eq!(document["operations"]["fib.changed"]["bindings"]["amqp"]["mandatory"], false);
}

#[test]
fn the_address_on_the_default_exchange_is_the_queue() {
    let document = document(vec![method(
        "compute",
        json!({ "exchange": "", "routing_key": "rpc_queue", "queue": "rpc_queue", "bare": true, "reply": {} }),
    )]);
    let channel = &document["channels"]["fib.compute"];
    assert_eq!(channel["address"], "rpc_queue");
    let queue = json!({ "name": "rpc_queue", "durable": true, "exclusive": false, "autoDelete": false });
    assert_eq!(
        channel["bindings"]["amqp"],
        json!({ "is": "queue", "queue": queue, "bindingVersion": "0.3.0" })
    );
}

#[test]
fn braces_of_a_routing_key_are_no_parameters_of_their_own() {
    let document = document(vec![method("compute", json!({ "routing_key": "a{b}" }))]);
    let channel = &document["channels"]["fib.compute"];
    assert_eq!(channel["address"], "a{openingBrace}b{closingBrace}");
    assert_eq!(channel["parameters"]["openingBrace"]["enum"], json!(["{"]));
    assert_eq!(channel["parameters"]["closingBrace"]["enum"], json!(["}"]));
}

#[test]
fn bytes_are_described_as_bytes() {
    let document = document(vec![method(
        "render",
        json!({ "bare": true, "raw_request": true, "raw_reply": true, "reply": {}, "error": { "type": "string" } }),
    )]);
    let message = |name: &str| &document["components"]["messages"][format!("fib.render.{name}")];
    for name in ["request", "result"] {
        assert_eq!(
            (&message(name)["contentType"], &message(name)["payload"]["format"]),
            (&json!("application/octet-stream"), &json!("binary"))
        );
    }
    assert_eq!(message("error")["contentType"], "application/json");
}

#[test]
fn an_idempotency_key_is_required_where_the_server_needs_one() {
    let document =
        document(vec![method("pay", json!({ "repetition": "deduplicated" })), method("look", json!({}))]);
    let headers = |key: &str| &document["components"]["messages"][format!("{key}.request")]["headers"];
    assert_eq!(headers("fib.pay")["required"], json!(["messageId"]));
    assert_eq!(headers("fib.look").get("required"), None);
}

#[test]
fn a_secret_stays_marked_and_its_request_has_a_seal() {
    let request = json!({ "properties": { "login": { "$ref": "#/components/schemas/Login" } } });
    let schemas =
        json!({ "Login": { "properties": { "password": { "type": "string", "format": "fernet" } } } });
    let methods = vec![method("login", json!({ "request": request })), method("look", json!({}))];
    let document = asyncapi(&[service(methods, schemas.clone())], &Info::new("Users", "1"));
    assert_eq!(document["components"]["schemas"]["Login"], schemas["Login"]);
    let seal = |key: &str| {
        document["components"]["messages"][format!("{key}.request")]["headers"]["properties"]
            .get("secrets-seal")
    };
    assert!(seal("fib.login").is_some() && seal("fib.look").is_none());
}

#[test]
fn integers_that_javascript_rounds_are_noted_wherever_they_are() {
    let large = json!({ "type": "integer", "format": "uint64", "minimum": 0 });
    let methods =
        vec![method("compute", json!({ "request": { "properties": { "n": large } }, "reply": large }))];
    let document = asyncapi(&[service(methods, json!({ "Id": large }))], &Info::new("Numbers", "1"));
    for pointer in [
        "/components/schemas/Id",
        "/components/messages/fib.compute.request/payload/properties/n",
        "/components/messages/fib.compute.result/payload",
    ] {
        let description = document.pointer(pointer).unwrap()["description"].as_str().unwrap();
        assert!(description.contains("2^53"), "{pointer}");
    }
}

#[test]
fn services_with_clashing_names_are_kept_apart() {
    let of = |service: &str, id: &str| -> ServiceDescription {
        let reply = json!({ "$ref": "#/components/schemas/Id" });
        let method = json!({
            "name": "a", "full_name": format!("{service}.a"), "kind": "call", "exchange": "amqp-rpc",
            "routing_key": format!("{service}.a"), "queue": service, "reply": reply,
        });
        let service = json!({ "service": service, "methods": [method], "schemas": { "Id": { "type": id } } });
        serde_json::from_value(service).unwrap()
    };
    let services = [of("users", "string"), of("groups", "boolean")];
    let document = asyncapi(&services, &Info::new("Both", "1"));
    assert_eq!(document, asyncapi(&services, &Info::new("Both", "1")));
    let payload = |name: &str| &document["components"]["messages"][format!("{name}.a.result")]["payload"];
    assert_eq!(payload("users")["$ref"], "#/components/schemas/UsersId");
    assert_eq!(payload("groups")["$ref"], "#/components/schemas/GroupsId");
    assert_eq!(document["components"]["schemas"]["GroupsId"], json!({ "type": "boolean" }));
    assert_eq!(document["info"]["tags"], json!([{ "name": "users" }, { "name": "groups" }]));
}

/// `fib.reply` is a method of the service `fib`, and would be the reply channel of a method `fib`.
#[test]
fn keys_of_channels_are_unique() {
    let mut first = service(vec![method("compute", json!({ "reply": {} }))], json!({}));
    first.methods.push(first.methods[0].clone());
    first.methods[1].full_name = "fib.compute.reply".to_owned();
    let document = asyncapi(&[first.clone(), first], &Info::new("Twice", "1"));
    let keys: Vec<&String> = document["channels"].as_object().unwrap().keys().collect();
    let mut expected = vec![
        "fib.compute",
        "fib.compute.reply",
        "fib.compute_2",
        "fib.compute.reply_2",
        "fib.compute.reply_3",
        "fib.compute.reply.reply",
        "fib.compute_2.reply",
        "fib.compute.reply_2.reply",
    ];
    expected.sort_unstable();
    assert_eq!(keys, expected);
}

#[test]
fn a_document_is_read_as_it_was_described() {
    let deprecated = json!({ "since": "1.1.0", "note": "Use compute." });
    let lock = json!({ "name": "id", "scope": "cluster", "partitions": 8 });
    let result = json!({ "title": "Number", "$comment": "kept", "type": "number" });
    let described = service(
        vec![
            method(
                "zeroth",
                json!({
                    "reply": result, "error": { "$ref": "#/components/schemas/Error" }, "docs": "Zero.",
                    "deprecated": deprecated, "timeout_ms": 7, "repetition": "deduplicated", "lock": lock,
                    "cancel_when_late": true, "parameters": ["n"], "examples": [{ "n": 1 }, 2],
                }),
            ),
            method("changed", json!({ "kind": "event", "queue": null, "bare": true })),
        ],
        json!({ "Error": { "properties": { "cause": { "$ref": "#/components/schemas/Error" } } } }),
    );
    let document = asyncapi(std::slice::from_ref(&described), &Info::new("Numbers", "1.2.0"));
    assert_eq!(read(&document).unwrap(), std::slice::from_ref(&described));
    // A description is a document, too.
    let description = serde_json::to_value(&described).unwrap();
    assert_eq!(read(&description).unwrap(), std::slice::from_ref(&described));
    assert_eq!(read(&json!([description])).unwrap(), [described]);
}

#[test]
fn what_is_no_document_is_an_error_that_names_the_place() {
    let document = document(vec![method("compute", json!({ "reply": {} }))]);
    let broken = |pointer: &str, value: Value| {
        let mut broken = document.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        read(&broken).unwrap_err()
    };
    assert_eq!(broken("/x-amqp-rpc", json!(null)).path(), "x-amqp-rpc.services");
    assert_eq!(broken("/x-amqp-rpc/services/0/operations", json!(7)).path(), "x-amqp-rpc.services");
    assert_eq!(broken("/x-amqp-rpc/services/0/operations", json!(["a"])).path(), "operations.a");
    assert_eq!(broken("/operations", json!([])).path(), "operations.fib.compute");
    assert_eq!(broken("/operations/fib.compute/x-amqp-rpc/kind", json!(7)).path(), "operations.fib.compute");
    assert_eq!(broken("/components", json!("x")).path(), "components.messages.fib.compute.request");
    for document in [json!(null), json!("asyncapi"), json!({}), json!([1]), json!({ "asyncapi": "3.0.0" })] {
        assert!(read(&document).is_err(), "{document}");
    }
}
