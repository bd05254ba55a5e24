//! The methods of every peer, without a framework.

use std::fmt;

use serde_json::{Value, json};

/// The error of `compute`'s own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("n is above 90")
    }
}

impl std::error::Error for TooLarge {}

/// Says that a request reached its handler, before the handler does anything else.
pub fn announce(method: &str, arguments: &Value) {
    println!("ran {method} {arguments}");
}

/// The Fibonacci number of `n`.
///
/// # Errors
/// When `n` is above 90.
pub fn compute(n: u64) -> Result<u64, TooLarge> {
    announce("compute", &json!({"n": n}));
    if n > 90 {
        return Err(TooLarge);
    }
    Ok((0..n).fold((0, 1), |(a, b), _| (b, a + b)).0)
}

/// The sum.
#[must_use]
pub fn add(a: i64, b: i64) -> i64 {
    announce("add", &json!({"a": a, "b": b}));
    a + b
}

/// A greeting.
#[must_use]
pub fn greet(name: &str) -> String {
    announce("greet", &json!({"name": name}));
    format!("hello {name}")
}

/// No value.
pub fn nothing() {
    announce("nothing", &json!({}));
}

/// Crashes.
///
/// # Panics
/// Always.
pub fn fail() -> ! {
    announce("fail", &json!({}));
    panic!("the handler crashed")
}

/// The one-way method.
pub fn note(text: &str) {
    announce("note", &json!({"text": text}));
}
