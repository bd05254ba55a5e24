//! kanin: bytes through `amq.direct`.

use std::time::Duration;

use amqp_rpc::{Bytes, CallError, Fault, Server, dialects::Kanin, rpc_service};
use lapin::{BasicProperties, types::ShortString};
use serde::{Deserialize, Serialize};

use super::client_in;
use crate::{
    services::{FibServer, Fibonacci, start},
    support::{RawPeer, Vhost, await_until, within},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("there are too many bytes")]
struct TooMany;

#[rpc_service(name = "math")]
trait Sums {
    /// The sum of the bytes, as one byte.
    #[rpc(bare)]
    async fn sum(&self, bytes: Bytes) -> Result<Bytes, TooMany>;
    #[rpc(bare, notify)]
    async fn note(&self, bytes: Bytes);
}

struct Summing;

impl Sums for Summing {
    async fn sum(&self, bytes: Bytes) -> Result<Bytes, TooMany> {
        if bytes.len() > 3 {
            return Err(TooMany);
        }
        Ok(vec![bytes.iter().sum()].into())
    }

    async fn note(&self, _: Bytes) {}
}

fn told() -> Kanin {
    Kanin::new().routing_key("sum", "sums").faults(|fault: &Fault| format!("! {}", fault.message()).into())
}

#[tokio::test]
async fn bytes_go_there_and_back_and_errors_are_what_the_user_makes_of_them() {
    let vhost = Vhost::create().await;
    let server = start(Server::new().service_in(SumsServer::new(Summing), told()), &vhost).await;
    let sums = SumsClient::new(client_in(vhost.uri(), told()).await);
    assert_eq!(within("the sum", sums.sum(vec![1, 2, 3].into())).await.unwrap(), vec![6]);
    assert_eq!(within("nothing", sums.sum(Bytes::new())).await.unwrap(), vec![0], "n = 0 is an empty body");
    let error = within("the error", sums.sum(vec![0; 4].into())).await.unwrap();
    assert_eq!(error, "! there are too many bytes");
    within("the confirm", sums.note(vec![1].into())).await.unwrap();
    await_until("the note is settled", || async {
        let queue = vhost.existing_queue("math.note").await;
        (queue.ready, queue.unacked) == (0, 0)
    })
    .await;
    within("the server to stop", server.shutdown()).await.unwrap();
    await_until("the queue is gone with its last consumer", || async { !vhost.queue_exists("sums").await })
        .await;
}

#[tokio::test]
async fn a_peer_s_request_is_answered_as_kanin_does_and_a_foreign_address_is_not() {
    let vhost = Vhost::create().await;
    let server = start(Server::new().service_in(SumsServer::new(Summing), told()), &vhost).await;
    let peer = RawPeer::connect(&vhost.uri()).await;
    let mut replies = peer.open_reply_queue().await;
    let request = |reply_to: &str| {
        BasicProperties::default()
            .with_correlation_id(ShortString::from("request-0"))
            .with_reply_to(ShortString::from(reply_to))
    };
    peer.publish("amq.direct", "sums", request("sums"), b"\x08\x1e").await;
    await_until("it is refused", || async { server.stats().foreign_reply_addresses == 1 }).await;
    peer.publish("amq.direct", "sums", request(replies.queue()), b"\x08\x1e").await;
    let reply = replies.next().await;
    assert_eq!((reply.body.as_slice(), reply.correlation_id()), (&[0x26][..], Some("request-0")));
    assert_eq!(reply.content_type(), Some("application/octet-stream"));
    // A caller that waits for a notification learns that it ran.
    peer.publish("amq.direct", "math.note", request(replies.queue()), b"\x08\x1e").await;
    let reply = replies.next().await;
    assert_eq!((reply.body.as_slice(), reply.correlation_id()), (&[][..], Some("request-0")));
}

#[tokio::test]
async fn without_a_form_for_them_failures_are_silent() {
    let vhost = Vhost::create().await;
    let _server = start(Server::new().service_in(SumsServer::new(Summing), Kanin::new()), &vhost).await;
    let sums = SumsClient::new(client_in(vhost.uri(), Kanin::new()).await);
    let call = sums.sum(vec![0; 4].into()).timeout(Duration::from_millis(300));
    let error = within("the end", call).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
}

#[tokio::test]
async fn what_is_not_bytes_is_refused() {
    let vhost = Vhost::create().await;
    let server = Server::new().service_in(FibServer::new(Fibonacci), Kanin::new());
    let error = server.start(vhost.uri()).await.unwrap_err().to_string();
    assert!(error.contains("does not take bytes alone"), "{error}");
    let fib = crate::services::FibClient::new(client_in(vhost.uri(), Kanin::new()).await);
    let error = within("the refusal", fib.compute(1)).await.unwrap_err();
    assert!(matches!(error, CallError::Encode(_)), "{error:?}");
}
