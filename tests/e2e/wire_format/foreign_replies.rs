//! Replies of foreign servers, as our client reads them.

use amqp_rpc::{CallError, Execution, FaultCode, rpc_service};
use lapin::BasicProperties;
use serde::{Deserialize, Serialize};

use crate::{
    services::connect,
    support::{Vhost, within},
    tutorial::ForeignServer,
};

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
struct Refused {
    reason: String,
}

/// A method on the tutorial's queue that may fail with its own error.
#[rpc_service(exchange = "")]
trait Fallible {
    #[rpc(routing_key = "rpc_queue", bare, idempotent)]
    async fn ask(&self, question: String) -> Result<u64, Refused>;
}

struct Talk {
    server: ForeignServer,
    client: FallibleClient,
}

impl Talk {
    async fn start(vhost: &Vhost) -> Self {
        let server = ForeignServer::start(vhost).await;
        Self { server, client: FallibleClient::new(connect(vhost).await) }
    }

    /// Makes a call and answers it with this reply.
    async fn reply(&mut self, reply: BasicProperties, body: &str) -> Result<u64, CallError<Refused>> {
        let call = tokio::spawn(self.client.ask("why?".into()));
        let request = self.server.next().await;
        let id = request.correlation_id().expect("requests have a correlation id");
        self.server.answer_as(&request, reply.with_correlation_id(id.into()), body).await;
        within("the reply", call).await.expect("no call panics")
    }
}

fn of_type(kind: &str) -> BasicProperties {
    BasicProperties::default().with_type(kind.into())
}

#[tokio::test]
async fn a_reply_without_type_is_a_result() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    for reply in [BasicProperties::default(), of_type(""), of_type("result")] {
        assert_eq!(talk.reply(reply.clone(), " 42\n").await.unwrap(), 42, "{reply:?}");
    }
}

#[tokio::test]
async fn unknown_properties_of_a_reply_are_ignored() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    let reply = BasicProperties::default()
        .with_content_type("application/json; charset=utf-8".into())
        .with_content_encoding("utf-8".into())
        .with_delivery_mode(2)
        .with_priority(9)
        .with_app_id("foreign".into())
        .with_message_id("7".into())
        .with_reply_to("nobody".into())
        .with_expiration("60000".into())
        .with_timestamp(u64::MAX);
    assert_eq!(talk.reply(reply, "42").await.unwrap(), 42);
}

#[tokio::test]
async fn an_error_is_decoded_as_the_method_s_own() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    let error = talk.reply(of_type("error"), "{\"reason\":\"no\",\"more\":1}").await.unwrap_err();
    assert!(matches!(&error, CallError::Method(refused) if refused.reason == "no"), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Completed, false));
}

#[tokio::test]
async fn a_fault_code_decides_execution_and_retryability() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    for (code, execution, retryable) in [
        ("bad_request", Execution::Never, false),
        ("overloaded", Execution::Never, true),
        ("panicked", Execution::Unknown, true),
        ("reply_too_large", Execution::Completed, false),
        ("from_the_future", Execution::Unknown, true),
    ] {
        let body = format!("{{\"code\":\"{code}\",\"message\":\"m\",\"field\":\"f\",\"more\":1}}");
        let error = talk.reply(of_type("fault"), &body).await.unwrap_err();
        let CallError::Fault(fault) = &error else { panic!("{error:?}") };
        assert_eq!((fault.code(), fault.message(), fault.field()), (&FaultCode::from(code), "m", Some("f")));
        assert_eq!((error.execution(), error.is_retryable()), (execution, retryable), "{code}");
    }
    let error = talk.reply(of_type("fault"), "{\"code\":\"overloaded\"}").await.unwrap_err();
    assert!(
        matches!(&error, CallError::Fault(fault) if fault.code() == &FaultCode::Overloaded && fault.message().is_empty()),
        "only the code is needed: {error:?}"
    );
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_says_whether_its_call_ran() {
    let vhost = Vhost::create().await;
    let mut talk = Talk::start(&vhost).await;
    let packed = BasicProperties::default().with_content_type("application/xml".into());
    let zipped = BasicProperties::default().with_content_encoding("gzip".into());
    for (reply, body, execution) in [
        (of_type("result"), "\"x\"", Execution::Completed),
        (of_type("error"), "{}", Execution::Completed),
        (of_type("fault"), "{}", Execution::Unknown),
        (of_type("notice"), "42", Execution::Unknown),
        (packed, "42", Execution::Completed),
        (zipped, "42", Execution::Completed),
    ] {
        let error = talk.reply(reply.clone(), body).await.unwrap_err();
        assert!(matches!(error, CallError::Decode(_)), "{reply:?}: {error:?}");
        assert_eq!((error.execution(), error.is_retryable()), (execution, false));
    }
    assert_eq!(talk.reply(of_type("result"), "42").await.unwrap(), 42);
}
