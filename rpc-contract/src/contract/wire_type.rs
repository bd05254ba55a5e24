//! The types that can travel in a message.

use serde::{Serialize, de::DeserializeOwned};

/// A type that can travel in a request or a reply.
///
/// Implemented for every type that is `Serialize + DeserializeOwned + Send + 'static`. The trait exists so
/// that the compiler reports a missing derive in one sentence about the user's type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel over the wire",
    label = "needs `serde::Serialize` and `serde::Deserialize`, and must be `Send + 'static`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`, or take an owned type that has both"
)]
pub trait WireType: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> WireType for T {}
