//! The writing half of a client's socket.

use tokio::{io::AsyncWrite, net::tcp::OwnedWriteHalf};

/// The writing half of a socket that can also be reset.
pub(crate) trait Sink: AsyncWrite + Send + Unpin {
    /// Closes the socket with a reset: what is not sent yet is lost, and the client's next read fails.
    fn abort(self);
}

impl Sink for OwnedWriteHalf {
    fn abort(self) {
        // When linger cannot be set, the socket is closed normally, which ends the connection as well.
        let _ = self.as_ref().set_zero_linger();
        // Dropping it would shut the stream down first.
        self.forget();
    }
}
