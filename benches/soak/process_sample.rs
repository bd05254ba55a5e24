//! Samples of the process: memory, threads, open files. Linux only; elsewhere there is nothing to compare.

use std::fs;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessSample {
    pub(crate) resident_mib: f64,
    pub(crate) threads: usize,
    /// Threads of lapin's, one for each connection.
    pub(crate) io_threads: usize,
    pub(crate) open_files: usize,
}

impl ProcessSample {
    pub(crate) fn of_now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let kilobytes: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .ok()?;
        let names: Vec<String> = fs::read_dir("/proc/self/task")
            .ok()?
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .collect();
        Some(Self {
            resident_mib: kilobytes / 1024.0,
            threads: names.len(),
            io_threads: names.iter().filter(|name| name.trim() == "lapin-io-loop").count(),
            open_files: fs::read_dir("/proc/self/fd").ok()?.count(),
        })
    }
}

/// The median of a field of the samples.
pub(crate) fn median(samples: &[ProcessSample], field: impl Fn(&ProcessSample) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(field).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
