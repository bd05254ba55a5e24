//! How soon this library's callers hear of failure: calls that nobody serves, and calls that are not answered in time.

use std::time::{Duration, Instant};

use amqp_rpc::{CallError, Client};
use tokio::task::JoinSet;

use crate::{
    Failure,
    options::Plan,
    report,
    variant::{EchoClient, UnservedClient},
};

const CALLS: u32 = 200;

/// Needs the server of [`Variant::AmqpRpc`](crate::variant::Variant::AmqpRpc).
pub(crate) async fn measure(plan: &Plan) -> Result<(), Failure> {
    let client = Client::connect(&plan.url).await?;
    report::edge("unroutable call, one after the other: latency", &unroutable(&client).await?);
    report::edge("timeouts of 50 to 250 ms, all at once: lateness", &timeouts(&client).await?);
    client.close().await;
    Ok(())
}

async fn unroutable(client: &Client) -> Result<Vec<Duration>, Failure> {
    let unserved = UnservedClient::new(client.clone());
    let mut latencies = Vec::new();
    for _ in 0..CALLS {
        let begin = Instant::now();
        match unserved.ask().await {
            Err(CallError::Unroutable(_)) => latencies.push(begin.elapsed()),
            other => return Err(format!("a call that nobody serves ended with {other:?}").into()),
        }
    }
    Ok(latencies)
}

async fn timeouts(client: &Client) -> Result<Vec<Duration>, Failure> {
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let patience = Duration::from_millis(u64::from(50 + number));
        let call = EchoClient::new(client.clone()).dawdle().timeout(patience);
        calls.spawn(async move {
            let begin = Instant::now();
            (call.await, begin.elapsed().saturating_sub(patience))
        });
    }
    let mut lateness = Vec::new();
    while let Some(call) = calls.join_next().await {
        match call? {
            (Err(CallError::Timeout(_)), late) => lateness.push(late),
            (other, _) => return Err(format!("a call without answer ended with {other:?}").into()),
        }
    }
    Ok(lateness)
}
