//! A method with a lock, as its server reads the keys of its requests.

use std::fmt;

use amqp_rpc_contract::contract::MethodDef;

use crate::message::{Fault, IncomingCall};

/// A method with a lock, and how the key of its requests is read. Generated code makes it.
#[derive(Clone, Copy)]
pub struct LockedMethod {
    pub(crate) method: &'static MethodDef,
    /// `None`: the whole method is locked, whatever the request.
    pub(crate) read_key: Option<ReadKey>,
}

/// Decodes a request, and returns its key.
pub(crate) type ReadKey = fn(&IncomingCall) -> Result<String, Fault>;

impl fmt::Debug for LockedMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockedMethod").field("method", &self.method.full_name).finish_non_exhaustive()
    }
}
