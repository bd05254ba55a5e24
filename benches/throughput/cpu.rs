//! CPU time of a process, its ended threads aside, from Linux's `/proc`.

use std::{fs, io, time::Duration};

/// The time that all threads of `process` have spent, in user and in kernel mode.
pub(crate) fn spent(process: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between being listed and being read.
        if let Ok(statistics) = fs::read_to_string(thread?.path().join("schedstat")) {
            let spent = statistics.split_whitespace().next().and_then(|spent| spent.parse::<u64>().ok());
            nanoseconds += spent.ok_or_else(|| io::Error::other("/proc/*/schedstat has no numbers"))?;
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
}
