//! How the bodies of requests are written, and those of replies read.

use std::sync::Arc;

use super::ClientBuilder;
use crate::{
    codec::{AnyCodec, Compression},
    dialect::ClientDialect,
};

impl ClientBuilder {
    /// The codec that requests are written in, and with them replies; see [`codec`](crate::codec). Default:
    /// JSON, which every server reads. A server that does not read the codec answers
    /// `unsupported_media_type`. Replies are read in all codecs that this crate was compiled with.
    pub fn codec(mut self, codec: impl Into<AnyCodec>) -> Self {
        self.codec = codec.into();
        self
    }

    /// Calls methods where a peer of another framework serves them, such as a nameko service; see
    /// [`dialect`](crate::dialect). It sets the [codec](Self::codec) of requests as well. Default: the protocol of this
    /// library.
    ///
    /// All calls and notifications of the client are made in the dialect; what it cannot say fails with `Encode`. A
    /// dialect has neither coalescing, compression, a namespace nor events: [`connect`](Self::connect) refuses these
    /// options. Call services of this library by another client.
    pub fn dialect(mut self, dialect: impl ClientDialect) -> Self {
        self.codec = dialect.codec();
        self.dialect = Some(Arc::new(dialect));
        self
    }

    /// Compresses requests, notifications and events, and accepts compressed replies, which the server
    /// decides on: [`Server::compression`](crate::Server::compression). Default: no compression. Receivers
    /// must read the encoding; servers of this library do so with its feature.
    ///
    /// Replies that are compressed are read in any case; inflated they may have no more than
    /// [`max_reply_bytes`](Self::max_reply_bytes).
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// The keys of the [`Secret`](crate::Secret)s in requests and replies. Default: none, and a call with a
    /// secret fails with `Encode`, one whose reply has a secret with `Decode`.
    #[cfg(feature = "secrets")]
    pub fn keyring(mut self, keyring: crate::secrets::Keyring) -> Self {
        self.secrets = keyring.into();
        self
    }
}
