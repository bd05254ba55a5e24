//! Checks what the processes have written: at no time two calls of one key, no token that falls, and none that two
//! processes have.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) servers: usize,
    /// Calls that began, and of these those that ended before their process was killed.
    pub(super) begun: u64,
    pub(super) finished: u64,
    /// Calls that began while another one of their key ran.
    pub(super) overlaps: Vec<String>,
    /// Calls of a key that began with a smaller token than one before, or in another process with the same.
    pub(super) falling_tokens: Vec<String>,
    /// The most calls that ran at the same time.
    pub(super) most_at_once: usize,
    /// How often the token of a key grew, over all keys.
    pub(super) handovers: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { servers, begun, finished, overlaps, falling_tokens, most_at_once, handovers } = self;
        write!(
            f,
            "{servers} servers, {begun} calls begun, {finished} finished, {} overlaps, {} falling tokens, at most {most_at_once} at once, {handovers} handovers of keys; first overlap: {:?}",
            overlaps.len(),
            falling_tokens.len(),
            overlaps.first()
        )
    }
}

/// A call, from its begin to its end.
#[derive(Clone, Copy, Debug)]
struct Interval {
    key: u64,
    token: u64,
    process: u32,
    begin: u128,
    /// Of a call that was killed: just before that.
    end: u128,
}

/// Reads `process call time begin key token` and `process call time end`, line by line. `killed`: when each killed
/// process was about to be.
pub(super) fn check(journal: &str, killed: &BTreeMap<u32, u128>) -> Report {
    let mut report = Report::default();
    let mut open: HashMap<(u32, u64), Interval> = HashMap::new();
    let mut intervals = Vec::new();
    for line in journal.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let number = |index: usize| words[index].parse::<u128>().unwrap_or_else(|_| panic!("{line}"));
        let (process, call, time) = (number(0) as u32, number(1) as u64, number(2));
        match words[3] {
            "begin" => {
                let (key, token) = (number(4) as u64, number(5) as u64);
                open.insert((process, call), Interval { key, token, process, begin: time, end: time });
                report.begun += 1;
            }
            "end" => {
                let begun = open.remove(&(process, call)).unwrap_or_else(|| panic!("it never began: {line}"));
                intervals.push(Interval { end: time, ..begun });
                report.finished += 1;
            }
            _ => panic!("{line}"),
        }
    }
    for (_, interval) in open {
        let end = killed.get(&interval.process).unwrap_or_else(|| panic!("it never ended: {interval:?}"));
        intervals.push(Interval { end: (*end).max(interval.begin), ..interval });
    }
    intervals.sort_by_key(|interval| interval.begin);
    report.find_overlaps(&intervals);
    report.most_at_once = most_at_once(&intervals);
    report
}

impl Report {
    fn find_overlaps(&mut self, intervals: &[Interval]) {
        let mut last: HashMap<u64, Interval> = HashMap::new();
        for interval in intervals {
            let Some(before) = last.get_mut(&interval.key) else {
                last.insert(interval.key, *interval);
                continue;
            };
            if interval.begin < before.end {
                self.overlaps.push(format!("{interval:?} during {before:?}"));
            }
            let is_other = interval.process != before.process;
            if interval.token < before.token || is_other && interval.token == before.token {
                self.falling_tokens.push(format!("{interval:?} after {before:?}"));
            }
            self.handovers += u64::from(interval.token > before.token);
            *before = Interval { end: interval.end.max(before.end), ..*interval };
        }
    }
}

fn most_at_once(intervals: &[Interval]) -> usize {
    let begins = intervals.iter().map(|interval| (interval.begin, 1));
    let mut changes: Vec<_> = begins.chain(intervals.iter().map(|interval| (interval.end, -1))).collect();
    changes.sort_unstable();
    let running = changes.iter().scan(0isize, |running, (_, change)| {
        *running += change;
        Some(*running)
    });
    running.max().unwrap_or(0).unsigned_abs()
}

#[test]
fn the_checker_finds_overlaps_and_tokens_that_do_not_grow() {
    let none = BTreeMap::new();
    let apart = "1 0 10 begin 7 5\n1 0 20 end\n2 0 20 begin 7 6\n1 1 12 begin 8 5\n2 0 30 end\n1 1 30 end\n";
    let report = check(apart, &none);
    assert!(report.overlaps.is_empty() && report.falling_tokens.is_empty(), "{report}");
    assert_eq!((report.finished, report.most_at_once, report.handovers), (3, 2, 1));
    let overlapping = "1 0 10 begin 7 5\n2 0 19 begin 7 4\n1 0 20 end\n2 0 30 end\n";
    let report = check(overlapping, &none);
    assert_eq!((report.overlaps.len(), report.falling_tokens.len()), (1, 1), "{report}");
    let equal = "1 0 10 begin 7 5\n1 0 20 end\n2 0 20 begin 7 5\n2 0 30 end\n2 1 30 begin 7 5\n2 1 40 end\n";
    let report = check(equal, &none);
    assert_eq!((report.overlaps.len(), report.falling_tokens.len()), (0, 1), "{report}");
    let killed = "1 0 10 begin 7 5\n2 0 19 begin 7 6\n2 0 30 end\n";
    assert_eq!(check(killed, &BTreeMap::from([(1, 18)])).overlaps.len(), 0);
    assert_eq!(check(killed, &BTreeMap::from([(1, 25)])).overlaps.len(), 1);
}
