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
    let file = path(name, "description.json");
    let document: Value =
        serde_json::from_str(&fs::read_to_string(file).expect("it is committed")).expect("it is JSON");
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

#[test]
fn the_committed_documents_are_compatible_with_their_descriptions() {
    for name in NAMES {
        let committed = fs::read_to_string(path(name, "asyncapi.json")).unwrap();
        let committed = read(&serde_json::from_str(&committed).unwrap()).unwrap();
        let report = compatibility::compare(&committed, &descriptions(name));
        assert_eq!(report.to_string(), "", "of {name}");
    }
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
