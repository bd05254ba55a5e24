//! Limits the files in a folder.

use std::collections::BTreeMap;

use crate::workspace::{Problem, Workspace};

const MOST: usize = 17;

pub(super) fn problems(workspace: &Workspace) -> Vec<Problem> {
    let full = counts(workspace).into_iter().filter(|&(_, count)| count > MOST);
    full.map(|(folder, count)| {
        Problem::new(folder, format!("{count} .rs files; a folder holds at most {MOST}"))
    })
    .collect()
}

/// How many `.rs` files each folder of sources holds, `mod.rs` included and sub-folders not. Cases of the
/// macros' tests are data, of which a folder holds any number.
pub(super) fn counts(workspace: &Workspace) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for path in workspace.files.keys() {
        let Some((folder, file)) = path.rsplit_once('/') else { continue };
        if file.ends_with(".rs") && is_source(folder) {
            *counts.entry(folder).or_default() += 1;
        }
    }
    counts
}

fn is_source(folder: &str) -> bool {
    folder.split('/').any(|name| matches!(name, "src" | "benches"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighteenth_file_is_one_too_many() {
        let mut workspace = Workspace::default();
        for number in 0..17 {
            workspace.files.insert(format!("src/room/file_{number}.rs"), String::new());
        }
        workspace.files.insert("src/room/inner/file.rs".to_owned(), String::new());
        workspace.files.insert("src/room/notes.md".to_owned(), String::new());
        assert!(problems(&workspace).is_empty());
        workspace.files.insert("src/room/mod.rs".to_owned(), String::new());
        assert_eq!(
            problems(&workspace),
            [Problem::new("src/room", "18 .rs files; a folder holds at most 17")]
        );
    }
}
