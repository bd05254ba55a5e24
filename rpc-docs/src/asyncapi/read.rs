//! Reading services back from a document.

use std::{collections::BTreeMap, error, fmt};

use amqp_rpc_contract::description::{MethodDescription, ServiceDescription};
use serde_json::{Map, Value};

use super::EXTENSION;
use crate::schema::{FAULT, reachable};

/// The services of a document: of an AsyncAPI document that [`asyncapi`](super::asyncapi()) wrote, of one description,
/// or of a list of descriptions.
///
/// Names of definitions are those of the document, and descriptions of schemas have the notes that it added. Neither
/// changes what travels.
///
/// # Errors
///
/// Where it is none of these, or a part of it is missing or not of its type. References are not followed: a document
/// with references that lead nowhere, or in circles, is read.
pub fn read(document: &Value) -> Result<Vec<ServiceDescription>, ReadError> {
    match document {
        Value::Array(descriptions) => descriptions.iter().map(description).collect(),
        Value::Object(members) if members.contains_key("asyncapi") => of_asyncapi(document),
        Value::Object(_) => Ok(vec![description(document)?]),
        _ => Err(ReadError::new("", "a document is an object, or a list of descriptions")),
    }
}

/// Why a document could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    path: String,
    message: String,
}

impl ReadError {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The part of the document, such as `operations.fib.compute`; empty for all of it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            formatter.write_str(&self.message)
        } else {
            write!(formatter, "{}: {}", self.path, self.message)
        }
    }
}

impl error::Error for ReadError {}

fn description(document: &Value) -> Result<ServiceDescription, ReadError> {
    let read = serde::Deserialize::deserialize(document);
    read.map_err(|error: serde_json::Error| {
        ReadError::new("", format!("not the description of a service: {error}"))
    })
}

fn of_asyncapi(document: &Value) -> Result<Vec<ServiceDescription>, ReadError> {
    let Some(Value::Array(services)) =
        document.get(EXTENSION).and_then(|extension| extension.get("services"))
    else {
        let message =
            "missing: the document was not written by this library, and says too little to compare it";
        return Err(ReadError::new(format!("{EXTENSION}.services"), message));
    };
    let schemas = schemas(document);
    services.iter().map(|service| read_service(service, document, &schemas)).collect()
}

fn schemas(document: &Value) -> BTreeMap<String, Value> {
    let schemas = document.get("components").and_then(|components| components.get("schemas"));
    let schemas = schemas.and_then(Value::as_object).into_iter().flatten();
    schemas.filter(|(name, _)| *name != FAULT).map(|(name, schema)| (name.clone(), schema.clone())).collect()
}

fn read_service(
    service: &Value,
    document: &Value,
    schemas: &BTreeMap<String, Value>,
) -> Result<ServiceDescription, ReadError> {
    let mut read = description(service)?;
    let Some(Value::Array(keys)) = service.get("operations") else {
        return Err(ReadError::new(
            format!("{EXTENSION}.services"),
            format!("{} has no operations", read.service),
        ));
    };
    for key in keys {
        let key = key.as_str().unwrap_or_default();
        read.methods.push(read_method(key, document)?);
    }
    let roots = read.methods.iter().flat_map(|method| {
        [Some(&method.request), method.reply.as_ref(), method.error.as_ref()].into_iter().flatten()
    });
    read.schemas = reachable(roots, schemas)
        .into_iter()
        .filter_map(|name| schemas.get(&name).map(|schema| (name, schema.clone())))
        .collect();
    Ok(read)
}

fn read_method(key: &str, document: &Value) -> Result<MethodDescription, ReadError> {
    let path = format!("operations.{key}");
    let operation = document.get("operations").and_then(|operations| operations.get(key));
    let Some(operation) = operation else { return Err(ReadError::new(path, "missing")) };
    let Some(Value::Object(extension)) = operation.get(EXTENSION) else {
        return Err(ReadError::new(path, format!("{EXTENSION} is missing")));
    };
    let mut members = extension.clone();
    if let Some(docs) = operation.get("description") {
        members.insert("docs".to_owned(), docs.clone());
    }
    let request = message(key, "request", document);
    let Some(payload) = request.and_then(|request| request.get("payload")) else {
        return Err(ReadError::new(
            format!("components.messages.{key}.request"),
            "missing, or without a payload",
        ));
    };
    members.insert("request".to_owned(), payload.clone());
    members.insert("examples".to_owned(), examples(request));
    add_payload(&mut members, "reply", message(key, "result", document));
    add_payload(&mut members, "error", message(key, "error", document));
    serde_json::from_value(Value::Object(members)).map_err(|error| ReadError::new(path, error.to_string()))
}

fn message<'a>(key: &str, name: &str, document: &'a Value) -> Option<&'a Value> {
    document.get("components")?.get("messages")?.get(format!("{key}.{name}"))
}

fn add_payload(members: &mut Map<String, Value>, name: &str, message: Option<&Value>) {
    if let Some(payload) = message.and_then(|message| message.get("payload")) {
        members.insert(name.to_owned(), payload.clone());
    }
}

fn examples(request: Option<&Value>) -> Value {
    let examples = request.and_then(|request| request.get("examples")).and_then(Value::as_array);
    examples.into_iter().flatten().filter_map(|example| example.get("payload").cloned()).collect()
}
