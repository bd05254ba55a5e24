//! This library calls what the peer serves.

use std::time::Duration;

use amqp_rpc::{
    CallError, Client, FaultCode,
    contract::NoError,
    dialect::{ClientDialect, ServerDialect},
    error::UntypedError,
};
use serde_json::{Value, json};

use super::{MathClient, MathError, Mathematician, their_calls::serve};
use crate::{
    peer::Peer,
    support::{Proxy, Vhost, within},
};

/// What a call came to, without the type of its method's error.
#[derive(Debug)]
pub(crate) enum Received {
    Fault(FaultCode),
    /// The method's own error, with the code and the text that were found in it. That of an untyped call has no
    /// code, and its text is its JSON.
    Error {
        code: Option<String>,
        message: Option<String>,
    },
    TimedOut,
    Unroutable,
    /// A value, of a peer that takes what it should refuse.
    Value(#[allow(dead_code, reason = "it is shown when a check fails")] Value),
    Other(#[allow(dead_code, reason = "it is shown when a check fails")] String),
}

impl Received {
    pub(crate) fn is_error(&self, kind: &str, text: &str) -> bool {
        let has = |found: &Option<String>, expected: &str| {
            found.as_deref().is_some_and(|found| found.contains(expected))
        };
        matches!(self, Self::Error { code, message } if (kind.is_empty() || has(code, kind)) && has(message, text))
    }

    fn of<E: std::fmt::Debug>(error: CallError<E>) -> Self {
        match error {
            CallError::Fault(fault) => Self::Fault(fault.code().clone()),
            CallError::Timeout(_) => Self::TimedOut,
            CallError::Unroutable(_) => Self::Unroutable,
            CallError::Decode(error) if error.remote().is_some() => {
                let remote = error.remote().map(|remote| (remote.code(), remote.message()));
                let (code, message) = remote.unwrap_or_default();
                Self::Error { code: code.map(str::to_owned), message: message.map(str::to_owned) }
            }
            error => Self::Other(format!("{error:?}")),
        }
    }
}

/// What our client makes of everything that is no value: a check of each.
pub(crate) struct OurCalls {
    pub(crate) own_error: fn(&Received) -> bool,
    pub(crate) unknown_method: fn(&Received) -> bool,
    pub(crate) bad_arguments: fn(&Received) -> bool,
    pub(crate) crash: fn(&Received) -> bool,
    /// Of a call after the server was killed.
    pub(crate) server_down: fn(&Received) -> bool,
    /// Whether the broker delivers the request of a killed server again.
    pub(crate) redelivers: bool,
}

const BRIEFLY: Duration = Duration::from_millis(1500);

impl OurCalls {
    pub(crate) async fn run(self, peer: &Peer, dialect: impl ClientDialect) {
        let vhost = Vhost::create().await;
        let mut server = peer.serve(&vhost, "math").await;
        let proxy = Proxy::start(&vhost.uri()).await;
        let client = Client::builder().timeout(Duration::from_secs(15)).dialect(dialect).connect(proxy.uri());
        let client = within("the client to connect", client).await.expect("the client connects");
        let math = MathClient::new(client.clone());
        assert_eq!(within("a value", math.compute(30)).await.expect("a value"), 832_040);
        server.line_with("ran compute {").await;
        assert_eq!(within("a sum", math.add(1, 2)).await.expect("a value"), 3);
        assert_eq!(within("a text", math.greet("ada ü".into())).await.expect("a value"), "hello ada ü");
        within("nothing", math.nothing()).await.expect("a value");
        let check = |what: &str, received: Received, fits: fn(&Received) -> bool| {
            assert!(fits(&received), "{what}: {received:?}");
        };
        let own = within("the error", math.compute(91).timeout(BRIEFLY)).await.expect_err("an error");
        check("own error", Received::of(own), self.own_error);
        let untyped = async |method: &str, body| {
            let call = client.call_json(method, body).timeout(BRIEFLY);
            match within("the error", call).await {
                Ok(value) => Received::Value(value),
                Err(CallError::Method(UntypedError(json))) => {
                    Received::Error { code: None, message: Some(json.to_string()) }
                }
                Err(error) => Received::of(error),
            }
        };
        check("unknown method", untyped("math.absent", json!({})).await, self.unknown_method);
        check("bad arguments", untyped("math.compute", json!({"m": 1})).await, self.bad_arguments);
        let crash = within("the crash", math.fail().timeout(BRIEFLY)).await.expect_err("an error");
        check("crash", Received::of::<NoError>(crash), self.crash);
        let late = within("the end", math.slow(2.0).timeout(Duration::from_millis(300)))
            .await
            .expect_err("an error");
        check("timeout", Received::of(late), |received| matches!(received, Received::TimedOut));

        // The next connection has what replies need.
        let (before, mut states) = (client.state().epoch(), client.state_changes());
        proxy.cut();
        let reconnected = async {
            while states.current().epoch() <= before || !states.current().is_ready() {
                states.changed().await.expect("the client lives");
            }
        };
        within("the client to reconnect", reconnected).await;
        drop(server);
        let mut next = peer.serve(&vhost, "math").await;
        assert_eq!(within("a value", math.compute(20)).await.expect("a value"), 6765);

        // The server is killed while it runs a call.
        let call = tokio::spawn({
            let math = math.clone();
            async move { math.slow(1.0).timeout(Duration::from_secs(12)).await }
        });
        next.line_with("ran slow {").await;
        next.kill().await;
        let last = peer.serve(&vhost, "math").await;
        if self.redelivers {
            // It may have begun before it says that it is ready.
            let slept: f64 = within("the reply", call).await.expect("no panic").expect("a value");
            assert_eq!(slept, 1.0);
        } else {
            call.abort();
        }
        last.kill().await;
        let down = within("the end", math.compute(1).timeout(Duration::from_millis(500)))
            .await
            .expect_err("an error");
        check("server down", Received::of::<MathError>(down), self.server_down);
    }
}

/// The peer's server and ours share the queue: each call is answered by one of them.
pub(crate) async fn mixed_fleet<D: ClientDialect + ServerDialect + Clone>(peer: &Peer, dialect: D) {
    let vhost = Vhost::create().await;
    let mut theirs = peer.serve(&vhost, "math").await;
    let mathematician = Mathematician::default();
    let _ours = serve(&vhost.uri(), mathematician.clone(), dialect.clone()).await;
    let client = Client::builder().timeout(Duration::from_secs(15)).dialect(dialect).connect(vhost.uri());
    let math = MathClient::new(within("the client to connect", client).await.expect("the client connects"));
    let calls = (0..40).map(|n| {
        let math = math.clone();
        async move { math.add(n, n).await.expect("each is answered") }
    });
    let sums = within("all replies", futures_util::future::join_all(calls)).await;
    assert_eq!(sums, (0..40).map(|n| n + n).collect::<Vec<i64>>());
    theirs.line_with("ran add {").await;
    assert!(mathematician.begun() > 0, "the peer ran all of them");
}
