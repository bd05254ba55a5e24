//! Waiting for one call, in place of `.await`.

use std::{future::Future, sync::Arc};

use amqp_rpc_transport::CannotBlock;

use crate::{
    client::session::{
        background::{Background, may_block},
        shared::Session,
    },
    error::CallError,
};

/// Waits for calls, notifications, events and untyped calls that were made through a
/// [`blocking::Client`](super::Client).
///
/// ```no_run
/// # use amqp_rpc_runtime::{CallError, client::blocking::{Client, Wait}, error::UntypedError};
/// # fn run(client: Client) -> Result<(), CallError<UntypedError<serde_json::Value>>> {
/// # use std::time::Duration;
/// let call = client.handle().call_json("fib.compute", serde_json::json!({"n": 30}));
/// let value = call.timeout(Duration::from_secs(2)).wait()?;
/// # Ok(()) }
/// ```
pub trait Wait: Future + MadeByClient {
    /// Sends it, and blocks this thread until it ends, within its timeout.
    ///
    /// # Errors
    /// Those of `.await`; [`CallError::CannotBlock`], with nothing sent, inside an async runtime, and when it
    /// was not made through a blocking client.
    fn wait(self) -> Self::Output;
}

impl<F, T, E> Wait for F
where
    F: MadeByClient + Future<Output = Result<T, CallError<E>>>,
{
    fn wait(self) -> Result<T, CallError<E>> {
        may_block().map_err(CallError::CannotBlock)?;
        // Held until the future ends: its timer is in that runtime.
        let Some(Waiter(background)) = self.waiter() else {
            return Err(CallError::CannotBlock(CannotBlock::NoBlockingClient));
        };
        background.wait(self).map_err(CallError::CannotBlock)?
    }
}

/// Made by a client, and not sent yet.
pub trait MadeByClient {
    #[doc(hidden)]
    fn waiter(&self) -> Option<Waiter>;
}

/// The runtime of a blocking client, which waits.
#[derive(Debug)]
pub struct Waiter(Arc<Background>);

impl Waiter {
    pub(crate) fn of(session: &Session) -> Option<Self> {
        session.background().map(|background| Self(Arc::clone(background)))
    }
}
