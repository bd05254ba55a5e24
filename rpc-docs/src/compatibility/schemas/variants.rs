//! The objects of a union: which belong together.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::{
    Comparison,
    alternative::Alternative,
    budget::steps_of,
    said::{self, below, shortened},
    shape::Shape,
    union::variant_name,
};

/// What tells one object of a union from the others. Names of types do not: they do not travel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity<'a> {
    /// The values of its tags, by their names.
    Tags(Vec<(&'a str, &'a Value)>),
    /// The name of its only member, which is how serde writes a variant without a tag.
    Member(&'a str),
    /// The names of its members, of an enum that is `untagged`.
    Members(Vec<&'a str>),
}

/// An object, and its position among those of its side.
type Placed<'r, 'a> = (usize, &'r Alternative<'a>);

impl<'a> Comparison<'a, '_> {
    /// Objects. If both sides have one, it is the same; otherwise they are matched by what tells them apart, and those
    /// without tags that are left by how many members they have in common.
    pub(super) fn objects(&mut self, path: &str, old: &[Alternative<'a>], new: &[Alternative<'a>]) {
        if let ([old], [new]) = (old, new) {
            self.compare_object(path, &old.shape, &new.shape);
            return;
        }
        let steps = |one: &Alternative<'a>| {
            let tags = one.shape.properties.values().flatten().filter_map(|schema| only_value(schema));
            1 + one.shape.size + tags.map(steps_of).sum::<usize>()
        };
        if !self.budget.take_steps(old.iter().chain(new).map(steps).sum()) {
            return;
        }
        let mut by_identity: HashMap<Identity<'a>, VecDeque<usize>> = HashMap::new();
        for (position, one) in new.iter().enumerate() {
            by_identity.entry(Identity::of(&one.shape)).or_default().push_back(position);
        }
        let mut partners: Vec<Option<usize>> = old
            .iter()
            .map(|one| by_identity.get_mut(&Identity::of(&one.shape)).and_then(VecDeque::pop_front))
            .collect();
        let mut is_left = vec![true; new.len()];
        partners.iter().flatten().for_each(|partner| is_left[*partner] = false);
        let old_left: Vec<Placed<'_, 'a>> =
            old.iter().enumerate().filter(|(position, _)| partners[*position].is_none()).collect();
        let new_left: Vec<Placed<'_, 'a>> =
            new.iter().enumerate().filter(|(position, _)| is_left[*position]).collect();
        for (position, partner) in self.most_alike(&old_left, &new_left) {
            partners[position] = Some(partner);
            is_left[partner] = false;
        }
        for (one, partner) in old.iter().zip(&partners) {
            if let Some(partner) = partner {
                let path = below(path, &format!("({})", called(one)));
                self.compare_object(&path, &one.shape, &new[*partner].shape);
            }
        }
        self.variants(
            path,
            old.iter().zip(&partners).filter(|(_, partner)| partner.is_none()).map(|(one, _)| called(one)),
            new.iter().zip(is_left).filter(|(_, is_left)| *is_left).map(|(one, _)| called(one)),
        );
    }

    /// Pairs of objects without tags that have members in common, those with most of them first.
    fn most_alike(&mut self, old: &[Placed<'_, 'a>], new: &[Placed<'_, 'a>]) -> Vec<(usize, usize)> {
        let has_no_tag = |(_, one): &&Placed<'_, 'a>| !matches!(Identity::of(&one.shape), Identity::Tags(_));
        let new: Vec<_> = new.iter().filter(has_no_tag).collect();
        let mut candidates = Vec::new();
        for (old_position, one) in old.iter().filter(has_no_tag) {
            for (new_position, other) in &new {
                let (one, other) = (&one.shape.properties, &other.shape.properties);
                if !self.budget.take_steps(1 + one.len()) {
                    return Vec::new();
                }
                let shared = one.keys().filter(|name| other.contains_key(*name)).count();
                if shared > 0 {
                    let different = one.len() + other.len() - 2 * shared;
                    candidates.push((usize::MAX - shared, different, *old_position, *new_position));
                }
            }
        }
        candidates.sort_unstable();
        let (mut old_taken, mut new_taken) = (HashMap::new(), HashMap::new());
        for (_, _, old_position, new_position) in candidates {
            if !old_taken.contains_key(&old_position) && !new_taken.contains_key(&new_position) {
                old_taken.insert(old_position, new_position);
                new_taken.insert(new_position, old_position);
            }
        }
        old_taken.into_iter().collect()
    }
}

impl<'a> Identity<'a> {
    fn of(shape: &Shape<'a>) -> Self {
        let tags: Vec<(&'a str, &'a Value)> = shape
            .properties
            .iter()
            .filter_map(|(name, schemas)| {
                schemas.iter().find_map(|schema| only_value(schema)).map(|value| (*name, value))
            })
            .collect();
        if !tags.is_empty() {
            return Self::Tags(tags);
        }
        let (mut names, mut required) = (shape.properties.keys(), shape.required.iter());
        match (names.next(), names.next(), required.next(), required.next()) {
            (Some(name), None, Some(required), None) if name == required => Self::Member(name),
            _ => Self::Members(shape.properties.keys().copied().collect()),
        }
    }
}

/// The only value that is listed.
fn only_value(schema: &Value) -> Option<&Value> {
    match schema.get("enum") {
        Some(Value::Array(values)) if values.len() == 1 => values.first(),
        _ => schema.get("const"),
    }
}

/// What an object of a union is called in findings.
fn called(alternative: &Alternative<'_>) -> String {
    match Identity::of(&alternative.shape) {
        Identity::Tags(tags) => {
            let tags: Vec<String> = tags
                .iter()
                .map(|(name, value)| format!("{}: {}", shortened(name), said::json(value)))
                .collect();
            shortened(&tags.join(", "))
        }
        Identity::Member(name) => shortened(name),
        Identity::Members(_) => variant_name(alternative, "object"),
    }
}
