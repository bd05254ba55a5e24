use std::sync::Mutex;

use amqp_rpc::{Client, RunningServer, Server};

use crate::orders_api::{Order, OrderNewsClient, Orders, OrdersError, OrdersServer};

pub struct Desk {
    news: OrderNewsClient,
    orders: Mutex<Vec<Order>>,
}

impl Orders for Desk {
    async fn place(&self, item: String) -> Result<Order, OrdersError> {
        if item == "unicorn" {
            return Err(OrdersError::SoldOut { item });
        }
        let order = {
            let mut orders = self.orders.lock().expect("no order panics");
            let order = Order { number: orders.len() as u64 + 1, item, cents: 250 };
            orders.push(order.clone());
            order
        };
        // The order stands, whether or not the news can be told.
        if let Err(error) = self.news.placed(order.clone()).topic("shop").await {
            eprintln!("order {} was not announced: {error}", order.number);
        }
        Ok(order)
    }

    async fn get(&self, number: u64) -> Result<Order, OrdersError> {
        let orders = self.orders.lock().expect("no order panics");
        orders.iter().find(|order| order.number == number).cloned().ok_or(OrdersError::Missing { number })
    }
}

/// Starts the service. `main` adds `.run_until(signal)`, as the example `fib_server` does.
pub async fn start(broker: &str) -> Result<RunningServer, Box<dyn std::error::Error>> {
    let news = OrderNewsClient::new(Client::connect(broker).await?);
    let desk = Desk { news, orders: Mutex::default() };
    Ok(Server::new().service(OrdersServer::new(desk)).concurrency(16).start(broker).await?)
}

#[cfg(test)]
mod tests {
    use amqp_rpc::CallError;
    use amqp_rpc_broker::Broker;

    use super::*;
    use crate::orders_api::OrdersClient;

    #[tokio::test]
    async fn an_order_that_was_placed_is_found() -> Result<(), Box<dyn std::error::Error>> {
        let broker = Broker::start().await?;
        let _server = start(&broker.uri()).await?;
        let orders = OrdersClient::new(Client::connect(broker.uri()).await?);

        let order = orders.place("tea".into()).await?;
        assert_eq!(orders.get(order.number).await?, order);
        let missing = orders.get(7).await;
        assert!(matches!(missing, Err(CallError::Method(OrdersError::Missing { number: 7 }))));
        Ok(())
    }
}
