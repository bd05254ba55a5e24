//! The texts of errors.

use std::{
    error::Error,
    fmt::{self, Write},
};

use amqp_rpc::{
    Call,
    contract::{Request, Response},
};
use tokio::time::timeout;

use super::TIMEOUT;

/// The texts of the errors of a program, because programs log them.
#[derive(Default)]
pub(crate) struct ErrorTexts(pub(crate) Vec<String>);

impl ErrorTexts {
    pub(crate) fn add(&mut self, error: &dyn Error) {
        let mut text = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(text, ": {cause}");
            source = cause.source();
        }
        self.0.push(text);
    }

    pub(crate) async fn add_failure<R: Request>(&mut self, call: Call<R>)
    where
        <R::Response as Response>::Value: fmt::Debug,
        R::Error: Error + 'static,
    {
        let outcome = timeout(TIMEOUT, call).await.expect("the call ends in time");
        self.add(&outcome.expect_err("it cannot work"));
    }
}
