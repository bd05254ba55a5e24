//! A page that documents services: one HTML file that needs nothing else.
//!
//! Everything is in the HTML. The script filters the methods, copies commands, switches the colours and sends what
//! *try it* asks for; without it the page is complete. Nothing is fetched from elsewhere, and the policy of the page
//! ([CSP](https://www.w3.org/TR/CSP3/)) allows no style and no script but those that are written into it.
//!
//! A description may come from outside. All of its text is escaped; long texts, large schemas and long lists are
//! cut, and the page says so.

mod body;
mod command;
mod example;
mod field;
mod json;
mod layout;
mod limits;
mod markdown;
mod method;
mod policy;
mod scope;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod wire;

use std::collections::HashSet;

use amqp_rpc_contract::description::ServiceDescription;

#[cfg(feature = "server")]
pub(crate) use self::policy::policy;
use crate::asyncapi::Info;

/// What is in a page beside the services.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras<'a> {
    /// Where the AsyncAPI document is, as the page sees it.
    pub(crate) asyncapi: Option<&'a str>,
    /// The methods that can be called from the page, by their services and their own names.
    pub(crate) try_it: Option<&'a HashSet<(String, String)>>,
}

/// The page of these services, as one file.
///
/// ```
/// # extern crate amqp_rpc_contract as amqp_rpc;
/// use amqp_rpc::description::ServiceDescription;
/// use amqp_rpc_docs::{asyncapi::Info, page};
///
/// let page = page::html(&[ServiceDescription::new("fib")], &Info::new("Numbers", "1.2.0"));
/// assert!(page.starts_with("<!DOCTYPE html>"));
/// ```
#[must_use]
pub fn html(services: &[ServiceDescription], info: &Info) -> String {
    with(services, info, Extras::default())
}

/// The page with what only a server has for it.
pub(crate) fn with(services: &[ServiceDescription], info: &Info, extras: Extras<'_>) -> String {
    layout::write(services, info, extras)
}
