//! Layers of a client: they run around calls, notifications and events.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use amqp_rpc::{
    CallError, Client, Context, Execution, Fault, FaultCode, Server,
    client::ClientBuilder,
    contract::{MethodKind, NoError},
    error::Phase,
    middleware::{self, ClientNext, OutgoingCall, Reply, ReplyKind},
    rpc_service,
};

use tokio::sync::mpsc;

use crate::{
    services::{FibClient, FibError, GateClient, Gatekeeper, serve_fib, serve_gate, start},
    support::{Vhost, within},
};

type Answered = Result<Reply, CallError<NoError>>;

async fn connect(builder: ClientBuilder, vhost: &Vhost) -> Client {
    let connecting = builder.timeout(Duration::from_secs(30)).connect(vhost.uri());
    within("the client to connect", connecting).await.expect("the client connects")
}

#[tokio::test]
async fn layers_of_a_client_see_every_call_in_the_order_in_which_they_were_added() {
    let vhost = Vhost::create().await;
    let _server = serve_fib(&vhost).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = |name: &'static str| {
        let seen = Arc::clone(&seen);
        middleware::client_from_fn(move |call: OutgoingCall, next: ClientNext| {
            let seen = Arc::clone(&seen);
            async move {
                let note =
                    |what: &str| seen.lock().expect("no test panics here").push(format!("{name} {what}"));
                note(call.method().full_name);
                let answered = next.run(call).await;
                note(match &answered {
                    Ok(answer) if answer.kind() == ReplyKind::Result => "result",
                    Ok(_) => "error",
                    Err(_) => "failure",
                });
                answered
            }
        })
    };
    let client = connect(Client::builder().layer(noting("outer")).layer(noting("inner")), &vhost).await;
    let fib = FibClient::new(client);

    assert_eq!(fib.compute(10).await.unwrap(), 55);
    let error = fib.compute(91).await.unwrap_err();
    assert!(matches!(error, CallError::Method(FibError::TooLarge { limit: 90 })), "{error}");
    let expected = |end: &str| {
        let begin = ["outer fib.compute", "inner fib.compute"].map(str::to_owned);
        begin.into_iter().chain([format!("inner {end}"), format!("outer {end}")])
    };
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, expected("result").chain(expected("error")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_layer_of_a_client_may_refuse_a_call_or_make_it_again() {
    static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);
    async fn third_time_lucky(call: OutgoingCall, next: ClientNext) -> Answered {
        loop {
            if ATTEMPTS.fetch_add(1, Ordering::Relaxed) == 2 {
                return next.run(call).await;
            }
            // A layer that retries sends a clone.
            let _ = next.clone().run(call.clone()).await?;
        }
    }
    async fn closed_on_sundays(call: OutgoingCall, next: ClientNext) -> Answered {
        match call.headers().text("day") {
            Some("sunday") => Err(CallError::Fault(Fault::new(FaultCode::Overloaded, "the circuit is open"))),
            _ => next.run(call).await,
        }
    }
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let layers = Client::builder().layer(middleware::client_from_fn(closed_on_sundays));
    let client = connect(layers.layer(middleware::client_from_fn(third_time_lucky)), &vhost).await;
    let gates = GateClient::new(client);

    let error = gates.pass(1).header("day", "sunday").await.unwrap_err();
    assert_eq!((error.execution(), gate.started()), (Execution::Never, 0));
    gate.open_for(3);
    assert_eq!(gates.pass(1).await.unwrap(), 1);
    assert_eq!(gate.started(), 3);
}

#[tokio::test]
async fn the_time_that_a_call_spends_in_layers_counts() {
    async fn slow(call: OutgoingCall, next: ClientNext) -> Answered {
        tokio::time::sleep(call.remaining()).await;
        next.run(call).await
    }
    async fn shorter(mut call: OutgoingCall, next: ClientNext) -> Answered {
        call.shorten_timeout(Duration::from_millis(1));
        call.shorten_timeout(Duration::MAX);
        next.run(call).await
    }
    let vhost = Vhost::create().await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 1).await;
    let layers = Client::builder().layer(middleware::client_from_fn(shorter));
    let client = connect(layers.layer(middleware::client_from_fn(slow)), &vhost).await;
    let error = GateClient::new(client).pass(1).timeout(Duration::from_secs(3600)).await.unwrap_err();
    let CallError::Timeout(timeout) = &error else { panic!("{error}") };
    assert_eq!(timeout.phase(), Phase::WaitingToSend);
    assert_eq!(gate.started(), 0);
}

#[rpc_service]
trait Bell {
    #[rpc(notify)]
    async fn ring(&self, #[rpc(context)] cx: &Context, times: u32);
    #[rpc(event)]
    async fn rung(&self, times: u32);
}

#[tokio::test]
async fn layers_of_a_client_see_notifications_and_events() {
    struct Tower(mpsc::UnboundedSender<Option<String>>);
    impl Bell for Tower {
        async fn ring(&self, cx: &Context, _times: u32) {
            let _ = self.0.send(cx.headers().text("rope").map(str::to_owned));
        }

        async fn rung(&self, _times: u32) {}
    }
    async fn with_rope(mut call: OutgoingCall, next: ClientNext) -> Answered {
        assert_ne!(call.method().kind, MethodKind::Call);
        call.headers_mut().insert("rope", "long");
        next.run(call).await
    }
    let vhost = Vhost::create().await;
    let (sender, mut rung) = mpsc::unbounded_channel();
    let _server = start(Server::new().service(BellServer::new(Tower(sender))), &vhost).await;
    let client = connect(Client::builder().layer(middleware::client_from_fn(with_rope)), &vhost).await;
    let bell = BellClient::new(client);
    bell.ring(3).await.unwrap();
    assert_eq!(within("the bell", rung.recv()).await.unwrap().as_deref(), Some("long"));
    bell.rung(3).topic("noon").await.unwrap();
}

#[tokio::test]
async fn calls_that_layers_pass_on_fail_as_they_do_without_layers() {
    async fn transparent(call: OutgoingCall, next: ClientNext) -> Answered {
        next.run(call).await
    }
    let vhost = Vhost::create().await;
    let client = connect(Client::builder().layer(middleware::client_from_fn(transparent)), &vhost).await;
    let gate = Gatekeeper::closed();
    let _server = serve_gate(&vhost, &gate, 4).await;
    let fib = FibClient::new(client.clone());
    assert!(matches!(fib.compute(1).await, Err(CallError::Unroutable(_))));
    let gates = GateClient::new(client.clone());
    let error = gates.pass(1).timeout(Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(&error, CallError::Timeout(timeout) if timeout.phase() == Phase::Sent), "{error}");
    let error = gates.panic("expected".into()).await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::Panicked), "{error}");
    let dropped = tokio::spawn(gates.pass(2));
    gate.until_running(2).await;
    dropped.abort();
    within("the call to be forgotten", async {
        while client.stats().in_flight > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    client.close().await;
    assert!(matches!(gates.echo(1).await, Err(CallError::Closed)));
}
