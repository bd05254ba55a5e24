//! The page of documents in use: its form by plain HTTP, and all of it in Chromium.
//!
//! The tests in `browser` need what `scripts/browser.sh` installs. They write screenshots to the folder that
//! `AMQP_RPC_TEST_SCREENSHOTS` names, for people to look at.

mod browser;
mod chromium;
mod shop;
mod trying;

#[path = "../e2e/support/left_out.rs"]
#[allow(dead_code, reason = "shared with tests that have brokers")]
mod left_out;
