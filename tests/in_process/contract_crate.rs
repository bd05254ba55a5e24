//! A contract whose crate depends on `amqp-rpc` without its default features. This program has them.

use std::sync::atomic::{AtomicU32, Ordering};

use amqp_rpc::{Bytes, CallError, Client, Context};
use amqp_rpc_example_contract::{
    Pieces, Stock, StockClient, StockDelivered, StockError, StockServer, StockTakeRequest,
};

struct Shelf(AtomicU32);

impl Stock for Shelf {
    async fn take(&self, cx: &Context, pieces: Pieces) -> Result<u32, StockError> {
        assert_eq!(cx.method(), StockTakeRequest::METHOD);
        let take = |left: u32| left.checked_sub(pieces.count);
        match self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(before) => Ok(before - pieces.count),
            Err(left) => Err(StockError::TooFew { left }),
        }
    }

    async fn picture(&self, article: String) -> Bytes {
        article.into()
    }

    fn recount(&self, _: String) {
        self.0.fetch_add(100, Ordering::Relaxed);
    }

    async fn delivered(&self, pieces: Pieces) {
        self.0.fetch_add(pieces.count, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_contract_of_types_only_has_client_and_server_where_the_runtime_is_built() {
    let stock = StockClient::new(Client::in_process(StockServer::new(Shelf(5.into()))));
    let tea = |count| Pieces { article: "tea".to_owned(), count };
    assert_eq!(stock.take(tea(2)).await.unwrap(), 3);
    let error = stock.take(tea(4)).await.unwrap_err();
    assert!(matches!(error, CallError::Method(StockError::TooFew { left: 3 })), "{error}");
    assert_eq!(stock.picture("tea".to_owned()).await.unwrap(), Bytes::from("tea"));
    stock.recount("tea".to_owned()).await.unwrap();
    stock.delivered(tea(7)).await.unwrap();
    assert_eq!(stock.take(tea(100)).await.unwrap(), 10);
    assert_eq!(StockDelivered::METHOD.full_name, "stock.delivered");
}
