//! One-way messages whose connection is lost before the publisher confirm.

use std::time::Duration;

use amqp_rpc::{CallError, Client, Execution, Server, error::Phase};
use tokio::sync::mpsc;

use lapin::ExchangeKind;

use super::{MailClient, MailServer, Postman, bind_observer};
use crate::{
    services::start,
    support::{Proxy, Vhost, await_until, within},
};

#[tokio::test]
async fn a_notification_without_a_publisher_confirm_may_have_been_taken() {
    let vhost = Vhost::create().await;
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let server =
        start(Server::new().service(MailServer::from_arc(Postman::new("one", &letters))), &vhost).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    let client = Client::connect(proxy.uri()).await.unwrap();
    let mail = MailClient::new(client.clone());
    mail.send("house 1".into()).await.unwrap();
    assert_eq!(within("the letter", delivered.recv()).await.unwrap().1, "house 1");

    proxy.stall(true);
    let late = mail.send("house 2".into()).timeout(Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(&late, CallError::Timeout(timeout) if timeout.phase() == Phase::Sent), "{late:?}");
    assert_eq!((late.execution(), late.is_retryable()), (Execution::Unknown, false));

    let lost = tokio::spawn(mail.send("house 3".into()));
    let repeated = tokio::spawn(mail.send_again("house 4".into()));
    await_until("both are sent", || async { client.stats().in_flight == 2 }).await;
    // The frames that were held back are lost with the connection.
    proxy.cut();
    proxy.stall(false);
    let error = within("the loss", lost).await.unwrap().unwrap_err();
    assert!(matches!(&error, CallError::Disconnected(lost) if lost.phase() == Phase::Sent), "{error:?}");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Unknown, false));
    within("the idempotent one, sent again", repeated).await.unwrap().unwrap();

    let mut seen = Vec::new();
    loop {
        let (_, letter) = within("a letter", delivered.recv()).await.unwrap();
        seen.push(letter.clone());
        if letter.starts_with("house 4") {
            break;
        }
    }
    assert!(
        seen.iter().all(|letter| !letter.starts_with("house 1")),
        "it had the publisher confirm: {seen:?}"
    );
    mail.send("house 5".into()).await.unwrap();
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_client_that_is_closed_sends_no_notification() {
    let vhost = Vhost::create().await;
    let client = Client::connect(vhost.uri()).await.unwrap();
    let mail = MailClient::new(client.clone());
    client.close().await;
    let error = mail.send("house 1".into()).await.unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error:?}");
    let error = mail.sent("house 1".into()).topic("eu").await.unwrap_err();
    assert!(matches!(error, CallError::Closed), "{error:?}");
}

#[tokio::test]
async fn notifications_dropped_before_their_publisher_confirm_leave_nothing_behind() {
    let vhost = Vhost::create().await;
    let (letters, mut delivered) = mpsc::unbounded_channel();
    let server =
        start(Server::new().service(MailServer::from_arc(Postman::new("one", &letters))), &vhost).await;
    let client = Client::builder().max_in_flight(4).connect(vhost.uri()).await.unwrap();
    let mail = MailClient::new(client.clone());
    mail.send("the first".into()).await.unwrap();
    for letter in 0..300 {
        let mut sending = mail.send(format!("house {letter}"));
        // Polled once, it is sent.
        tokio::select! {
            biased;
            _ = &mut sending => {}
            () = std::future::ready(()) => {}
        }
    }
    mail.send("the last".into()).await.expect("every slot is free again");
    assert_eq!(client.stats().in_flight, 0);
    let mut letters = 0;
    while within("a letter", delivered.recv()).await.unwrap().1 != "the last" {
        letters += 1;
    }
    assert!(letters >= 1, "at least the first");
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn notifications_on_a_stalled_connection_do_not_fill_the_memory() {
    const LETTERS: usize = 10;
    const LETTER: usize = 12 * 1024 * 1024;
    let vhost = Vhost::create().await;
    let (peer, mut inbox) =
        bind_observer(&vhost.uri(), "amqp-rpc", ExchangeKind::Direct, &["mail.send"]).await;
    let proxy = Proxy::start(&vhost.uri()).await;
    // On a busy machine it is stalled for longer than the default heartbeat allows.
    let patient = format!("{}?heartbeat=60", proxy.uri());
    let client = Client::builder().max_request_bytes(2 * LETTER).timeout(Duration::from_secs(60));
    let client = client.connect(patient).await.unwrap();
    let mail = MailClient::new(client.clone());
    mail.send("the first".into()).await.unwrap();
    inbox.next().await.ack().await;

    proxy.stall(true);
    let sending: Vec<_> = (0..LETTERS).map(|_| tokio::spawn(mail.send("x".repeat(LETTER)))).collect();
    await_until("there is no more room", || async { client.stats().in_flight == 5 }).await;
    proxy.stall(false);
    for sending in sending {
        within("a letter that waited", sending).await.unwrap().unwrap();
        inbox.next().await.ack().await;
    }
    assert_eq!(client.stats().in_flight, 0);
    peer.close().await;
}
