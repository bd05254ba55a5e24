//! Errors of foreign servers, which do not know the error type of the method.

use amqp_rpc::{CallError, CallOptions, Execution, error::RemoteError};
use lapin::BasicProperties;

use crate::{
    services::{FibClient, FibError, FibServer, Fibonacci, connect, start},
    support::{RawPeer, Vhost, raw_peer::Inbox, within},
};

/// A queue as our server declares it, consumed by a foreign server.
async fn foreign_server(vhost: &Vhost) -> (RawPeer, Inbox) {
    let ours = amqp_rpc::Server::new().service(FibServer::new(Fibonacci));
    start(ours, vhost).await.shutdown().await.expect("the server stops");
    let peer = RawPeer::connect(&vhost.uri()).await;
    let inbox = peer.consume("fib", 1).await;
    (peer, inbox)
}

/// Answers the next request with this reply.
async fn answer(peer: &RawPeer, inbox: &mut Inbox, kind: &str, body: &str) {
    let request = within("the request", inbox.next()).await;
    let id = request.correlation_id().expect("it has an id").to_owned();
    let reply_to = request.properties.reply_to().clone().expect("the call waits for a reply");
    let properties = BasicProperties::default().with_correlation_id(id.into()).with_type(kind.into());
    peer.publish("", reply_to.as_str(), properties, body.as_bytes()).await;
    request.ack().await;
}

fn table(error: &RemoteError) -> Option<FibError> {
    match error.code()? {
        "ValueError" => Some(FibError::TooLarge { limit: error.message()?.parse().ok()? }),
        _ => None,
    }
}

#[tokio::test]
async fn an_error_that_is_not_the_method_s_own_is_kept_with_its_code_and_message() {
    let vhost = Vhost::create().await;
    let (peer, mut inbox) = foreign_server(&vhost).await;
    let fib = FibClient::new(connect(&vhost).await);
    let call = tokio::spawn(fib.compute(91));
    answer(&peer, &mut inbox, "error", r#"{"code":"E42","message":"too large","traceback":"secret"}"#).await;
    let error = within("the reply", call).await.unwrap().unwrap_err();
    let CallError::Decode(undecodable) = &error else { panic!("{error:?}") };
    let remote = undecodable.remote().expect("an error came");
    assert_eq!((remote.code(), remote.message()), (Some("E42"), Some("too large")));
    assert!(remote.body().starts_with(b"{\"code\""));
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Completed, false));
    assert_eq!(error.to_string(), "the method's error cannot be read (code `E42`)");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[tokio::test]
async fn a_table_maps_foreign_error_codes_to_the_method_s_own_errors() {
    let vhost = Vhost::create().await;
    let (peer, mut inbox) = foreign_server(&vhost).await;
    let fib = FibClient::new(connect(&vhost).await).with_options(CallOptions::new().map_errors(table));

    for (kind, body) in [
        ("error", r#"{"exc_type":"ValueError","value":"90"}"#),
        ("fault", r#"{"code":"ValueError","message":"90"}"#),
    ] {
        let call = tokio::spawn(fib.compute(91));
        answer(&peer, &mut inbox, kind, body).await;
        let error = within("the reply", call).await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Method(FibError::TooLarge { limit: 90 })), "{kind}: {error:?}");
    }

    // A code that the table does not have, and one that needs no table.
    for (kind, body) in [
        ("error", r#"{"exc_type":"KeyError","value":"90"}"#),
        ("fault", r#"{"code":"KeyError","message":"90"}"#),
        ("fault", r#"{"code":"overloaded","message":"90"}"#),
        ("error", r#"{"TooLarge":{"limit":7}}"#),
    ] {
        let call = tokio::spawn(fib.compute(91));
        answer(&peer, &mut inbox, kind, body).await;
        let error = within("the reply", call).await.unwrap().unwrap_err();
        let is_as_ever = match &error {
            CallError::Decode(_) => body.contains("exc_type"),
            CallError::Fault(fault) => body.contains(fault.code().as_str()),
            CallError::Method(FibError::TooLarge { limit }) => *limit == 7,
            _ => false,
        };
        assert!(is_as_ever, "{kind} {body}: {error:?}");
    }
}
