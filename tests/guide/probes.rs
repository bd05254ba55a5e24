use amqp_rpc::connect::ConnectionState;

/// `GET /readyz`: whether it can serve or call now, and why not.
pub fn ready(state: &ConnectionState) -> (u16, String) {
    (if state.is_ready() { 200 } else { 503 }, state.to_string())
}

/// `GET /livez`: whether it should be started again.
pub fn alive(state: &ConnectionState) -> (u16, String) {
    (if state.is_closed() { 503 } else { 200 }, state.to_string())
}

#[cfg(test)]
mod tests {
    use amqp_rpc::Client;
    use amqp_rpc_broker::Broker;

    use super::*;

    #[tokio::test]
    async fn a_program_that_ends_is_first_not_ready_and_then_not_alive()
    -> Result<(), Box<dyn std::error::Error>> {
        let broker = Broker::start().await?;
        let client = Client::connect(broker.uri()).await?;
        let (code, text) = ready(&client.state());
        assert!(code == 200 && text.starts_with("ready, connection 1"), "{text}");
        assert_eq!(alive(&client.state()).0, 200);

        drop(broker);
        let mut states = client.state_changes();
        while ready(&states.current()).0 == 200 {
            states.changed().await;
        }
        assert_eq!(alive(&client.state()).0, 200, "it reconnects");
        client.close().await;
        assert_eq!([ready(&client.state()).0, alive(&client.state()).0], [503, 503]);
        Ok(())
    }
}
