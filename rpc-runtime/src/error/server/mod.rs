//! The errors of servers: starting, serving, changing what is served.

mod change;
mod serve;
mod start;

pub use change::ChangeError;
pub use serve::ServeError;
pub use start::StartError;
