//! Limits the length of a file, with exceptions that say why.

use std::collections::BTreeMap;

use crate::workspace::{Problem, Workspace};

const MOST: usize = 300;
const LIST: &str = "xtask/long-files.txt";

/// `exceptions` has a line `path: reason` for each file that is longer. What programs write is marked
/// `@generated` in its first line, or is an expansion that is committed for comparison.
pub(super) fn problems(workspace: &Workspace, exceptions: &str) -> Result<Vec<Problem>, String> {
    let exceptions = read(exceptions)?;
    let mut problems = Vec::new();
    for (path, text) in &workspace.files {
        let lines = text.lines().count();
        if !path.ends_with(".rs") || lines <= MOST || is_generated(path, text) {
            continue;
        }
        if !exceptions.contains_key(path.as_str()) {
            let advice = format!("{lines} lines: split it by concept, or give a reason in {LIST}");
            problems.push(Problem::new(path, advice));
        }
    }
    for path in exceptions.keys() {
        match workspace.files.get(*path).map(|text| text.lines().count()) {
            None => problems.push(Problem::new(LIST, format!("there is no {path}"))),
            Some(lines) if lines <= MOST => {
                problems
                    .push(Problem::new(LIST, format!("{path} has only {lines} lines: it needs no reason")));
            }
            Some(_) => {}
        }
    }
    Ok(problems)
}

fn read(exceptions: &str) -> Result<BTreeMap<&str, &str>, String> {
    let lines = exceptions.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").ok_or_else(|| format!("{LIST}: no reason in `{line}`"))).collect()
}

fn is_generated(path: &str, text: &str) -> bool {
    path.starts_with("rpc-macros/tests/expansions/")
        || text.lines().next().is_some_and(|first| first.contains("@generated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(lines: usize) -> Workspace {
        let mut workspace = Workspace::default();
        workspace.files.insert("src/long.rs".to_owned(), "//! Text.\n".repeat(lines));
        workspace
    }

    #[test]
    fn a_long_file_needs_a_reason() {
        assert!(problems(&workspace(300), "").expect("the list is right").is_empty());
        let found = problems(&workspace(301), "# none\n").expect("the list is right");
        assert_eq!(found.len(), 1);
        assert!(problems(&workspace(301), "src/long.rs: one rule").expect("the list is right").is_empty());
        assert!(problems(&workspace(301), "src/long.rs").is_err());
    }

    #[test]
    fn a_reason_that_is_not_needed_is_a_problem() {
        assert_eq!(problems(&workspace(300), "src/long.rs: one rule").expect("the list is right").len(), 1);
        assert_eq!(problems(&workspace(300), "src/gone.rs: one rule").expect("the list is right").len(), 1);
    }

    #[test]
    fn what_programs_write_may_be_long() {
        let mut workspace = Workspace::default();
        workspace.files.insert("src/table.rs".to_owned(), format!("// @generated\n{}", "1,\n".repeat(400)));
        workspace.files.insert("rpc-macros/tests/expansions/a/output.rs".to_owned(), "\n".repeat(400));
        assert!(problems(&workspace, "").expect("the list is right").is_empty());
    }
}
