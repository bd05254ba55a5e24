//! The requests of one-way methods: notifications and events.

use serde::{Deserialize, Serialize};

use super::{NoError, Request, Response};

/// The request of a `#[rpc(notify)]` method: a one-way message that one server processes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no notification",
    label = "its method is not marked `#[rpc(notify)]`"
)]
pub trait Notification: Request<Response = NoReply, Error = NoError> {}

/// The request of a `#[rpc(event)]` method: a one-way message that every group of subscribers receives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "its method is not marked `#[rpc(event)]`"
)]
pub trait Event: Request<Response = NoReply, Error = NoError> {}

/// The response type of one-way messages. It travels, as `null`, only if a foreign client asks for a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoReply(());

impl Response for NoReply {
    type Value = ();

    fn from_value((): ()) -> Self {
        Self(())
    }

    fn into_value(self) {}
}
