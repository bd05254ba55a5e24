//! The documents in this folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use amqp_rpc_contract::description::ServiceDescription;
use amqp_rpc_docs::{
    asyncapi::{Info, asyncapi, read},
    compatibility, json_schema,
};
use serde_json::Value;

/// The services that documents are made of.
pub(super) const NAMES: [&str; 2] = ["everything", "fib"];

/// A file of `tests/documents/NAME`.
pub(super) fn path(name: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("documents").join(name).join(file)
}

/// The descriptions of `tests/documents/NAME`.
fn descriptions(name: &str) -> Vec<ServiceDescription> {
    read_document(name, "description.json")
}

/// The services of a file of `tests/documents/NAME`.
fn read_document(name: &str, file: &str) -> Vec<ServiceDescription> {
    let text = fs::read_to_string(path(name, file)).expect("it is committed");
    let document: Value = serde_json::from_str(&text).expect("it is JSON");
    read(&document).expect("it describes services")
}

/// Whether the file holds the document. With `UPDATE_DOCUMENTS` it does afterwards.
fn is_current(name: &str, file: &str, document: &Value) -> bool {
    let (path, text) = (path(name, file), format!("{document:#}\n"));
    if env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, &text).expect("the repository can be written to");
    }
    fs::read_to_string(path).is_ok_and(|committed| committed == text)
}

#[test]
fn the_committed_documents_are_what_is_made_of_their_descriptions() {
    for name in NAMES {
        let services = descriptions(name);
        let title = if name == "fib" { "Fibonacci numbers" } else { "Everything" };
        let info = Info::new(title, services[0].version.clone().unwrap_or_default());
        let document = asyncapi(&services, &info);
        let head = json_schema::head(&services);
        let are_current =
            [is_current(name, "asyncapi.json", &document), is_current(name, "head.json", &head)];
        assert_eq!(are_current, [true, true], "of {name}: look at them, and write them anew (see main.rs)");
    }
}

/// What a document says and what it is made of are the same contract.
#[test]
fn the_committed_documents_say_what_their_descriptions_say() {
    for name in NAMES {
        let report = compatibility::compare(&read_document(name, "asyncapi.json"), &descriptions(name));
        assert_eq!(report.to_string(), "", "of {name}");
    }
}

/// `UPDATE_DOCUMENTS` leaves the released document alone: what is written anew is compared with what callers have.
#[test]
fn the_fibonacci_service_does_not_break_clients_of_its_released_document() {
    let (released, current) = (read_document("fib", "released.json"), descriptions("fib"));
    let report = compatibility::compare(&released, &current);
    assert!(!report.breaks_clients(), "a release like this needs another major version:\n{report}");
    assert!(!report.breaks_servers(), "replace the servers first, and say so in the release:\n{report}");
}

/// So that a released document that is read as nothing is not taken for one that nothing breaks.
#[test]
fn a_change_that_breaks_clients_of_the_released_document_is_found() {
    let released = read_document("fib", "released.json");
    let mut changed = descriptions("fib");
    changed[0].methods[0].request["required"] = serde_json::json!(["n", "m"]);
    changed[0].methods[0].request["properties"]["m"] = serde_json::json!({ "type": "integer" });
    let report = compatibility::compare(&released, &changed);
    assert!(report.breaks_clients() && !report.breaks_servers(), "{report}");
}

/// Each example of a request is one.
#[test]
fn examples_have_the_members_that_are_required() {
    for service in NAMES.iter().flat_map(|name| descriptions(name)) {
        for method in &service.methods {
            let required = method.request.get("required").and_then(Value::as_array).into_iter().flatten();
            for (name, example) in
                required.flat_map(|name| method.examples.iter().map(move |one| (name, one)))
            {
                assert!(example.get(name.as_str().unwrap()).is_some(), "{}: {example}", method.full_name);
            }
        }
    }
}
