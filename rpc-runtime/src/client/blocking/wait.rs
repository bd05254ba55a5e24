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

/// Waits for calls, notifications, events and untyped calls that were made through a [`blocking::Client`](super::Client).
///
/// ```no_run
/// # use amqp_rpc_runtime::{CallError, UntypedError, blocking::{Client, Wait}};
/// # fn run(client: Client) -> Result<(), CallError<UntypedError<serde_json::Value>>> {
/// # use std::time::Duration;
/// let call = client.handle().call_json("fib.compute", serde_json::json!({"n": 30}));
/// let value = call.timeout(Duration::from_secs(2)).wait()?;
/// # Ok(()) }
/// ```
pub trait Wait: Future + MadeByClient {
    /// Sends it, and blocks this thread until it has ended, within its timeout.
    ///
    /// # Errors
    /// Those that `.await` would bring; [`CallError::CannotBlock`], with nothing sent, inside an async runtime, and when the client it
    /// was made through is no blocking one.
    fn wait(self) -> Self::Output;
}

impl<F, T, E> Wait for F
where
    F: MadeByClient + Future<Output = Result<T, CallError<E>>>,
{
    fn wait(self) -> Result<T, CallError<E>> {
        may_block().map_err(CallError::CannotBlock)?;
        // Held until it has ended: its timer is in that runtime.
        let Some(Waiter(background)) = self.waiter() else {
            return Err(CallError::CannotBlock(CannotBlock::NoBlockingClient));
        };
        background.wait(self).map_err(CallError::CannotBlock)?
    }
}

/// What is made by a client and has not begun.
pub trait MadeByClient {
    #[doc(hidden)]
    fn waiter(&self) -> Option<Waiter>;
}

/// Who can wait for it.
#[derive(Debug)]
pub struct Waiter(Arc<Background>);

impl Waiter {
    pub(crate) fn of(session: &Session) -> Option<Self> {
        session.background().map(|background| Self(Arc::clone(background)))
    }
}
