//! Connecting again and again, until it works or is given up.

use std::{future::Future, time::Instant};

use super::{Backoff, connect};
use crate::{
    connection::Connection,
    error::{ConnectError, chain},
    options::{ConnectOptions, FOREVER, Inbound},
};

/// Connects until `prepare` succeeds, each attempt within the options' timeout and after a delay of `backoff`; `failed` hears of
/// every failure. Dropping the future abandons the attempt.
///
/// # Errors
/// The last failure, once the options' [`give_up_after`](ConnectOptions::give_up_after) is over.
pub async fn reconnect<T, E, F, P>(
    options: &ConnectOptions,
    inbound: &Inbound,
    backoff: &mut Backoff,
    failed: impl Fn(&E),
    mut prepare: F,
) -> Result<T, E>
where
    E: From<ConnectError> + std::error::Error,
    F: FnMut(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let started = Instant::now();
    loop {
        let left =
            options.give_up_after.map_or(FOREVER, |patience| patience.saturating_sub(started.elapsed()));
        tokio::time::sleep(backoff.next_delay().min(left)).await;
        let error = match connect(options, inbound, &mut prepare).await {
            Ok(prepared) => return Ok(prepared),
            Err(error) => error,
        };
        failed(&error);
        if options.give_up_after.is_some_and(|patience| started.elapsed() >= patience) {
            tracing::error!(error = %chain(&error), "the broker is given up");
            return Err(error);
        }
        tracing::warn!(error = %chain(&error), "the broker cannot be reached, and is tried again");
    }
}

/// The first connection: one attempt, or as many as the options' [`wait_for_broker`](ConnectOptions::wait_for_broker) allows.
///
/// # Errors
/// The last failure. What another attempt cannot mend, such as a refused login, is returned at once.
pub async fn connect_first<T, E, F, P>(
    options: &ConnectOptions,
    inbound: &Inbound,
    is_passing: impl Fn(&E) -> bool,
    mut prepare: F,
) -> Result<T, E>
where
    E: From<ConnectError> + std::error::Error,
    F: FnMut(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let until = Instant::now() + options.wait_for_broker.min(FOREVER);
    let mut backoff = Backoff::default();
    loop {
        let error = match connect(options, inbound, &mut prepare).await {
            Ok(prepared) => return Ok(prepared),
            Err(error) => error,
        };
        let delay = backoff.next_delay();
        if !is_passing(&error) || Instant::now() + delay >= until {
            return Err(error);
        }
        tracing::info!(error = %chain(&error), "the broker is not there yet, and is waited for");
        tokio::time::sleep(delay).await;
    }
}
