//! Calls made while another one is served: they inherit its deadline and its trace.

use std::{sync::Arc, time::Duration};

use amqp_rpc::{CallError, Client, Context, Execution, Server, rpc_service};
use tokio::sync::mpsc;

use crate::{
    services::{connect, start},
    support::{Vhost, within},
};

/// The deadline and the trace of a call, as the server sees them.
type Seen = (Option<u64>, Option<String>);

#[rpc_service]
trait Inner {
    async fn seen(&self, #[rpc(context)] cx: &Context) -> Seen;
}

struct Glass;

impl Inner for Glass {
    async fn seen(&self, cx: &Context) -> Seen {
        let remaining = cx.remaining().map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        (remaining, cx.headers().text("traceparent").map(str::to_owned))
    }
}

/// Calls [`Inner`] in different ways and returns what it sees.
#[rpc_service]
trait Outer {
    async fn directly(&self) -> Seen;
    async fn detached(&self) -> Seen;
    async fn with_its_own(&self) -> Seen;
    async fn spawned(&self) -> Seen;
    async fn spawned_in_scope(&self, #[rpc(context)] cx: &Context) -> Seen;
    /// Makes the call, and awaits it in a task.
    async fn made_and_spawned(&self) -> Seen;
    async fn made_by_name_and_spawned(&self) -> Seen;
    async fn made_detached_and_spawned(&self) -> Seen;
    #[rpc(blocking)]
    fn blocking(&self) -> Seen;
    /// Calls when the caller's deadline is over.
    async fn too_late(&self, #[rpc(context)] cx: &Context);
}

struct Asker {
    client: Client,
    inner: InnerClient,
    too_late: mpsc::UnboundedSender<CallError<amqp_rpc::contract::NoError>>,
}

impl Asker {
    async fn ask(inner: InnerClient) -> Seen {
        inner.seen().await.expect("it is served")
    }
}

impl Outer for Asker {
    async fn directly(&self) -> Seen {
        Self::ask(self.inner.clone()).await
    }

    async fn detached(&self) -> Seen {
        self.inner.seen().detached().await.expect("it is served")
    }

    async fn with_its_own(&self) -> Seen {
        let call = self.inner.seen().timeout(Duration::from_secs(2)).header("traceparent", "its own");
        call.await.expect("it is served")
    }

    async fn spawned(&self) -> Seen {
        tokio::spawn(Self::ask(self.inner.clone())).await.expect("it does not panic")
    }

    async fn spawned_in_scope(&self, cx: &Context) -> Seen {
        tokio::spawn(cx.scope(Self::ask(self.inner.clone()))).await.expect("it does not panic")
    }

    async fn made_and_spawned(&self) -> Seen {
        tokio::spawn(self.inner.seen()).await.expect("it does not panic").expect("it is served")
    }

    async fn made_by_name_and_spawned(&self) -> Seen {
        let call = self.client.call_json("inner.seen", serde_json::json!({}));
        let seen = tokio::spawn(call).await.expect("it does not panic").expect("it is served");
        serde_json::from_value(seen).expect("it is what it saw")
    }

    async fn made_detached_and_spawned(&self) -> Seen {
        tokio::spawn(self.inner.seen().detached()).await.expect("it does not panic").expect("it is served")
    }

    fn blocking(&self) -> Seen {
        tokio::runtime::Handle::current().block_on(Self::ask(self.inner.clone()))
    }

    async fn too_late(&self, cx: &Context) {
        let deadline = cx.deadline().expect("its caller has one");
        tokio::time::sleep_until(deadline.into()).await;
        let error = self.inner.seen().await.expect_err("there is no time");
        let _ = self.too_late.send(error);
    }
}

/// Servers of both, a client of the outer one, and the outcomes of calls that came too late.
struct Chain {
    _servers: [amqp_rpc::RunningServer; 2],
    client: Client,
    outer: OuterClient,
    too_late: mpsc::UnboundedReceiver<CallError<amqp_rpc::contract::NoError>>,
}

async fn chain(vhost: &Vhost, to_inner: Client, outer: Server) -> Chain {
    let (sender, too_late) = mpsc::unbounded_channel();
    let asker =
        Arc::new(Asker { client: to_inner.clone(), inner: InnerClient::new(to_inner), too_late: sender });
    let inner = start(Server::new().service(InnerServer::new(Glass)), vhost).await;
    let outer = start(outer.service(OuterServer::from_arc(asker)), vhost).await;
    let client = connect(vhost).await;
    Chain { _servers: [inner, outer], outer: OuterClient::new(client.clone()), client, too_late }
}

/// A limit longer than any call here takes, and shorter than the 30 s timeout of these clients.
const LEFT: Duration = Duration::from_secs(10);
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

macro_rules! asked {
    ($call:expr) => {
        within("the answer", $call.timeout(LEFT).header("traceparent", TRACE)).await.unwrap()
    };
}

fn is_inherited((remaining, trace): &Seen) -> bool {
    remaining.is_some_and(|left| left <= 10_000) && trace.as_deref() == Some(TRACE)
}

fn is_its_own((remaining, trace): &Seen) -> bool {
    remaining.is_some_and(|left| left > 10_000) && trace.is_none()
}

#[tokio::test]
async fn a_call_made_while_another_is_served_inherits_its_deadline_and_its_trace() {
    let vhost = Vhost::create().await;
    let chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    let seen = asked!(chain.outer.directly());
    assert!(is_inherited(&seen), "{seen:?}");
    let seen = asked!(chain.outer.blocking());
    assert!(is_inherited(&seen), "a blocking method: {seen:?}");
    let (remaining, trace) = asked!(chain.outer.with_its_own());
    assert!(remaining.is_some_and(|left| left <= 2_000), "{remaining:?}");
    assert_eq!(trace.as_deref(), Some("its own"));
}

#[tokio::test]
async fn detached_and_spawned_calls_inherit_nothing_unless_put_in_scope() {
    let vhost = Vhost::create().await;
    let chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    let seen = asked!(chain.outer.detached());
    assert!(is_its_own(&seen), "{seen:?}");
    let seen = asked!(chain.outer.spawned());
    assert!(is_its_own(&seen), "{seen:?}");
    let seen = asked!(chain.outer.spawned_in_scope());
    assert!(is_inherited(&seen), "{seen:?}");
}

#[tokio::test]
async fn a_call_inherits_where_it_is_made_also_if_another_task_awaits_it() {
    let vhost = Vhost::create().await;
    let chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    let seen = asked!(chain.outer.made_and_spawned());
    assert!(is_inherited(&seen), "{seen:?}");
    let seen = asked!(chain.outer.made_by_name_and_spawned());
    assert!(is_inherited(&seen), "by name: {seen:?}");
    let seen = asked!(chain.outer.made_detached_and_spawned());
    assert!(is_its_own(&seen), "{seen:?}");
}

#[tokio::test]
async fn a_detached_client_inherits_nothing() {
    let vhost = Vhost::create().await;
    let detached = Client::builder().detached().timeout(Duration::from_secs(30)).connect(vhost.uri());
    let chain = chain(&vhost, detached.await.unwrap(), Server::new()).await;
    let seen = asked!(chain.outer.directly());
    assert!(is_its_own(&seen), "{seen:?}");
}

#[tokio::test]
async fn a_call_made_while_another_is_served_inherits_the_server_s_limit_as_well() {
    let vhost = Vhost::create().await;
    let limited = Server::new().handler_timeout(Duration::from_secs(5));
    let chain = chain(&vhost, connect(&vhost).await, limited).await;
    let (remaining, _) = asked!(chain.outer.directly());
    assert!(remaining.is_some_and(|left| left <= 5_000), "{remaining:?}");
}

#[tokio::test]
async fn a_call_whose_inherited_deadline_is_over_is_never_sent_and_not_retryable() {
    let vhost = Vhost::create().await;
    let mut chain = chain(&vhost, connect(&vhost).await, Server::new()).await;
    // The answer may come in the few milliseconds in which a timeout is not noticed yet.
    let _ = chain.outer.too_late().timeout(Duration::from_millis(100)).await;
    let error = within("the inner call to end", chain.too_late.recv()).await.unwrap();
    assert!(matches!(&error, CallError::Timeout(timeout) if timeout.is_inherited()), "{error}");
    assert_eq!(error.to_string(), "not sent: the deadline of the enclosing call is over");
    assert_eq!((error.execution(), error.is_retryable()), (Execution::Never, false));
    assert_eq!(chain.client.stats().in_flight, 0);
}
