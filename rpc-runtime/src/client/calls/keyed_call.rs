//! The idempotency key of a call.

use super::call::Call;
use crate::contract::Request;

impl<R: Request> Call<R> {
    /// Sets the idempotency key: the same in all repetitions of this call, and in no other. A later key replaces an
    /// earlier one.
    ///
    /// It travels as `message_id`, and the method sees it in
    /// [`Context::idempotency_key`](crate::Context::idempotency_key). A server answers a repeat of a
    /// `#[rpc(deduplicate)]` method, which has the key of an earlier one, with the reply of that one. Use a key that
    /// is stored with what the call is for, such as the number of an order and the step, and the call can be
    /// repeated after a restart of this program. Other programs must not be able to guess it, where they must not
    /// see the reply.
    ///
    /// Default: calls of `deduplicate` methods, notifications and events have a random UUID, which is the same
    /// however often this call is sent; calls of other methods have none. Whether a call is repeated is not changed
    /// by its key.
    ///
    /// A key that is empty or has more than 255 bytes fails with `Encode`, and nothing is sent.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        if let Some(call) = self.unsent_mut() {
            call.set_key(key.into().into());
        }
        self
    }

    /// The idempotency key, for the log or for a later repetition: that which was set, or of a `deduplicate` method
    /// the one that was generated. `None` for other methods without a key, and once the call was polled.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.unsent()?.key()
    }
}
