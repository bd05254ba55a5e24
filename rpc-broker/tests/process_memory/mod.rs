//! What this process takes of the machine's memory and files, as Linux counts it.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::fs;

/// Resident memory in bytes.
pub(crate) fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux describes each process");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("resident memory is described");
    let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().expect("it is a number of kB");
    kilobytes * 1024
}

/// How many files and sockets are open, the one that counts them included.
pub(crate) fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux lists open files").count()
}

/// `bytes` for people.
pub(crate) fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}
