//! The captured messages of one peer.

use std::collections::BTreeMap;

use amqp_rpc_runtime::contract::{MethodDef, Params, ServiceDef};
use serde::Deserialize;
use serde_json::Value;

use super::frame::Frame;

/// The captured messages of one peer: a service with its methods, and cases with the request and the reply of a call.
///
/// In JSON:
///
/// | member | meaning |
/// |---|---|
/// | `peer` | which program the messages are of, with its version |
/// | `service` | the service's name |
/// | `methods` | per method `{"named": ["n"]}`, `{"bare": "n"}` or `{}`; `"notify": true` for a notification, `"raw": true` for one that takes and returns bytes |
/// | `cases` | see below |
///
/// A case:
///
/// | member | meaning |
/// |---|---|
/// | `name` | for the texts of failures |
/// | `method`, `arguments` | the method, without the service; the arguments as this library's JSON body |
/// | `value`, `error` or `fault` | the outcome: a value, the method's own error (with its `text`), or a fault's code. None of them: there is no outcome to see |
/// | `certain` | beside `fault`, of the peer's replies, or where there are none of this library's: `true` where the client knows that the fault is of this call, `false` where the method may have passed on that of another. Without it both will do |
/// | `received` | the error as the client receives it, where that is the peer's form and not `error` |
/// | `request`, `replies` | the peer's messages; both may be missing |
/// | `writes` | a message that this library's client writes for it, as far as it is given |
/// | `answers` | a reply that this library's server writes for it, as far as it is given; `"ack"` or `"reject"` for none |
///
/// In a dialect whose codec is not JSON, `arguments`, `value` and `error` are the texts of the bodies. Of a `raw` method,
/// `arguments` and `value` are hexadecimal digits.
///
/// A message has `exchange`, `routing_key`, `properties`, and one of `body` (JSON), `text` and `hex`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    pub(super) peer: String,
    service: String,
    methods: BTreeMap<String, FixtureMethod>,
    pub(super) cases: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FixtureMethod {
    named: Option<Vec<String>>,
    bare: Option<String>,
    #[serde(default)]
    notify: bool,
    #[serde(default)]
    raw: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) method: String,
    #[serde(default)]
    pub(super) arguments: Value,
    #[serde(default, deserialize_with = "some")]
    pub(super) value: Option<Value>,
    #[serde(default, deserialize_with = "some")]
    pub(super) error: Option<Value>,
    pub(super) text: Option<String>,
    pub(super) fault: Option<String>,
    pub(super) certain: Option<bool>,
    #[serde(default, deserialize_with = "some")]
    pub(super) received: Option<Value>,
    pub(super) request: Option<Frame>,
    #[serde(default)]
    pub(super) replies: Vec<Frame>,
    pub(super) writes: Option<Frame>,
    pub(super) answers: Option<ExpectedAnswer>,
}

/// What the server of a dialect makes of an outcome.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ExpectedAnswer {
    Without(Settled),
    Reply(Box<Frame>),
}

/// How a request without a reply is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Settled {
    Ack,
    Reject,
}

/// A member that is there is `Some`, also if it is null.
fn some<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Fixture {
    /// Reads a fixture.
    ///
    /// # Errors
    /// When it is not the JSON of one, or when a case is `certain` of no fault.
    pub fn parse(json: &str) -> Result<Self, String> {
        let fixture: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        match fixture.cases.iter().find(|case| case.certain.is_some() && case.fault.is_none()) {
            Some(case) => Err(format!("{}: `certain` is beside a `fault`", case.name)),
            None => Ok(fixture),
        }
    }

    /// The service of the fixture. It lives as long as the program, as definitions do: this is for tests alone.
    pub(super) fn definition(&self) -> &'static ServiceDef {
        let leaked = |text: &str| -> &'static str { Box::leak(text.into()) };
        let service = leaked(&self.service);
        let methods = self.methods.iter().map(|(name, method)| {
            let params = match (&method.named, &method.bare) {
                (_, Some(bare)) => Params::Bare(leaked(bare)),
                (Some(names), None) => {
                    Params::Named(Box::leak(names.iter().map(|name| leaked(name)).collect()))
                }
                (None, None) => Params::Unknown,
            };
            let mut definition = MethodDef::new(service, leaked(&format!("{service}.{name}"))).params(params);
            if method.notify {
                definition = definition.notify();
            }
            if method.raw {
                definition = definition.reading_anything();
            }
            &*Box::leak(Box::new(definition))
        });
        let methods = methods.collect::<Vec<_>>();
        Box::leak(Box::new(ServiceDef::new(service, Box::leak(methods.into_boxed_slice()))))
    }
}
