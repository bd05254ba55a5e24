//! The description of a service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Deprecation, MethodDescription};

/// A service, with the schemas of everything that it sends and receives.
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::description::ServiceDescription;
///
/// let json = r#"{"service": "fib", "version": "1.2.0", "methods": [], "added_later": true}"#;
/// let description: ServiceDescription = serde_json::from_str(json).unwrap();
/// assert_eq!(description.version.as_deref(), Some("1.2.0"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServiceDescription {
    /// The name on the wire, such as `fib`.
    pub service: String,
    /// The version of the crate that declares its trait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The documentation of its trait, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// Its trait is deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
    /// Every method, in the order of the trait.
    #[serde(default)]
    pub methods: Vec<MethodDescription>,
    /// The schemas that others refer to, by their names: a reference to one is written
    /// `{"$ref": "#/components/schemas/NAME"}`. They are JSON Schemas of draft 7, and may refer to each other and
    /// to themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: BTreeMap<String, Value>,
}

impl ServiceDescription {
    /// A service called `service`, without methods.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            version: None,
            docs: None,
            deprecated: None,
            methods: Vec::new(),
            schemas: BTreeMap::new(),
        }
    }
}
