//! The page that lists the rules.

use std::collections::BTreeMap;

use super::*;

const PAGE: &str = include_str!("../../../../docs/compatibility.md");
const TESTS: [&str; 4] = [
    include_str!("fields.rs"),
    include_str!("hostile.rs"),
    include_str!("methods.rs"),
    include_str!("values.rs"),
];

/// Whom the page says that a change breaks: a cell, or one for requests and one for replies.
pub(super) fn row(rule: Rule) -> Vec<String> {
    let rows = rows();
    rows.get(rule.name()).unwrap_or_else(|| panic!("the page has no row for {rule}")).clone()
}

fn rows() -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        // The rule, what changed, whom it breaks in one or two cells, why.
        let broken = cells[2..cells.len() - 1].iter().map(|cell| (*cell).to_owned()).collect();
        let twice = rows.insert(cells[0].trim_matches('`').to_owned(), broken);
        assert_eq!(twice, None, "{line}");
    }
    rows
}

#[test]
fn each_rule_has_a_row_and_a_test_of_its_name() {
    let rules: Vec<&str> = Rule::ALL.iter().map(|(_, name)| *name).collect();
    let mut named: Vec<String> = rows().into_keys().collect();
    let mut expected: Vec<String> = rules.iter().map(|name| (*name).to_owned()).collect();
    named.sort();
    expected.sort();
    assert_eq!(named, expected);
    for name in rules {
        let test = format!("fn {}()", name.replace('-', "_"));
        assert!(TESTS.iter().any(|tests| tests.contains(&test)), "no test {test}");
    }
}
