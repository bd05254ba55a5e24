//! A file with a row for each second.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

const HEADER: &str = "second,calls,failed,p50_us,p90_us,p99_us,p999_us,max_us";

#[derive(Debug)]
pub(super) struct Csv {
    path: PathBuf,
    file: BufWriter<File>,
}

/// The calls that ended in one second, by the time since the first measured one was due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Second {
    pub(super) number: u64,
    pub(super) calls: u64,
    pub(super) failed: u64,
    /// In microseconds: p50, p90, p99, p99.9 and the longest; of calls that succeeded.
    pub(super) latencies: [u64; 5],
}

impl Csv {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map(BufWriter::new);
        let mut file = file.map_err(|error| failed(path, &error))?;
        writeln!(file, "{HEADER}").map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&mut self, second: &Second) -> Result<(), Failure> {
        let Second { number, calls, failed: failures, latencies } = second;
        let latencies = latencies.map(|latency| latency.to_string()).join(",");
        writeln!(self.file, "{number},{calls},{failures},{latencies}")
            .map_err(|error| failed(&self.path, &error))
    }

    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.file.flush().map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}
