//! `dead`: what is kept, and what becomes of it.

mod jobs;
mod look;
mod removed;
mod sent_again;
