//! Deduplicated methods of clients in process.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use amqp_rpc::{CallError, Client, FaultCode, idempotency::MemoryStore, rpc_service};

#[rpc_service]
trait Orders {
    #[rpc(deduplicate)]
    async fn place(&self, item: String) -> u64;
}

#[derive(Clone, Default)]
struct Shop(Arc<AtomicU64>);

impl Orders for Shop {
    async fn place(&self, _: String) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[tokio::test]
async fn a_deduplicated_method_is_deduplicated_in_process_too() {
    let shop = Shop::default();
    let orders = OrdersClient::new(Client::in_process(OrdersServer::new(shop.clone())));
    let place = |item: &str| orders.place(item.into()).idempotency_key("basket 1");
    assert_eq!(place("tea").await.unwrap(), 1);
    assert_eq!(place("tea").await.unwrap(), 1);
    let error = place("coffee").await.unwrap_err();
    assert!(matches!(&error, CallError::Fault(fault) if *fault.code() == FaultCode::BadRequest), "{error:?}");
    assert_eq!(orders.place("tea".into()).await.unwrap(), 2, "another key");
    assert_eq!(shop.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn clients_in_process_may_share_a_store() {
    let (shop, store) = (Shop::default(), MemoryStore::new());
    for _ in 0..2 {
        let client = Client::builder().in_process().service(OrdersServer::new(shop.clone()));
        let client = client.idempotency_store(store.clone()).build().unwrap();
        let placed = OrdersClient::new(client).place("tea".into()).idempotency_key("basket 1").await;
        assert_eq!(placed.unwrap(), 1);
    }
}
