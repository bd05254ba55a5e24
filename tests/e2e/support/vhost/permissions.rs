//! The permissions of a user, on either broker.

/// Permissions of a user: regular expressions over names of queues and exchanges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permissions<'a> {
    pub(crate) configure: &'a str,
    pub(crate) write: &'a str,
    pub(crate) read: &'a str,
}

impl Permissions<'_> {
    pub(crate) const ALL: Self = Self { configure: ".*", write: ".*", read: ".*" };
    pub(crate) const NONE: Self = Self { configure: "^$", write: "^$", read: "^$" };
}
