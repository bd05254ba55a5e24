//! Calls of a worker's tasks.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use amqp_rpc_runtime::{
    HeaderValue,
    contract::MethodDef,
    dialect::{
        ClientDialect, Delivery, OutgoingRequest, PeerReply, Properties, RequestMessage, SmolStr, Target,
        Unsupported,
    },
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Celery, EXPIRES, ID, TASK, UTF_8, outcome::Exception, time};
use crate::json::{Arguments, JSON, array, body_of};

/// A longer time to live is none: years of five digits are no ISO 8601.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The links of a task that has none. A worker reads all four.
const NO_LINKS: &str = r#"{"callbacks":null,"errbacks":null,"chain":null,"chord":null}"#;

/// A reply. The traceback is not read.
#[derive(Deserialize)]
struct ReplyBody<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
}

impl ClientDialect for Celery {
    fn name(&self) -> &'static str {
        "celery"
    }

    fn takes_direct_replies(&self) -> bool {
        // A worker sends its reply from another process than the one that received the request.
        false
    }

    fn reply_queue(&self, unique: &str) -> String {
        unique.to_owned()
    }

    fn target(&self, _: &'static MethodDef, _: &str) -> Result<Target, Unsupported> {
        Ok(Target {
            exchange: Cow::Borrowed(""),
            routing_key: Cow::Owned(self.queue.clone()),
            queue: Cow::Owned(self.queue.clone()),
        })
    }

    fn write_request(&self, mut request: OutgoingRequest<'_>) -> Result<RequestMessage, Unsupported> {
        let (args, kwargs) = Arguments::of_body(request.method, body_of(&request, "Celery")?);
        let body = array([args.as_str(), &kwargs, NO_LINKS]);
        let (name, id) = (self.tasks.of(request.name), request.correlation_id.as_str());
        let expires = request.remaining.filter(|remaining| *remaining < LONGEST);
        let expires = expires.map(|remaining| time::write(SystemTime::now() + remaining));
        let headers = [
            ("lang", HeaderValue::from("py")),
            (TASK, name.into()),
            (ID, id.into()),
            ("root_id", id.into()),
            ("parent_id", HeaderValue::Null),
            ("group", HeaderValue::Null),
            ("eta", HeaderValue::Null),
            (EXPIRES, expires.map_or(HeaderValue::Null, HeaderValue::from)),
            ("retries", 0.into()),
            ("timelimit", HeaderValue::List(vec![HeaderValue::Null, HeaderValue::Null])),
            ("ignore_result", (!request.is_call).into()),
        ];
        for (name, value) in headers {
            request.headers.insert(name, value);
        }
        // Without a content type a worker ends its process.
        let content_type = Some(SmolStr::new_static(JSON));
        let content_encoding = Some(SmolStr::new_static(UTF_8));
        let properties = Properties { content_type, content_encoding, ..request.properties() };
        Ok(RequestMessage { properties, body: body.into() })
    }

    fn read_reply(&self, reply: Delivery) -> PeerReply {
        let Ok(ReplyBody { status, result }) = serde_json::from_slice(&reply.body) else {
            return PeerReply::Unreadable;
        };
        let content_type = SmolStr::default();
        let part = |json: &RawValue| reply.body.slice_ref(json.get().as_bytes());
        match &*status {
            "SUCCESS" => {
                let body = result.map_or(Bytes::from_static(b"null"), part);
                PeerReply::Value { content_type, body }
            }
            "FAILURE" | "REVOKED" => {
                let result = result.map_or("null", RawValue::get);
                let Ok(exception) = serde_json::from_str::<Exception<'_>>(result) else {
                    return PeerReply::Unreadable;
                };
                match (exception.fault(), exception.data) {
                    (Some(fault), _) => fault,
                    (None, Some(data)) => PeerReply::Error { content_type, body: part(data) },
                    (None, None) => PeerReply::Error { content_type, body: exception.error().into() },
                }
            }
            // Sent in between, if the user has configured it.
            "PENDING" | "RECEIVED" | "STARTED" | "RETRY" => PeerReply::Pending,
            _ => PeerReply::Unreadable,
        }
    }
}
