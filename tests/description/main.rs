//! What a contract says of itself: the descriptions of services, and the schemas in them.

mod docs;
mod everything;
mod guide;
mod schemas;
