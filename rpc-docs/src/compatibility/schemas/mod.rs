//! Two schemas of one body: which values only the old one allows, and which only the new one.
//!
//! Whom a difference breaks follows from the direction of the message. Values that only the old schema allows are
//! lost: an old sender may write them to a new reader. Values that only the new one allows are gained: a new sender may
//! write them to an old reader.

mod alternative;
mod array;
mod budget;
mod limits;
mod object;
mod said;
mod shape;
mod union;
mod variants;

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde_json::Value;

pub(super) use self::budget::Budget;
use self::{
    alternative::{Kind, alternatives},
    budget::steps_of_text,
    shape::{Problem, Schemas, resolved},
};
use super::{Rule, change::Change};

/// Schemas that lead deeper than this are not compared: nobody reads so long a path.
const MAX_DEPTH: usize = 100;

/// A schema, and the definitions that it refers to.
pub(super) type Defined<'a> = (&'a Value, &'a BTreeMap<String, Value>);

/// Who writes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Clients write it: a request, a notification, an event.
    ToServer,
    /// Servers write it: a result, an error.
    ToClient,
}

/// Compares two schemas of a body. Paths begin with `path`. Each pair of definitions is reported once, where it is first
/// found.
pub(super) fn compare_bodies(
    path: &str,
    direction: Direction,
    old: Defined<'_>,
    new: Defined<'_>,
    budget: &mut Budget,
) -> Vec<Change> {
    let mut comparison = Comparison {
        direction,
        old_definitions: old.1,
        new_definitions: new.1,
        compared: HashSet::new(),
        objects: HashSet::new(),
        depth: 0,
        waiting: VecDeque::new(),
        changes: Vec::new(),
        budget,
    };
    comparison.compare(path, &[old.0], &[new.0]);
    comparison.finish();
    comparison.changes
}

/// Whether `null` is all that this schema allows.
pub(super) fn allows_only_null((schema, definitions): Defined<'_>, budget: &mut Budget) -> bool {
    let alternatives = alternatives(&[schema], definitions, budget).unwrap_or_default();
    !alternatives.is_empty() && alternatives.iter().all(|alternative| alternative.kind == Kind::Null)
}

/// A comparison of two schemas.
#[derive(Debug)]
struct Comparison<'a, 'b> {
    direction: Direction,
    old_definitions: &'a BTreeMap<String, Value>,
    new_definitions: &'a BTreeMap<String, Value>,
    /// The pairs that were compared, or wait for it, by the addresses of what they refer to: a schema may lead to itself.
    compared: HashSet<(Vec<usize>, Vec<usize>)>,
    /// The objects that were compared, by the addresses of their parts: an optional one is the same in each place.
    objects: HashSet<(Vec<usize>, Vec<usize>)>,
    /// The pairs that are still to be compared. Outer ones come first, so that the path of a finding is the shortest.
    waiting: VecDeque<Pair<'a>>,
    /// How deep the pair is that is being compared.
    depth: usize,
    changes: Vec<Change>,
    budget: &'b mut Budget,
}

/// The schemas of one place.
#[derive(Debug)]
struct Pair<'a> {
    path: String,
    old: Schemas<'a>,
    new: Schemas<'a>,
    depth: usize,
}

impl<'a> Comparison<'a, '_> {
    /// Has the schemas of one place compared, unless they were, or wait for it.
    fn compare(&mut self, path: &str, old: &[&'a Value], new: &[&'a Value]) {
        if !self.budget.take_steps(steps_of_text(path) + old.len() + new.len()) {
            return;
        }
        let key = (
            addresses(old, self.old_definitions, self.budget),
            addresses(new, self.new_definitions, self.budget),
        );
        if self.compared.insert(key) {
            let (old, new) = (old.to_vec(), new.to_vec());
            self.waiting.push_back(Pair { path: path.to_owned(), old, new, depth: self.depth + 1 });
        }
    }

    fn finish(&mut self) {
        while let Some(pair) = self.waiting.pop_front() {
            if self.budget.is_exhausted() {
                return;
            }
            self.depth = pair.depth;
            self.compare_pair(&pair);
        }
    }

    fn compare_pair(&mut self, pair: &Pair<'a>) {
        let path = &pair.path;
        if pair.depth > MAX_DEPTH {
            self.unreadable(path, "nested too deep to compare");
            return;
        }
        let old = match alternatives(&pair.old, self.old_definitions, self.budget) {
            Ok(old) => old,
            Err(problem) => return self.problem(path, "old", &problem),
        };
        match alternatives(&pair.new, self.new_definitions, self.budget) {
            Ok(new) => self.compare_alternatives(path, &old, &new),
            Err(problem) => self.problem(path, "new", &problem),
        }
    }

    /// Where the budget is at its end, that is what is reported.
    fn problem(&mut self, path: &str, version: &str, problem: &Problem) {
        if !self.budget.is_exhausted() {
            self.unreadable(path, &format!("the {version} schema {problem}"));
        }
    }

    fn unreadable(&mut self, path: &str, problem: &str) {
        let why = "what cannot be compared may differ";
        self.push(Change::of(Rule::UnreadableSchema, path, problem).breaks_both(why));
    }

    /// A change that loses values, or gains some, or neither. Both are named in the plural: `numbers above 90`.
    fn differ(
        &mut self,
        rule: Rule,
        path: &str,
        change: impl Into<String>,
        lost: Option<String>,
        gained: Option<String>,
    ) {
        let mut change = Change::of(rule, path, change);
        match self.direction {
            Direction::ToServer => {
                change.breaks_clients =
                    lost.map(|lost| format!("they may send {lost}, which the new server refuses"));
                change.breaks_servers =
                    gained.map(|gained| format!("new clients may send {gained}, which old servers refuse"));
            }
            Direction::ToClient => {
                change.breaks_clients =
                    gained.map(|gained| format!("the new server may send {gained}, which they cannot read"));
                change.breaks_servers =
                    lost.map(|lost| format!("old servers may send {lost}, which new clients cannot read"));
            }
        }
        self.push(change);
    }

    fn push(&mut self, change: Change) {
        if self.changes.len() < Budget::FINDINGS {
            self.changes.push(change);
        } else {
            self.budget.exhaust();
        }
    }
}

/// What these schemas refer to, in whatever order.
fn addresses<'a>(
    schemas: &[&'a Value],
    definitions: &'a BTreeMap<String, Value>,
    budget: &mut Budget,
) -> Vec<usize> {
    let address = |schema| std::ptr::from_ref(resolved(schema, definitions, budget)).addr();
    let mut addresses: Vec<usize> = schemas.iter().copied().map(address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotASchema => formatter.write_str("is not an object or a boolean, or has an unknown type"),
            Self::Missing(reference) => write!(formatter, "refers to `{reference}`, which does not exist"),
            Self::Circle(name) => write!(formatter, "refers to `{name}`, which is defined as itself"),
            Self::TooLarge => formatter.write_str("has too many alternatives"),
        }
    }
}
