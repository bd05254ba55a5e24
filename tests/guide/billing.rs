use amqp_rpc::{RunningServer, Server, Subscription};
use tokio::sync::mpsc;

use crate::orders_api::{Order, OrderNews, OrderNewsPlaced, OrderNewsServer};

pub struct Bills {
    written: mpsc::UnboundedSender<String>,
}

impl OrderNews for Bills {
    async fn placed(&self, order: Order) {
        // Ends with the program that reads it.
        let _ = self.written.send(format!("{}: {} cents", order.item, order.cents));
    }
}

/// Starts the service. Of each event one process of the group `billing` gets one copy.
pub async fn start(
    broker: &str,
    written: mpsc::UnboundedSender<String>,
) -> Result<RunningServer, Box<dyn std::error::Error>> {
    let placed = Subscription::group("billing").to::<OrderNewsPlaced>(["shop"]);
    Ok(Server::new().subscribe(OrderNewsServer::new(Bills { written }), placed).start(broker).await?)
}

#[cfg(test)]
mod tests {
    use amqp_rpc::Client;
    use amqp_rpc_broker::Broker;

    use super::*;
    use crate::orders_api::OrdersClient;

    #[tokio::test]
    async fn a_bill_is_written_for_each_order() -> Result<(), Box<dyn std::error::Error>> {
        let broker = Broker::start().await?;
        let (sender, mut bills) = mpsc::unbounded_channel();
        let _billing = start(&broker.uri(), sender).await?;
        let _orders = crate::orders::start(&broker.uri()).await?;
        let orders = OrdersClient::new(Client::connect(broker.uri()).await?);

        orders.place("tea".into()).await?;
        assert_eq!(bills.recv().await.as_deref(), Some("tea: 250 cents"));
        Ok(())
    }
}
