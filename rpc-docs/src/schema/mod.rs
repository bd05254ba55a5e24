//! JSON Schemas as values: their references, their definitions, and what is added to them.

mod body;
mod definitions;
mod fault;
mod integers;
mod large_integers;
mod names;
mod reference;
mod secret;
mod walk;

pub(crate) use body::body;
pub(crate) use definitions::{Definitions, reachable};
pub(crate) use fault::{FAULT, fault};
pub(crate) use integers::integer_range;
pub(crate) use large_integers::note_large_integers;
pub(crate) use names::{Names, identifier, pascal_case};
pub(crate) use reference::{Prefix, rewrite_references, target_of};
pub(crate) use secret::{is_secret, mentions_secret};
pub(crate) use walk::{visit, visit_mut};
