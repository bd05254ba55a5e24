//! Locks in addresses and in texts.

use serde_json::{Value, json};

use super::{document, method};

#[test]
fn the_partition_of_a_lock_is_a_part_of_the_address() {
    let lock = json!({ "name": "id", "scope": "cluster", "partitions": 8 });
    let document = document(vec![
        method("start", json!({ "lock": lock })),
        method("stop", json!({ "lock": lock, "exchange": "", "routing_key": "stop", "queue": "stop" })),
        method("look", json!({ "lock": { "name": "id", "scope": "process" } })),
    ]);
    let address = |key: &str| &document["channels"][key]["address"];
    assert_eq!(address("fib.start"), "fib.start.{partition}-of-8");
    assert_eq!(address("fib.stop"), "stop.lock.{partition}-of-8");
    assert_eq!(address("fib.look"), "fib.look");
}

#[test]
fn a_lock_is_said_by_its_scope_and_its_key() {
    let said = |lock: Value| {
        let document = document(vec![method("start", json!({ "lock": lock }))]);
        document["components"]["messages"]["fib.start.request"]["description"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        said(json!({ "name": "id", "key": "id" })),
        "Locked by `id`: within one process of the server, requests with equal keys (`id`) do not run at the same time."
    );
    assert_eq!(
        said(json!({ "name": "id", "key": "cluster.id", "scope": "cluster", "partitions": 8 })),
        "Locked by `id`: in all servers together, requests with equal keys (`cluster.id`) do not run at the same time."
    );
    assert_eq!(
        said(json!({ "name": "fib.start" })),
        "Locked by `fib.start` as a whole: within one process of the server, no two requests run at the same time."
    );
}
