//! The parser of the AsyncAPI Initiative.

use std::fs;

use serde_json::{Value, json};

use crate::{
    committed::{NAMES, path},
    tools::{Scratch, Tools},
};

#[test]
#[ignore = "needs node: scripts/contract-documents.sh"]
fn the_official_parser_finds_no_error_and_no_warning() {
    let Some(node) = Tools::installed("node") else { return };
    let printed = node.run_script("validate.mjs", NAMES.map(|name| path(name, "asyncapi.json"))).of_success();
    assert!(printed.contains("6 operations, 0 errors and warnings"), "{printed}");
    assert!(printed.contains("1 operations, 0 errors and warnings"), "{printed}");
}

/// So that a parser that finds nothing is not taken for a document that has nothing.
#[test]
#[ignore = "needs node: scripts/contract-documents.sh"]
fn the_official_parser_finds_what_is_wrong() {
    let Some(node) = Tools::installed("node") else { return };
    let document: Value =
        serde_json::from_str(&fs::read_to_string(path("fib", "asyncapi.json")).unwrap()).unwrap();
    let scratch = Scratch::new("validator");
    for (pointer, wrong) in [
        ("/operations/fib.compute/bindings/amqp", json!({ "replyTo": "a", "bindingVersion": "0.3.0" })),
        ("/operations/fib.compute/reply/address/location", json!("$message.property#/replyTo")),
        ("/operations/fib.compute/messages/0/$ref", json!("#/channels/fib.compute.reply/messages/result")),
        ("/components/messages/fault/payload/$ref", json!("#/components/schemas/Missing")),
    ] {
        let mut broken = document.clone();
        *broken.pointer_mut(pointer).unwrap() = wrong;
        let file = scratch.write("broken.json", &broken.to_string());
        let printed = node.run_script("validate.mjs", [file]).of_failure();
        assert!(printed.contains(": error: "), "{pointer}: {printed}");
    }
}
