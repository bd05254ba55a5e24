use amqp_rpc::{CallError, Execution, contract::NoError};

use crate::orders_api::{Order, OrdersClient, OrdersError};

/// `POST /orders`: the status, and what the body says.
pub async fn place(orders: &OrdersClient, item: String) -> (u16, String) {
    match orders.place(item).fail_fast().await.map_err(CallError::into_method) {
        Ok(Order { number, .. }) => (201, format!("order {number}")),
        Err(Ok(error @ OrdersError::SoldOut { .. })) => (409, error.to_string()),
        Err(Ok(error)) => (404, error.to_string()),
        Err(Err(failure)) => refused(&failure),
    }
}

/// What a caller of the gateway has to know of a call that did not work, of whatever method: whether it may try
/// again.
fn refused(error: &CallError<NoError>) -> (u16, String) {
    match error.execution() {
        // It did not run. 503 with Retry-After, if trying again may help.
        Execution::Never if error.is_retryable() => (503, "try again later".into()),
        Execution::Never => (500, "the shop does not take this order".into()),
        // It may have run: say so, and do not try again by yourself.
        _ => (504, "the order may have been placed".into()),
    }
}

#[cfg(test)]
mod tests {
    use amqp_rpc::Client;
    use amqp_rpc_broker::{
        Broker,
        faults::{Action, Matcher, Method},
    };

    use super::*;

    #[tokio::test]
    async fn where_nobody_serves_the_caller_may_try_again() -> Result<(), Box<dyn std::error::Error>> {
        let broker = Broker::start().await?;
        let orders = OrdersClient::new(Client::connect(broker.uri()).await?);
        assert_eq!(place(&orders, "tea".into()).await.0, 503);
        Ok(())
    }

    #[tokio::test]
    async fn each_outcome_has_its_status() -> Result<(), Box<dyn std::error::Error>> {
        let broker = Broker::start().await?;
        let _server = crate::orders::start(&broker.uri()).await?;
        let orders = OrdersClient::new(Client::connect(broker.uri()).await?);
        assert_eq!(place(&orders, "tea".into()).await, (201, "order 1".into()));
        assert_eq!(place(&orders, "unicorn".into()).await, (409, "unicorn is sold out".into()));

        let _lost = broker.on(Matcher::from_client(Method::BasicPublish).exchange("").nth(1), Action::Drop);
        assert_eq!(place(&orders, "tea".into()).await.0, 504, "the reply is lost");
        Ok(())
    }
}
