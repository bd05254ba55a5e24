//! The broker of an example: yours, if `AMQP_URL` names it, otherwise one embedded in the example's process.

use amqp_rpc_broker::{Broker, StartError};

/// Keep it until the end: dropping it stops the embedded broker.
#[derive(Debug)]
pub(crate) struct BrokerToUse {
    url: String,
    embedded: Option<Broker>,
}

impl BrokerToUse {
    /// Uses the broker of `AMQP_URL`, or starts one, and prints which on standard error.
    pub(crate) async fn find_or_start() -> Result<Self, StartError> {
        if let Ok(url) = std::env::var("AMQP_URL") {
            eprintln!("broker: yours at {} (AMQP_URL)", without_credentials(&url));
            return Ok(Self { url, embedded: None });
        }
        let broker = Broker::start().await?;
        let url = broker.uri();
        eprintln!("broker: embedded, {url} (set AMQP_URL to use yours)");
        Ok(Self { url, embedded: Some(broker) })
    }

    /// The broker's AMQP address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops the embedded broker for a moment, or waits until you have restarted yours.
    #[allow(dead_code, reason = "only one example does so")]
    pub(crate) async fn interrupt(&self) -> Result<(), StartError> {
        match &self.embedded {
            Some(broker) => broker.restart().await,
            None => {
                eprintln!("broker: restart yours now, or close its connections");
                Ok(())
            }
        }
    }

    /// Whether it ends with this process.
    #[allow(dead_code, reason = "only examples of several processes ask")]
    pub(crate) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }
}

/// The part of an address that may be printed: passwords are before its last `@`.
fn without_credentials(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = after_scheme.rsplit_once('@').map_or(after_scheme, |(_, place)| place);
    place.split('?').next().unwrap_or(place)
}
