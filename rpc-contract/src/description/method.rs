//! The description of a method.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Deprecation, LockDescription, Repetition, is_false};
use crate::definitions::{self, MethodDef, Params};

/// A method, with the schemas of its messages.
///
/// A schema is a JSON Schema of draft 7. Its references lead into
/// [`ServiceDescription::schemas`](super::ServiceDescription::schemas).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MethodDescription {
    /// The name on the wire, such as `compute`.
    pub name: String,
    /// `{service}.{name}`, such as `fib.compute`: the `type` property of its requests.
    pub full_name: String,
    /// A call, a notification or an event.
    pub kind: MethodKind,
    /// The exchange that requests are published to; empty for the default exchange.
    pub exchange: String,
    /// The routing key of its requests. The routing keys of events begin with it.
    pub routing_key: String,
    /// The queue of its requests. `None` for an event: every subscription has a separate queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The documentation of its trait's method, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The method is deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
    /// The timeout that the trait declares for it, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The effect of running it twice.
    #[serde(default, skip_serializing_if = "Repetition::is_undeclared")]
    pub repetition: Repetition,
    /// What keeps requests with equal keys from running at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockDescription>,
    /// The server cancels the method when its caller's deadline has passed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel_when_late: bool,
    /// The names of its parameters as they travel, in the order of the method. They end before the first one with
    /// `#[serde(flatten)]`, whose members are only in [`request`](Self::request).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// The body of a request is the value of the only parameter, and not an object with its name.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bare: bool,
    /// The body of a request is bytes, of any content type: `request` says nothing about them. Such a method is
    /// [`bare`](Self::bare) as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub raw_request: bool,
    /// The body of a reply with a result is bytes: `reply` says nothing about them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub raw_reply: bool,
    /// The schema of the body of a request.
    #[serde(default = "anything")]
    pub request: Value,
    /// The schema of the body of a reply with a result. `None` for a notification and an event, which have no
    /// reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The schema of the body of a reply with the method's own error. `None` for a method without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// Bodies of requests, to show how they look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
}

/// A call, a notification or an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MethodKind {
    /// One server runs it and replies.
    #[default]
    Call,
    /// One server runs it, without a reply.
    Notify,
    /// Every group of subscribers receives it, without a reply.
    Event,
    /// The description is of a later version, and has a kind that this one does not know.
    #[serde(other)]
    Unknown,
}

impl MethodDescription {
    /// What a definition says of its method; schemas and documentation are missing.
    ///
    /// The schemas of messages say nothing: a call has one for its reply, too.
    #[must_use]
    pub fn of(definition: &MethodDef) -> Self {
        let kind = MethodKind::from(definition.kind);
        let (parameters, bare) = match definition.params {
            Params::Unknown => (Vec::new(), false),
            Params::Named(names) => (names.iter().copied().map(str::to_owned).collect(), false),
            Params::Bare(name) => (vec![name.to_owned()], true),
        };
        Self {
            name: name(definition).to_owned(),
            full_name: definition.full_name.to_owned(),
            kind,
            exchange: definition.exchange.to_owned(),
            routing_key: definition.routing_key.to_owned(),
            queue: (kind != MethodKind::Event).then(|| definition.queue.to_owned()),
            docs: None,
            deprecated: None,
            timeout_ms: definition.timeout.map(|timeout| timeout.as_millis().try_into().unwrap_or(u64::MAX)),
            repetition: definition.repetition.into(),
            lock: definition.lock.map(LockDescription::from),
            cancel_when_late: definition.cancel_when_late,
            parameters,
            bare,
            raw_request: definition.reads_anything,
            raw_reply: false,
            request: anything(),
            reply: (kind == MethodKind::Call).then(anything),
            error: None,
            examples: Vec::new(),
        }
    }
}

impl From<definitions::MethodKind> for MethodKind {
    fn from(kind: definitions::MethodKind) -> Self {
        match kind {
            definitions::MethodKind::Call => Self::Call,
            definitions::MethodKind::Notify => Self::Notify,
            definitions::MethodKind::Event => Self::Event,
        }
    }
}

/// The full name without the service's.
fn name(definition: &MethodDef) -> &str {
    let full_name = definition.full_name;
    let of_service = full_name.strip_prefix(definition.service).and_then(|rest| rest.strip_prefix('.'));
    of_service.unwrap_or(full_name)
}

/// The schema of every value.
fn anything() -> Value {
    Value::Object(serde_json::Map::new())
}
