//! Repeats attempts to connect, until one succeeds or their time is over.

use std::{future::Future, time::Instant};

use super::{AttemptError, Backoff, connect};
use crate::{
    connection::Connection,
    error::chain,
    options::{ConnectOptions, FOREVER, Inbound},
};

/// Repeats attempts to connect until `prepare` succeeds.
///
/// Each attempt starts after a delay of `backoff` and ends within the options' timeout. `failed` is called
/// with every failure. Dropping the future cancels the attempt.
///
/// # Errors
/// The last failure, once the time of [`give_up_after`](ConnectOptions::give_up_after) is over.
pub async fn reconnect<T, E, F, P>(
    options: &ConnectOptions,
    inbound: &Inbound,
    backoff: &mut Backoff,
    failed: impl Fn(&E),
    mut prepare: F,
) -> Result<T, E>
where
    E: AttemptError,
    F: FnMut(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let started = Instant::now();
    loop {
        let left = options.give_up_after.map_or(FOREVER, |limit| limit.saturating_sub(started.elapsed()));
        tokio::time::sleep(backoff.next_delay().min(left)).await;
        let attempt = Instant::now();
        let error = match connect(options, inbound, &mut prepare).await {
            Ok(prepared) => return Ok(prepared),
            Err(error) => error,
        };
        failed(&error);
        backoff.attempt_failed(attempt.elapsed(), error.reached_broker());
        if options.give_up_after.is_some_and(|limit| started.elapsed() >= limit) {
            tracing::error!(error = %chain(&error), "reconnecting stops");
            return Err(error);
        }
        tracing::warn!(error = %chain(&error), "connecting to the broker failed; it is tried again");
    }
}

/// Makes the first connection, in one attempt or in as many as
/// [`wait_for_broker`](ConnectOptions::wait_for_broker) allows.
///
/// # Errors
/// The last failure. One that does not pass, such as a refused login, is not repeated.
pub async fn connect_first<T, E, F, P>(
    options: &ConnectOptions,
    inbound: &Inbound,
    mut prepare: F,
) -> Result<T, E>
where
    E: AttemptError,
    F: FnMut(Connection) -> P,
    P: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + options.wait_for_broker.min(FOREVER);
    let mut backoff = Backoff::new(options);
    loop {
        let attempt = Instant::now();
        let error = match connect(options, inbound, &mut prepare).await {
            Ok(prepared) => return Ok(prepared),
            Err(error) => error,
        };
        backoff.attempt_failed(attempt.elapsed(), error.reached_broker());
        let delay = backoff.next_delay();
        if !error.is_passing() || Instant::now() + delay >= deadline {
            return Err(error);
        }
        tracing::info!(error = %chain(&error), "the broker is not ready yet; connecting is tried again");
        tokio::time::sleep(delay).await;
    }
}
