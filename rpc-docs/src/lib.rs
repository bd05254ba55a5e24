//! Documents of services, made from their descriptions ([`amqp_rpc_contract::description`]).
//!
//! * [`asyncapi::asyncapi`] writes an AsyncAPI document of one or several services, and [`asyncapi::read`] reads it
//!   back.
//! * [`json_schema::of_method`] writes a JSON Schema that stands alone, and [`json_schema::head`] one of everything.
//! * [`check::request`] says whether a body fits the schema of its method.
//! * [`sample::Samples`] makes up values that obey a schema, and templates to fill in.
//! * [`page::html`] writes a page for people, as one HTML file.
//! * `server::DocsServer`, with the feature `server`, serves this page, and calls methods from it if it is asked to.
//! * [`compatibility::compare`] says whether two versions understand each other.
//!
//! Nothing here connects to a broker; the server calls with a client that it is given. Functions that take documents
//! from outside end on hostile ones as well: their work is bounded.
//!
//! Modules import one way, each only from those before it: `schema`, `asyncapi`, `check`, `json_schema` and `sample`,
//! `compatibility` and `page`, `server`.

pub mod asyncapi;
pub mod check;
pub mod compatibility;
pub mod json_schema;
pub mod page;
pub mod sample;
mod schema;
#[cfg(feature = "server")]
pub mod server;
