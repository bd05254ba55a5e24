//! The command as its users run it: the program itself, on an embedded broker.

mod bench;
mod calls;
mod contexts;
mod contracts;
mod dead;
mod exits;
mod forms;
mod mock;
mod one_way;
mod page;
mod reflection;
mod stream;
mod support;
mod transcript;
mod watch;

#[path = "../src/example/shop.rs"]
mod shop;
