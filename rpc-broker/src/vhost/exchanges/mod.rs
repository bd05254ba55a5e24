//! Exchanges of a virtual host: declaring, deleting, binding.

mod bind;
mod declare;
mod delete;
mod lookup;
