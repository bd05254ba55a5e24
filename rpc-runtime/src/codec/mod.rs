//! How values become bodies. JSON today; the content type names the codec, so that more can be added.

mod json;
mod unreadable;

pub(crate) use json::{CONTENT_TYPE, check, decode, encode};
