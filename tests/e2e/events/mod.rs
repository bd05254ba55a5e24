//! Events as their subscribers see them: groups that share events, listeners that each get a copy.

mod delivery;
mod durability;
mod failures;
mod handlers;
mod interop;
mod permissions;
mod refused_subscriptions;
mod subscribing;

use std::{fmt, sync::Arc};

use amqp_rpc::{Context, RunningServer, Server, Subscription, rpc_service};
use tokio::sync::mpsc;

use crate::{
    services::Gatekeeper,
    support::{Vhost, within},
};

#[rpc_service]
trait Prices {
    /// 13 fails, 666 panics, 7 waits at the gate.
    #[rpc(event)]
    async fn changed(&self, price: u64, #[rpc(context)] cx: &Context) -> Result<(), Unlucky>;
    #[rpc(event, at_most_once)]
    async fn closed(&self, #[rpc(context)] cx: &Context);
    async fn current(&self) -> u64;
}

#[derive(Debug)]
struct Unlucky;

impl fmt::Display for Unlucky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("thirteen is not traded")
    }
}

/// Sends what it receives to the test.
#[derive(Clone)]
struct Broker {
    name: &'static str,
    seen: mpsc::UnboundedSender<(&'static str, String)>,
    gate: Gatekeeper,
}

impl Prices for Broker {
    async fn changed(&self, price: u64, cx: &Context) -> Result<(), Unlucky> {
        if price == 7 {
            self.gate.wait().await;
        }
        assert_ne!(price, 666, "the number of the beast");
        if price == 13 {
            return Err(Unlucky);
        }
        self.report(&format!("{price} {}", cx.topic().unwrap_or("-")));
        Ok(())
    }

    async fn closed(&self, cx: &Context) {
        self.report(&format!("closed {}", cx.topic().unwrap_or("-")));
    }

    async fn current(&self) -> u64 {
        42
    }
}

impl Broker {
    fn report(&self, what: &str) {
        // The test may have ended already.
        let _ = self.seen.send((self.name, what.to_owned()));
    }
}

/// Everything that the subscribers of a test receive.
struct Received {
    sender: mpsc::UnboundedSender<(&'static str, String)>,
    receiver: mpsc::UnboundedReceiver<(&'static str, String)>,
    gate: Gatekeeper,
}

impl Received {
    fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { sender, receiver, gate: Gatekeeper::closed() }
    }

    /// A handler that reports under this name.
    fn by(&self, name: &'static str) -> PricesServer<Broker> {
        let broker = Broker { name, seen: self.sender.clone(), gate: self.gate.clone() };
        PricesServer::from_arc(Arc::new(broker))
    }

    /// The next `count`, in alphabetical order.
    async fn next(&mut self, count: usize) -> Vec<String> {
        let mut seen = Vec::new();
        for _ in 0..count {
            let (name, what) =
                within("an event", self.receiver.recv()).await.expect("the test holds a sender");
            seen.push(format!("{name}: {what}"));
        }
        seen.sort();
        seen
    }

    /// Everything before the event `closed {topic}`, which is the last that was published.
    async fn until_closed(&mut self, topic: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let (_, what) = within("an event", self.receiver.recv()).await.expect("the test holds a sender");
            if what == format!("closed {topic}") {
                return seen;
            }
            seen.push(what);
        }
    }
}

fn everything(subscription: Subscription) -> Subscription {
    subscription.to_all::<PricesChanged>().to_all::<PricesClosed>()
}

/// A server with this one subscription.
async fn subscribe(
    vhost: &Vhost,
    handler: PricesServer<Broker>,
    subscription: Subscription,
) -> RunningServer {
    crate::services::start(Server::new().subscribe(handler, subscription), vhost).await
}
