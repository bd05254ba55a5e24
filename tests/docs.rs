//! Checks of the documentation: its links have targets, the tests it names exist, its tables match the code.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use amqp_rpc::FaultCode;

/// The permissions that the end-to-end tests give to users.
#[path = "e2e/support/vhost/permissions.rs"]
#[expect(dead_code, reason = "only the recommended ones are documented")]
mod permissions;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file under `folder` with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("the folder is readable").path()) {
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|of_file| of_file == extension) {
            found.push(path);
        }
    }
    found
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let mut pages = files(&root.join("docs"), "md");
    pages.extend(
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "rpc-broker/README.md"].map(|page| root.join(page)),
    );
    pages
}

/// The lines of a page that are no code block.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of the page's links, `[text](target)`.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page).collect::<Vec<_>>().join("\n");
    let targets = prose.split("](").skip(1);
    targets.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The code spans of a page, outside of code blocks.
fn code_spans(page: &str) -> BTreeSet<String> {
    prose(page).flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The headings of a page, as links name them.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    let kept = |letter: &char| letter.is_alphanumeric() || "-_ ".contains(*letter);
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| heading.chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[test]
fn every_link_has_a_target() {
    let mut broken = Vec::new();
    for path in pages() {
        let page = read(&path);
        for link in links(&page) {
            if ["https://", "http://", "mailto:"].iter().any(|elsewhere| link.starts_with(elsewhere)) {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            let is_there = target.exists() && (anchor.is_empty() || anchors(&read(&target)).contains(anchor));
            if !is_there {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A name that is a sentence: only tests have such names.
fn is_test_name(span: &str) -> bool {
    let is_identifier =
        span.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_');
    is_identifier && span.matches('_').count() >= 3
}

#[test]
fn every_test_that_a_page_names_exists() {
    let crates =
        "tests rpc-amqp rpc-broker rpc-cli rpc-contract rpc-dialects rpc-docs rpc-macros rpc-runtime"
            .split(' ');
    let functions: BTreeSet<String> = crates
        .flat_map(|folder| files(&Path::new(ROOT).join(folder), "rs"))
        .flat_map(|path| {
            let source = read(&path);
            let names = source.split("fn ").skip(1).filter_map(|rest| rest.split_once('('));
            names.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        })
        .collect();
    for path in pages() {
        let named: BTreeSet<_> =
            code_spans(&read(&path)).into_iter().filter(|span| is_test_name(span)).collect();
        let missing: Vec<_> = named.difference(&functions).collect();
        assert!(missing.is_empty(), "{} names tests that do not exist: {missing:#?}", path.display());
        if path.ends_with("docs/semantics.md") {
            assert!(named.len() > 50, "semantics.md names few tests: {}", named.len());
        }
    }
}

#[test]
fn the_documented_fault_codes_are_those_of_the_code() {
    let page = read(&Path::new(ROOT).join("docs/wire-protocol.md"));
    let table = page.lines().skip_while(|line| *line != "| code | execution | passing | meaning |").skip(2);
    let documented: Vec<Vec<_>> = table
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.trim_matches('|').split('|').take(3).map(|cell| cell.trim().to_owned()).collect())
        .collect();
    let known: Vec<Vec<_>> = FaultCode::KNOWN
        .iter()
        .map(|code| {
            let passing = if code.is_passing() { "yes" } else { "no" };
            vec![format!("`{code}`"), format!("{:?}", code.execution()), passing.to_owned()]
        })
        .collect();
    assert_eq!(documented, known, "docs/wire-protocol.md, the table of faults");
}

#[test]
fn every_fault_code_in_an_example_is_known() {
    for path in pages() {
        let page = read(&path);
        let in_examples =
            page.split("\"code\":").skip(1).filter_map(|rest| rest.trim_start().split('"').nth(1));
        for code in in_examples.filter(|code| *code != "…") {
            assert!(!matches!(FaultCode::from(code), FaultCode::Other(_)), "{}: {code}", path.display());
        }
    }
}

#[test]
fn the_documented_python_client_is_the_tested_one() {
    let page = read(&Path::new(ROOT).join("docs/wire-protocol.md"));
    let script = read(&Path::new(ROOT).join("tests/interop/call_any.py"));
    let (_, block) = page.split_once("```python\n").expect("the page shows the client");
    let (shown, _) = block.split_once("```").expect("the block ends");
    assert!(script.ends_with(shown), "docs/wire-protocol.md and tests/interop/call_any.py differ");
}

#[test]
fn the_tests_in_the_testing_guide_run() {
    let page = read(&Path::new(ROOT).join("docs/testing.md"));
    let tests = read(&Path::new(ROOT).join("tests/testing_guide.rs"));
    let shown: Vec<_> = page
        .split("```rust\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(code, _)| code)
        .collect();
    assert!(shown.len() >= 3, "docs/testing.md shows {} pieces of code", shown.len());
    for code in shown {
        assert!(tests.contains(code), "docs/testing.md and tests/testing_guide.rs differ in:\n{code}");
    }
}

#[test]
fn the_code_in_the_tls_guide_runs() {
    let page = read(&Path::new(ROOT).join("docs/tls.md"));
    let code = read(&Path::new(ROOT).join("tests/e2e/tls/guide.rs"));
    let blocks = page.split("```rust\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let shown: Vec<_> = blocks.map(|(shown, _)| shown).collect();
    assert!(shown.len() >= 3, "docs/tls.md shows {} pieces of code", shown.len());
    for shown in shown {
        assert!(code.contains(shown), "docs/tls.md and tests/e2e/tls/guide.rs differ in:\n{shown}");
    }
}

#[test]
fn the_programs_of_the_guide_run() {
    let page = read(&Path::new(ROOT).join("docs/guide.md"));
    let sources: Vec<_> =
        files(&Path::new(ROOT).join("tests/guide"), "rs").iter().map(|path| read(path)).collect();
    let blocks = page.split("```rust\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let shown: Vec<_> = blocks.map(|(shown, _)| shown).collect();
    assert!(shown.len() >= 7, "docs/guide.md shows {} pieces of code", shown.len());
    for shown in shown {
        let is_tested = sources.iter().any(|source| source.contains(shown));
        assert!(is_tested, "docs/guide.md differs from tests/guide in:\n{shown}");
    }
}

/// The numbers of all requirements: S0-01 to S0-18, S3-H1 to S3-H20, and so on.
fn requirement_lines() -> Vec<String> {
    let numbered = |prefix: &'static str, last: usize| (1..=last).map(move |n| format!("{prefix}{n:02}"));
    let lettered = |prefix: &'static str, last: usize| (1..=last).map(move |n| format!("{prefix}{n}"));
    numbered("S0-", 18)
        .chain(lettered("S0-Q", 10))
        .chain(numbered("S1-", 6))
        .chain(numbered("S2-", 8))
        .chain(numbered("S3-", 19))
        .chain(lettered("S3-H", 20))
        .chain(numbered("S4-", 22))
        .collect()
}

#[test]
fn every_requirement_names_a_test_or_a_reason() {
    let root = Path::new(ROOT);
    let page = read(&root.join("docs/coverage.md"));
    let rows: Vec<Vec<&str>> = prose(&page)
        .filter(|line| line.starts_with("| S") && line.matches('|').count() > 3)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let lines: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(lines, requirement_lines(), "each line once, in order");
    for row in rows {
        let [line, what, shown @ ..] = &row[..] else { panic!("a row without cells: {row:?}") };
        let shown = shown.join("|");
        assert!(!what.is_empty(), "{line}");
        let names_a_test = shown.split('`').skip(1).step_by(2).any(is_test_name);
        let example = shown.split("example `").nth(1).and_then(|rest| rest.split_once('`'));
        if let Some((example, _)) = example {
            let exists = |folder| root.join(folder).join(format!("{example}.rs")).exists();
            assert!(exists("examples") || exists("examples/more"), "{line}: no example {example}");
        }
        let says_why_not = ["open: ", "does not apply: "].iter().any(|why| shown.contains(why));
        assert!(names_a_test || says_why_not, "{line} is shown by nothing: {shown}");
    }
}

#[test]
fn every_finding_names_what_shows_it() {
    let page = read(&Path::new(ROOT).join("docs/coverage.md"));
    let is_finding = |row: &&str| row.starts_with("| A") || row.starts_with("| B");
    let rows: Vec<_> = prose(&page).filter(is_finding).map(cells).collect();
    for number in (1..=19).map(|n| format!("A{n}")).chain((2..=12).map(|n| format!("B{n}"))) {
        let of_it: Vec<_> = rows.iter().filter(|row| row[0] == number).collect();
        let [row] = &of_it[..] else { panic!("{number} has {} rows", of_it.len()) };
        let names_a_test = row[2].split('`').skip(1).step_by(2).any(is_test_name);
        let says_how = ["measured: ", "checked: "].iter().any(|how| row[2].starts_with(how));
        assert!(names_a_test || says_how, "{number} is shown by nothing: {}", row[2]);
    }
}

/// The cells of a table's row; ` | ` is written `\|` inside of a cell.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|').replace("\\|", "\0");
    row.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

#[test]
fn the_recommended_permissions_are_the_tested_ones() {
    let tested: BTreeSet<_> = permissions::recipes::ALL
        .map(|recipe| [recipe.configure, recipe.write, recipe.read].map(|pattern| format!("`{pattern}`")))
        .into();
    for (page, all) in [("docs/topology.md", true), ("SECURITY.md", false)] {
        let page_text = read(&Path::new(ROOT).join(page));
        let table =
            page_text.lines().skip_while(|line| !line.starts_with("| user | configure | write | read |"));
        let rows = table.skip(2).take_while(|line| line.starts_with('|')).map(cells);
        let documented: BTreeSet<[String; 3]> =
            rows.map(|row| [&row[1], &row[2], &row[3]].map(String::clone)).collect();
        let untested: Vec<_> = documented.difference(&tested).collect();
        assert!(untested.is_empty() && documented.len() >= 5, "{page}: {untested:#?}");
        let missing: Vec<_> = tested.difference(&documented).collect();
        assert!(!all || missing.is_empty(), "{page} lacks: {missing:#?}");
    }
}

#[test]
fn every_promise_has_a_test_and_says_where_it_holds() {
    let page = read(&Path::new(ROOT).join("docs/brokers.md"));
    let rows = page.lines().skip_while(|line| !line.starts_with("| promise | test |"));
    let mut rows = rows.take_while(|line| line.starts_with('|')).map(cells);
    let columns = rows.next().expect("there is a table").len();
    let rows: Vec<_> = rows.skip(1).collect();
    assert!(rows.len() > 20, "{} promises", rows.len());
    for row in rows {
        assert!(row.len() == columns && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(row[1].split('`').skip(1).step_by(2).any(is_test_name), "{row:?}");
    }
}
