//! Replies that no peer sends.

use amqp_rpc_runtime::{
    HeaderValue, Headers,
    dialect::{ClientDialect, Delivery, Properties},
};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::messages::{CONTENT_TYPES, bodies, header_values, nested, survives, with_wrong_members};

/// What replies are, in frameworks that say so. A request comes back as a call.
const KINDS: [&str; 5] = ["result", "error", "fault", "call", ""];
const JSON: &str = "application/json";
/// Headers that tell of a reply.
const HEADERS: [&str; 4] = ["x-death", "fault", "From", "error"];
/// Envelopes that are arrays: a decoder of members in their order takes them for objects.
const ARRAYS: [&str; 5] = [
    "[\"SUCCESS\",30]",
    "[30,null]",
    "[null,{\"message\":\"\"}]",
    "[1,null,true,\"error\"]",
    "[true,\"\",{}]",
];

/// Checks that the client of a dialect survives replies with the bodies and properties of other frameworks, and garbage:
/// envelopes and errors whose parts are of the wrong type, JSON of a thousand levels, and requests that came back with a
/// broken `x-death`. Each is read as something; what it is read as does not matter.
///
/// # Errors
/// What it does not survive.
pub fn check_malformed_replies(client: &dyn ClientDialect) -> Result<(), String> {
    let bodies: Vec<_> = bodies().into_iter().chain(ARRAYS.map(Bytes::from)).collect();
    let envelopes = envelopes();
    let check = |body: &Bytes, properties: &Properties| {
        let reply = Delivery::new("", "amq.gen-1", properties.clone(), body.clone());
        survives(&reply, |reply| {
            client.correlation_id(&reply);
            client.read_reply(reply);
            Ok(())
        })
    };
    for properties in readable_properties() {
        bodies.iter().chain(&envelopes).try_for_each(|body| check(body, &properties))?;
    }
    for properties in hostile_properties() {
        bodies.iter().try_for_each(|body| check(body, &properties))?;
    }
    Ok(())
}

fn properties_of(content_type: Option<&str>, kind: Option<&str>) -> Properties {
    Properties {
        content_type: content_type.map(Into::into),
        correlation_id: Some("1".into()),
        kind: kind.map(Into::into),
        ..Properties::default()
    }
}

/// Properties that leave all to the body.
fn readable_properties() -> Vec<Properties> {
    let mut all = vec![Properties::default()];
    all.extend(CONTENT_TYPES.map(|content_type| properties_of(content_type, None)));
    all.extend(KINDS.map(|kind| properties_of(Some(JSON), Some(kind))));
    all
}

/// Each header in each type.
fn hostile_properties() -> Vec<Properties> {
    let of_header = |name: &'static str| {
        // What has died is a request.
        let kind = (name == "x-death").then_some("call");
        let values = header_values().into_iter().chain([death(1), death("")]);
        values.map(move |value| {
            let mut headers = Headers::new();
            headers.insert(name, value);
            Properties { headers: Some(headers), ..properties_of(Some(JSON), kind) }
        })
    };
    HEADERS.into_iter().flat_map(of_header).collect()
}

/// A death with this reason, and one before it that is none.
fn death(reason: impl Into<HeaderValue>) -> HeaderValue {
    let mut death = Headers::new();
    death.insert("reason", reason);
    death.insert("count", "once");
    HeaderValue::List(vec![HeaderValue::Table(death), HeaderValue::Null])
}

/// The envelopes of all frameworks: with each member of each wrong type, and with errors that are so.
fn envelopes() -> Vec<Bytes> {
    let deep = nested("[", "]");
    let whole = [
        json!({"result": 30, "error": null}),
        json!({"response": 30, "err": null, "isDisposed": true, "status": "error", "id": "1"}),
        json!({"status": "SUCCESS", "result": 30, "traceback": null, "children": [], "task_id": "1"}),
        json!({"status": "FAILURE", "result": {}, "traceback": "", "children": [], "task_id": "1"}),
        json!({"success": true, "message": "", "data": {"value": 30}}),
        json!({"success": false, "message": "Request validation failed", "data": {}}),
    ];
    let mut all: Vec<String> =
        whole.iter().flat_map(|whole| with_wrong_members(members(whole), &deep)).collect();
    let errors = [
        json!({"exc_type": "NotRegistered", "exc_message": ["a"], "exc_module": "celery.exceptions", "data": 1}),
        json!({"exc_type": "overloaded", "exc_message": ["a"], "exc_module": "amqp_rpc.Fault"}),
        json!({"exc_type": "E", "exc_path": "nameko.exceptions.MethodNotFound", "exc_args": ["a"], "value": "a", "data": 1}),
        json!({"exc_type": "E", "exc_path": "amqp_rpc.Fault.overloaded", "value": "a"}),
        json!({"type": "TypeError", "message": "E('a')", "args": ["f() missing 1"], "data": 1}),
        json!({"type": "RPCException", "message": "a", "args": ["a"], "code": "overloaded"}),
        json!({"status": "error", "message": "Internal server error", "code": "overloaded"}),
        json!({"fault": "overloaded", "message": "a"}),
    ];
    for error in errors.iter().flat_map(|error| with_wrong_members(members(error), &deep)) {
        all.extend([
            format!("{{\"error\":{error}}}"),
            format!("{{\"err\":{error},\"isDisposed\":true}}"),
            format!("{{\"status\":\"FAILURE\",\"result\":{error}}}"),
        ]);
    }
    all.into_iter().map(Bytes::from).collect()
}

fn members(json: &Value) -> &Map<String, Value> {
    json.as_object().expect("the ones here are objects")
}
