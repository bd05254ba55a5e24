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
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Celery, EXPIRES, ID, TASK, outcome::Exception, time};
use crate::{
    json::{Arguments, JSON, array, body_of, object_of, present},
    kombu::UTF_8,
};

/// A longer time to live is none: years of five digits are no ISO 8601.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The links of a task that has none. A worker reads all four.
const NO_LINKS: &str = r#"{"callbacks":null,"errbacks":null,"chain":null,"chord":null}"#;

/// A reply. The traceback is not read.
#[derive(Deserialize)]
struct ReplyBody<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
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
        let name = self.tasks.of(request.name);
        // The same however often the task is sent, as that of a task that a worker retries.
        let id = request.message_id.as_ref().unwrap_or(&request.correlation_id).as_str();
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
        let Some(ReplyBody { status, result }) = object_of(&reply.body) else {
            return PeerReply::Unreadable;
        };
        let content_type = SmolStr::default();
        let part = |json: &RawValue| reply.body.slice_ref(json.get().as_bytes());
        match (&*status, result) {
            ("SUCCESS", Some(value)) => PeerReply::Value { content_type, body: part(value) },
            ("FAILURE" | "REVOKED", Some(result)) => {
                let Some(exception) = object_of::<Exception<'_>>(result.get().as_bytes()) else {
                    return PeerReply::Unreadable;
                };
                exception.fault().unwrap_or_else(|| {
                    let body = exception.data.map_or_else(|| exception.error().into(), part);
                    PeerReply::Error { content_type, body }
                })
            }
            // Sent in between, if the user has configured it.
            ("PENDING" | "RECEIVED" | "STARTED" | "RETRY", _) => PeerReply::Pending,
            _ => PeerReply::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc_runtime::contract::Params;
    use bytes::Bytes;

    use super::*;

    const COMPUTE: &MethodDef = &MethodDef::new("svc", "svc.compute").params(Params::Named(&["n"]));

    fn read(body: &'static str) -> PeerReply {
        Celery::new().read_reply(Delivery::new("", "", Properties::default(), body))
    }

    fn written(message_id: Option<&'static str>) -> RequestMessage {
        let body = Bytes::from_static(br#"{"n":30}"#);
        let mut request = OutgoingRequest::new(COMPUTE, "svc.compute", JSON, &body, "c-1");
        request.reply_to = Some(SmolStr::new_static("424f99c7-9c3a-41d9-9669-0800200c9a66"));
        request.message_id = message_id.map(SmolStr::new_static);
        Celery::new().write_request(request).expect("the wire has it")
    }

    #[test]
    fn the_id_of_a_task_is_the_idempotency_key_and_that_of_the_reply_stays() {
        for (key, id) in [(Some("order 17"), "order 17"), (None, "c-1")] {
            let RequestMessage { properties, .. } = written(key);
            let headers = properties.headers.unwrap();
            assert_eq!((headers.text(ID), headers.text("root_id")), (Some(id), Some(id)));
            assert_eq!(properties.correlation_id.as_deref(), Some("c-1"));
        }
    }

    #[test]
    fn a_reply_is_an_object_with_a_result() {
        let is_value = |body| matches!(read(body), PeerReply::Value { .. });
        assert!(is_value(r#"{"status":"SUCCESS","result":30}"#));
        assert!(is_value(r#"{"status":"SUCCESS","result":null}"#));
        for body in [
            r#"["SUCCESS",30]"#,
            r#"{"status":"SUCCESS"}"#,
            r#"{"status":"FAILURE"}"#,
            r#"{"status":"FAILURE","result":["FibError",["n is above 90"],"lib"]}"#,
        ] {
            assert!(matches!(read(body), PeerReply::Unreadable), "{body}");
        }
    }
}
