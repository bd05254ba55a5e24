//! The futures that users hold: typed calls, one-way messages and untyped calls.

mod call;
mod one_way;
mod typed;
mod untyped;

pub use call::Call;
pub use one_way::{Notify, Publish};
pub use typed::TypedClient;
pub use untyped::{UntypedBody, UntypedCall};
