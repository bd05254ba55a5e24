//! The peer calls what this library serves.

use amqp_rpc::{RunningServer, Server, dialect::ServerDialect};
use serde_json::{Value, json};

use super::{MathServer, Mathematician};
use crate::{
    peer::{Outcome, Peer},
    support::{Proxy, Vhost, within},
};

/// What the peer's client makes of everything that is no value: a check of each outcome.
pub(crate) struct TheirCalls {
    pub(crate) own_error: fn(&Outcome) -> bool,
    pub(crate) unknown_method: fn(&Outcome) -> bool,
    pub(crate) bad_arguments: fn(&Outcome) -> bool,
    pub(crate) crash: fn(&Outcome) -> bool,
    /// Of a call after the server has stopped.
    pub(crate) server_down: fn(&Outcome) -> bool,
}

impl TheirCalls {
    pub(crate) async fn run<D: ServerDialect + Clone>(self, peer: &Peer, dialect: D) {
        let vhost = Vhost::create().await;
        let mathematician = Mathematician::default();
        let server = serve(&vhost.uri(), mathematician.clone(), dialect.clone()).await;
        let call = async |method: &str, arguments: Value| peer.call(&vhost, "math", method, arguments).await;
        assert_eq!(call("compute", json!({"n": 30})).await, Outcome::Value(json!(832_040)));
        assert_eq!(call("add", json!({"a": 1, "b": 2})).await, Outcome::Value(json!(3)));
        assert_eq!(call("greet", json!({"name": "ada ü"})).await, Outcome::Value(json!("hello ada ü")));
        assert_eq!(call("nothing", json!({})).await, Outcome::Value(Value::Null));
        let check = |what: &str, outcome: Outcome, fits: fn(&Outcome) -> bool| {
            assert!(fits(&outcome), "{what}: {outcome:?}");
        };
        let briefly =
            async |method: &str, arguments| peer.call_within(&vhost, "math", method, arguments, 2).await;
        check("own error", briefly("compute", json!({"n": 91})).await, self.own_error);
        check("unknown method", briefly("absent", json!({})).await, self.unknown_method);
        check("bad arguments", briefly("compute", json!({"n": "x"})).await, self.bad_arguments);
        check("crash", briefly("fail", json!({})).await, self.crash);
        let late = peer.call_within(&vhost, "math", "slow", json!({"seconds": 3}), 1).await;
        assert_eq!(late, Outcome::TimedOut);
        // A server that is lost while it runs a call: the next one has the request.
        within("the server to stop", server.shutdown()).await.expect("it stops");
        let proxy = Proxy::start(&vhost.uri()).await;
        let (lost, next) = (Mathematician::default(), Mathematician::default());
        let _lost = serve(&proxy.uri(), lost.clone(), dialect.clone()).await;
        let (outcome, server) = tokio::join!(call("slow", json!({"seconds": 0.5})), async {
            lost.until_begun(1).await;
            proxy.refuse(true);
            proxy.cut();
            serve(&vhost.uri(), next.clone(), dialect.clone()).await
        });
        assert_eq!((outcome, next.begun()), (Outcome::Value(json!(0.5)), 1));
        within("the server to stop", server.shutdown()).await.expect("it stops");
        check(
            "server down",
            peer.call_within(&vhost, "math", "compute", json!({"n": 1}), 1).await,
            self.server_down,
        );
    }
}

/// Serves the contract in a dialect.
pub(crate) async fn serve(uri: &str, math: Mathematician, dialect: impl ServerDialect) -> RunningServer {
    let server = Server::new().service_in(MathServer::new(math), dialect).start(uri);
    within("the server to start", server).await.expect("the server starts")
}
