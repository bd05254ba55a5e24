//! The command as its users run it: the program itself, on an embedded broker.

mod calls;
mod contexts;
mod contracts;
mod exits;
mod forms;
mod one_way;
mod reflection;
mod stream;
mod support;
mod transcript;

#[path = "../src/example/shop.rs"]
mod shop;
