//! The memory and open files of this process, as Linux counts them.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::fs;

/// The resident memory in bytes.
pub(crate) fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux describes each process");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory is described");
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().expect("it is a number of kB");
    kilobytes * 1024
}

/// The number of open files and sockets, including the one that counts them.
pub(crate) fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux lists open files").count()
}

/// Converts bytes to MiB, for printing.
pub(crate) fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
