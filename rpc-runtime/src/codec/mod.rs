//! How values become bodies: a codec for each content type.
//!
//! JSON is what everybody speaks, so it is the default and the only one that is always there. MessagePack and CBOR come with the features
//! `msgpack` and `cbor`, others by implementing [`Codec`]. A client chooses: [`ClientBuilder::codec`](crate::ClientBuilder::codec),
//! [`CallOptions::codec`](crate::CallOptions::codec), [`Call::codec`](crate::Call::codec). A server reads all that it has, and answers in
//! the codec of the request; those of others it is given by [`Server::codec`](crate::Server::codec).
//!
//! ```
//! # #[cfg(feature = "msgpack")] {
//! # extern crate amqp_rpc_runtime as amqp_rpc;
//! use amqp_rpc::{Client, codec::MessagePack};
//!
//! let builder = Client::builder().codec(MessagePack);
//! # let _ = builder; }
//! ```

mod any;
#[cfg(feature = "cbor")]
mod cbor;
mod compression;
mod custom;
mod encoding;
mod json;
mod media;
#[cfg(feature = "msgpack")]
mod message_pack;
#[cfg(test)]
mod tests;
mod unreadable;
mod unsupported;
#[cfg(feature = "zstd")]
mod zstd_window;

pub use any::AnyCodec;
#[cfg(feature = "cbor")]
pub use any::Cbor;
pub use any::Json;
#[cfg(feature = "msgpack")]
pub use any::MessagePack;
pub use compression::Compression;
pub use custom::{Codec, CodecError, Decoding, Encodable};
pub use encoding::Encoding;
pub(crate) use encoding::Uninflatable;
pub(crate) use media::spoken;
pub(crate) use unreadable::Malformed;
pub(crate) use unsupported::UnsupportedMedia;

/// The content type of raw bytes.
pub(crate) const RAW: &str = "application/octet-stream";
