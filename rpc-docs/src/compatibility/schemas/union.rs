//! The alternatives of two schemas: which belong together, and which only one of them has.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    Comparison,
    alternative::{Alternative, Kind},
    said::{self, shortened},
};
use crate::{compatibility::Rule, schema};

/// The types that alternatives are matched by. Objects are matched by more.
const TYPES: [Kind<'static>; 5] =
    [Kind::Null, Kind::Boolean, Kind::Number { is_integer: true }, Kind::Text, Kind::Array];

impl<'a> Comparison<'a, '_> {
    pub(super) fn compare_alternatives(
        &mut self,
        path: &str,
        old: &[Alternative<'a>],
        new: &[Alternative<'a>],
    ) {
        if !self.budget.take_steps(2 * (old.len() + new.len())) {
            return;
        }
        if let Some((rule, lost, gained)) = with_anything(old, new) {
            if let Some(rule) = rule {
                self.differ(rule, path, types_changed(old, new), lost, gained);
            } else if let (Some(old), Some(new)) = (anything(old), anything(new)) {
                // What no type has may be said of all: a format without a type, `not`.
                self.constraints(path, &old.shape, &new.shape, true);
            }
            return;
        }
        self.listed_values(path, old, new);
        let mut types = Types::default();
        for kind in TYPES {
            let of_kind = |alternatives: &[Alternative<'a>]| -> Vec<Alternative<'a>> {
                alternatives.iter().filter(|one| one.kind.is_like(kind)).cloned().collect()
            };
            let (old, new) = (of_kind(old), of_kind(new));
            self.of_one_type(path, &old, &new, &mut types);
        }
        let objects = |alternatives: &[Alternative<'a>]| -> Vec<Alternative<'a>> {
            alternatives.iter().filter(|one| one.kind == Kind::Object).cloned().collect()
        };
        let (old_objects, new_objects) = (objects(old), objects(new));
        if old_objects.is_empty() || new_objects.is_empty() {
            self.of_one_type(path, &old_objects, &new_objects, &mut types);
        } else {
            self.objects(path, &old_objects, &new_objects);
        }
        let (lost, gained) = (types.lost(), types.gained());
        let rule = match (&lost, &gained) {
            (None, None) => return,
            (Some(_), Some(_)) => Rule::TypeChanged,
            (Some(_), None) => Rule::TypeNarrowed,
            (None, Some(_)) => Rule::TypeWidened,
        };
        self.differ(rule, path, types_changed(old, new), lost, gained);
    }

    fn listed_values(&mut self, path: &str, old: &[Alternative<'a>], new: &[Alternative<'a>]) {
        let (added, removed) = (only_in(new, old), only_in(old, new));
        if let Some(added) = said::values(&added) {
            self.differ(Rule::ValueAdded, path, format!("{added} was added"), None, Some(added));
        }
        if let Some(removed) = said::values(&removed) {
            self.differ(Rule::ValueRemoved, path, format!("{removed} was removed"), Some(removed), None);
        }
    }

    /// Alternatives that are of one type, not objects unless one side has none. They are matched in their order.
    fn of_one_type(
        &mut self,
        path: &str,
        old: &[Alternative<'a>],
        new: &[Alternative<'a>],
        types: &mut Types,
    ) {
        match (old, new) {
            ([], []) => {}
            ([first, ..], []) => types.lost.push(first.kind.name()),
            ([], [first, ..]) => types.gained.push(first.kind.name()),
            _ => {
                for (old, new) in old.iter().zip(new) {
                    self.compare_alternative(path, old, new, types);
                }
                let name = |one: &Alternative<'_>| variant_name(one, one.kind.name());
                self.variants(
                    path,
                    old.iter().skip(new.len()).map(name),
                    new.iter().skip(old.len()).map(name),
                );
            }
        }
    }

    pub(super) fn variants(
        &mut self,
        path: &str,
        removed: impl Iterator<Item = String>,
        added: impl Iterator<Item = String>,
    ) {
        for name in removed {
            let lost = Some(format!("the variant `{name}`"));
            self.differ(Rule::VariantRemoved, path, format!("the variant `{name}` was removed"), lost, None);
        }
        for name in added {
            let gained = Some(format!("the variant `{name}`"));
            self.differ(Rule::VariantAdded, path, format!("the variant `{name}` was added"), None, gained);
        }
    }

    fn compare_alternative(
        &mut self,
        path: &str,
        old: &Alternative<'a>,
        new: &Alternative<'a>,
        types: &mut Types,
    ) {
        let is_secret = |one: &Alternative<'_>| one.shape.keyword("format").any(schema::is_secret);
        if is_secret(old) != is_secret(new) {
            let (change, lost, gained) = if is_secret(new) {
                ("it is a secret now", "it in the clear", "a token")
            } else {
                ("it is no secret any more", "a token", "it in the clear")
            };
            self.differ(Rule::SecretChanged, path, change, Some(lost.into()), Some(gained.into()));
            return;
        }
        match (old.kind, new.kind) {
            (Kind::Number { is_integer: was }, Kind::Number { is_integer: is }) => {
                let fractions = "numbers with a fraction";
                match (was, is) {
                    (true, false) => types.gained.push(fractions),
                    (false, true) => types.lost.push(fractions),
                    _ => {}
                }
                self.number_limits(path, (&old.shape, was), (&new.shape, is));
            }
            (Kind::Text, _) => {
                self.count_limits(path, &old.shape, &new.shape, ("minLength", "maxLength"), "characters");
            }
            (Kind::Array, _) => self.compare_array(path, &old.shape, &new.shape),
            (Kind::Object, _) => self.compare_object(path, &old.shape, &new.shape),
            _ => return,
        }
        if old.kind != Kind::Object {
            self.constraints(path, &old.shape, &new.shape, old.kind == Kind::Text);
        }
    }
}

/// The types that only one side has.
#[derive(Debug, Default)]
struct Types {
    lost: Vec<&'static str>,
    gained: Vec<&'static str>,
}

impl Types {
    fn lost(&self) -> Option<String> {
        (!self.lost.is_empty()).then(|| self.lost.join(", "))
    }

    fn gained(&self) -> Option<String> {
        (!self.gained.is_empty()).then(|| self.gained.join(", "))
    }
}

type Difference = (Option<Rule>, Option<String>, Option<String>);

/// The alternative that allows values of every type: the one that says least of them.
fn anything<'r, 'a>(alternatives: &'r [Alternative<'a>]) -> Option<&'r Alternative<'a>> {
    let of_any_type = alternatives.iter().filter(|alternative| alternative.kind == Kind::Anything);
    of_any_type.min_by_key(|alternative| alternative.shape.keywords().count())
}

/// What differs, if one side allows everything.
fn with_anything(old: &[Alternative<'_>], new: &[Alternative<'_>]) -> Option<Difference> {
    let has_anything = |alternatives: &[Alternative<'_>]| {
        alternatives.iter().any(|alternative| alternative.kind == Kind::Anything)
    };
    let values = || Some("values of other types".to_owned());
    match (has_anything(old), has_anything(new)) {
        (false, false) => None,
        (true, true) => Some((None, None, None)),
        (true, false) => Some((Some(Rule::TypeNarrowed), values(), None)),
        (false, true) => Some((Some(Rule::TypeWidened), None, values())),
    }
}

fn types_changed(old: &[Alternative<'_>], new: &[Alternative<'_>]) -> String {
    let said = |alternatives: &[Alternative<'_>]| {
        let mut names: Vec<&str> = Vec::new();
        for name in alternatives.iter().map(|alternative| alternative.kind.name()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() { "nothing".to_owned() } else { names.join(" or ") }
    };
    format!("it allows {}, and allowed {}", said(new), said(old))
}

/// The listed values of `some` that no alternative of `others` allows, in their order.
fn only_in<'a>(some: &[Alternative<'a>], others: &[Alternative<'_>]) -> Vec<&'a Value> {
    let mut allowed: HashSet<&Value> = HashSet::new();
    let mut types: Vec<Kind<'_>> = Vec::new();
    for other in others {
        match other.kind {
            Kind::Value(value) => drop(allowed.insert(value)),
            kind if !types.contains(&kind) => types.push(kind),
            _ => {}
        }
    }
    let listed = some.iter().filter_map(|alternative| match alternative.kind {
        Kind::Value(value) => Some(value),
        _ => None,
    });
    listed.filter(|value| allowed.insert(value) && !types.iter().any(|kind| kind.has(value))).collect()
}

pub(super) fn variant_name(alternative: &Alternative<'_>, otherwise: &str) -> String {
    shortened(alternative.shape.name.unwrap_or(otherwise))
}
