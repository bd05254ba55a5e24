//! Methods that are deduplicated and have a lock: they run on when their connection is lost, and hold it to their end.

use amqp_rpc::{Client, Server, idempotency::MemoryStore, rpc_service};
use futures_util::future::join;

use crate::{
    services::{Gatekeeper, connect, until_epoch},
    support::{
        Proxy, Vhost, await_until,
        intervals::{Intervals, overlaps},
        within,
    },
};

#[rpc_service]
trait Payouts {
    #[rpc(deduplicate, lock = "account")]
    async fn pay(&self, account: u64, tag: u64) -> u64;
}

struct Cashier {
    gate: Gatekeeper,
    intervals: Intervals,
}

impl Payouts for Cashier {
    async fn pay(&self, account: u64, tag: u64) -> u64 {
        let _running = self.intervals.begin(account, tag);
        self.gate.wait().await;
        tag
    }
}

#[tokio::test]
async fn a_deduplicated_method_holds_its_lock_after_its_connection_is_lost() {
    let vhost = Vhost::create().await;
    let (gate, intervals) = (Gatekeeper::closed(), Intervals::new());
    let cashier = Cashier { gate: gate.clone(), intervals: intervals.clone() };
    let server = Server::new().service(PayoutsServer::new(cashier)).idempotency_store(MemoryStore::new());
    let proxy = Proxy::start(&vhost.uri()).await;
    let server = server.start(proxy.uri()).await.unwrap();
    let client: Client = connect(&vhost).await;
    let payouts = PayoutsClient::new(client);
    let first = tokio::spawn(payouts.pay(1, 1));
    gate.until_running(1).await;
    proxy.cut();
    until_epoch(&server, 2).await;
    await_until("its request came again, and is parked", || async { server.stats().parked_calls == 1 }).await;
    let second = tokio::spawn(payouts.pay(1, 2));
    await_until("another of its key is parked as well", || async { server.stats().parked_calls == 2 }).await;
    gate.open_for(2);
    let (first, second) = within("the replies", join(first, second)).await;
    assert_eq!((first.unwrap().unwrap(), second.unwrap().unwrap()), (1, 2));
    assert_eq!((intervals.order_of(1), overlaps(&intervals.all())), (vec![1, 2], vec![]));
}
