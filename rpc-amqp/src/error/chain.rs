//! Displays an error with its sources on one line.

use std::{error::Error, fmt};

/// Displays `error` and its sources, separated by colons.
pub fn chain(error: &dyn Error) -> Chain<'_> {
    Chain(error)
}

/// The result of [`chain`].
#[derive(Debug)]
pub struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
