//! Messages that no peer sends.

mod messages;
mod replies;
mod requests;
#[cfg(test)]
mod tests;

pub use replies::check_malformed_replies;
pub use requests::check_hostile;
