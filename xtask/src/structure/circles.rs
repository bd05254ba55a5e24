//! Finds files, and folders, that import each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    tree::{FileId, Imports, ModuleId, Tree},
    workspace::Problem,
};

type Graph = BTreeMap<usize, BTreeSet<usize>>;

/// One problem for each group of files that reach each other.
pub(super) fn problems(tree: &Tree, imports: &Imports) -> Vec<Problem> {
    let circles = file_circles(tree, imports).into_iter();
    circles.map(|circle| describe(tree, imports, &circle)).collect()
}

/// How many files each circle has, the largest first.
pub(super) fn sizes(tree: &Tree, imports: &Imports) -> Vec<usize> {
    let mut sizes: Vec<_> = file_circles(tree, imports).iter().map(BTreeSet::len).collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes
}

/// One problem for each group of sibling modules that reach each other, each taken with all that is inside
/// it.
pub(super) fn between_rooms(tree: &Tree, imports: &Imports) -> Vec<Problem> {
    let mut problems = Vec::new();
    for parent in 0..tree.modules.len() {
        let mut graph = Graph::new();
        let mut ties: BTreeMap<(ModuleId, ModuleId), Vec<String>> = BTreeMap::new();
        for (&(from, to), names) in imports {
            let (Some(one), Some(other)) = (tree.child_of(parent, from), tree.child_of(parent, to)) else {
                continue;
            };
            if one != other {
                graph.entry(one).or_default().insert(other);
                ties.entry((one, other)).or_default().push(tie(tree, from, to, names));
            }
        }
        for circle in strongly_connected(&graph) {
            let rooms: Vec<_> = circle.iter().map(|&room| tree.modules[room].name.as_str()).collect();
            let mut text = format!("{} import each other in a circle:", rooms.join(", "));
            for ((one, other), ties) in &ties {
                if circle.contains(one) && circle.contains(other) {
                    text.push_str(&ties.concat());
                }
            }
            problems.push(Problem::new(&tree.files[tree.modules[parent].file].path, text));
        }
    }
    problems
}

fn file_circles(tree: &Tree, imports: &Imports) -> Vec<BTreeSet<FileId>> {
    let mut graph = Graph::new();
    for &(from, to) in imports.keys() {
        // A module and what is inside it are one room.
        if !tree.is_within_or_around(from, to) {
            graph.entry(from).or_default().insert(to);
        }
    }
    strongly_connected(&graph)
}

fn describe(tree: &Tree, imports: &Imports, circle: &BTreeSet<FileId>) -> Problem {
    let mut text = format!("{} files import each other in a circle:", circle.len());
    for (&(from, to), names) in imports {
        if circle.contains(&from) && circle.contains(&to) && !tree.is_within_or_around(from, to) {
            text.push_str(&tie(tree, from, to, names));
        }
    }
    let first = circle.first().expect("a circle has files");
    Problem::new(&tree.files[*first].path, text)
}

fn tie(tree: &Tree, from: FileId, to: FileId, names: &BTreeSet<String>) -> String {
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    format!("\n    {} imports {} from {}", tree.files[from].path, names.join(", "), tree.files[to].path)
}

/// The groups of more than one node that reach each other.
fn strongly_connected(graph: &Graph) -> Vec<BTreeSet<usize>> {
    let mut search = Search {
        graph,
        numbers: BTreeMap::new(),
        lowest: BTreeMap::new(),
        stack: Vec::new(),
        found: Vec::new(),
    };
    for &node in graph.keys() {
        if !search.numbers.contains_key(&node) {
            search.visit(node);
        }
    }
    search.found
}

/// Tarjan's algorithm.
struct Search<'a> {
    graph: &'a Graph,
    numbers: BTreeMap<usize, usize>,
    lowest: BTreeMap<usize, usize>,
    stack: Vec<usize>,
    found: Vec<BTreeSet<usize>>,
}

impl Search<'_> {
    fn visit(&mut self, node: usize) {
        let number = self.numbers.len();
        self.numbers.insert(node, number);
        self.stack.push(node);
        let mut lowest = number;
        for &next in self.graph.get(&node).into_iter().flatten() {
            if !self.numbers.contains_key(&next) {
                self.visit(next);
                lowest = lowest.min(self.lowest[&next]);
            } else if self.stack.contains(&next) {
                lowest = lowest.min(self.numbers[&next]);
            }
        }
        self.lowest.insert(node, lowest);
        if lowest == number {
            let start = self.stack.iter().position(|&on_stack| on_stack == node).expect("it was pushed");
            let group: BTreeSet<_> = self.stack.drain(start..).collect();
            if group.len() > 1 {
                self.found.push(group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::structure_of, *};

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        structure_of(files, problems).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn siblings_that_import_each_other_are_a_circle() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "use crate::b::B; pub struct A;"),
            ("src/b.rs", "pub struct B; fn f() { let _ = super::a::A; }"),
            ("src/c.rs", "use super::{a::A, b::B};"),
        ]);
        assert_eq!(
            found,
            ["src/a.rs: 2 files import each other in a circle:\
                 \n    src/a.rs imports B from src/b.rs\n    src/b.rs imports A from src/a.rs"]
        );
    }

    #[test]
    fn a_circle_through_the_re_exports_of_a_parent_is_found() {
        let found = circles(&[
            ("src/lib.rs", "mod room;"),
            ("src/room/mod.rs", "mod a; mod b; pub use self::a::A as Renamed; pub(crate) use b::*;"),
            ("src/room/a.rs", "use super::B; pub struct A;"),
            ("src/room/b.rs", "use crate::room::Renamed; pub struct B;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("src/room/b.rs imports A from src/room/a.rs"), "{found:?}");
    }

    #[test]
    fn a_circle_through_an_imported_module_and_a_macro_is_found() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use super::b; pub fn f() { println!(\"{}\", b::g()); }"),
            ("src/b.rs", "pub fn g() { use crate::a; a::f(); }"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn a_parent_and_its_descendants_may_import_each_other() {
        let found = circles(&[
            ("src/lib.rs", "mod room; pub struct Failure;"),
            ("src/room.rs", "mod a; mod b; use self::a::A; pub struct Room;"),
            ("src/room/a.rs", "use super::{Room, b::B}; pub struct A;"),
            ("src/room/b.rs", "use crate::{Failure, room::Room}; pub struct B;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn tests_and_modules_that_are_only_named_make_no_circle() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b; pub struct A; #[cfg(test)] mod tests { use crate::b::B; }"),
            ("src/b.rs", "use crate::a::A; pub struct B; #[cfg(test)] use crate::a::f;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn what_a_macro_or_another_crate_defines_is_found_where_it_must_be() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "use crate::b::Made; pub use other::A;"),
            ("src/b.rs", "make! { Made } use crate::a::A; use crate::c::External;"),
            ("src/c.rs", "pub use other::*; use crate::b::Made;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn folders_can_be_a_circle_where_their_files_are_none() {
        let files = [
            ("src/lib.rs", "mod one; mod two;"),
            ("src/one/mod.rs", "mod a; mod b; pub(crate) use {a::A, b::B};"),
            ("src/one/a.rs", "use crate::two::C; pub struct A;"),
            ("src/one/b.rs", "pub struct B;"),
            ("src/two/mod.rs", "mod c; mod d; pub(crate) use {c::C, d::D};"),
            ("src/two/c.rs", "pub struct C;"),
            ("src/two/d.rs", "use crate::one::B; pub struct D;"),
        ];
        assert!(circles(&files).is_empty());
        let rooms = structure_of(&files, between_rooms);
        assert_eq!(rooms.len(), 1);
        assert!(
            rooms[0].to_string().starts_with("src/lib.rs: one, two import each other in a circle:"),
            "{rooms:?}"
        );
    }
}
