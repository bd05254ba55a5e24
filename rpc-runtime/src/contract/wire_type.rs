//! The types that can travel in a message.

use serde::{Serialize, de::DeserializeOwned};

/// A type that can travel in a request or a reply.
///
/// Implemented for everything that is `Serialize + DeserializeOwned + Send + 'static`; it exists so that a missing derive
/// is reported by one sentence about the user's own type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel over the wire",
    label = "needs `serde::Serialize` and `serde::Deserialize`, and must be `Send + 'static`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to `{Self}`, or take an owned type that has both"
)]
pub trait WireType: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> WireType for T {}
