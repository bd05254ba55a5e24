//! Codecs encode values as bodies and decode them: JSON, MessagePack, CBOR, or a custom format. Compression
//! as well.
//!
//! JSON is the default and always available. The features `msgpack` and `cbor` add MessagePack and CBOR.
//! Implement [`Codec`] for any other serde format.
//!
//! A client chooses the codec of its requests with
//! [`ClientBuilder::codec`](crate::client::ClientBuilder::codec),
//! [`CallOptions::codec`](crate::CallOptions::codec) or [`Call::codec`](crate::Call::codec). A server reads a
//! body with the codec of its content type, and replies with the codec of the request. Custom codecs are
//! added to a server with [`Server::codec`](crate::Server::codec).
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
pub(crate) use encoding::InflateError;
pub(crate) use media::for_content_type;
pub(crate) use unreadable::Malformed;
pub(crate) use unsupported::UnsupportedMedia;

/// The content type of raw bytes.
pub(crate) const RAW: &str = "application/octet-stream";
