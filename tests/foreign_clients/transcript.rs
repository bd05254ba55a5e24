//! Compares the output of a script with its golden output.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The committed output of one script.
#[derive(Debug)]
pub(crate) struct Golden {
    path: PathBuf,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/foreign_clients/golden"))
}

impl Golden {
    pub(crate) fn of(script: &str) -> Self {
        Self { path: folder().join(script).with_extension("txt") }
    }

    /// Panics with all lines that differ, under the heading of their scenario.
    pub(crate) fn compare(&self, printed: &str) {
        let expected =
            fs::read_to_string(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        let differences = differences(&expected, printed);
        assert!(differences.is_empty(), "the output differs from {}:\n{differences}", self.path.display());
    }

    pub(crate) fn record(&self, printed: &str) {
        fs::write(&self.path, printed).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
    }
}

/// The names of the scripts with a golden output, sorted.
pub(crate) fn recorded() -> Vec<String> {
    names_in(&folder(), "txt")
}

/// The names of the files with this extension, sorted, without it.
pub(crate) fn names_in(folder: &Path, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.expect("the folder is readable").path());
    let of_kind = paths.filter(|path| path.extension().is_some_and(|of_file| of_file == extension));
    let mut names: Vec<String> =
        of_kind.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}

/// Shows the lines that differ, scenario by scenario: `-` expected, `+` printed.
fn differences(expected: &str, printed: &str) -> String {
    let (expected, printed) = (scenarios(expected), scenarios(printed));
    let mut report = String::new();
    for place in 0..expected.len().max(printed.len()) {
        let before = expected.get(place).map_or(&[][..], Vec::as_slice);
        let after = printed.get(place).map_or(&[][..], Vec::as_slice);
        if before == after {
            continue;
        }
        let heading = before.first().or(after.first()).copied().unwrap_or_default();
        report.push_str(&format!("{heading}\n"));
        report.extend(before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}\n")));
        report.extend(after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}\n")));
        if report.ends_with(&format!("{heading}\n")) {
            report.push_str("  (the same lines in another order or number)\n");
        }
    }
    report
}

/// Splits the text into scenarios. The first line of each is its heading, the only line that is not indented.
fn scenarios(text: &str) -> Vec<Vec<&str>> {
    let mut scenarios: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        match scenarios.last_mut() {
            Some(scenario) if line.starts_with(' ') => scenario.push(line),
            _ => scenarios.push(vec![line]),
        }
    }
    scenarios
}

#[test]
fn a_difference_is_shown_under_its_scenario() {
    let expected = "one\n  a\n  b\ntwo\n  c\n";
    assert_eq!(differences(expected, expected), "");
    assert_eq!(differences(expected, "one\n  a\n  x\ntwo\n  c\n"), "one\n-   b\n+   x\n");
    assert_eq!(differences(expected, "one\n  a\n  b\n"), "two\n- two\n-   c\n");
    assert_eq!(
        differences(expected, "one\n  b\n  a\ntwo\n  c\n"),
        "one\n  (the same lines in another order or number)\n"
    );
}
