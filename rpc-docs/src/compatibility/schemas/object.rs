//! The members of objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Comparison,
    said::{below, member, shortened},
    shape::{Schemas, Shape},
};
use crate::compatibility::Rule;

/// Members that are not named.
enum Others<'a> {
    Allowed,
    Refused,
    /// A map: its values have this schema.
    Are(Schemas<'a>),
}

impl<'a> Others<'a> {
    fn of(schemas: impl Iterator<Item = &'a Value>) -> Self {
        let mut all = Schemas::new();
        for schema in schemas {
            match schema {
                Value::Bool(true) => {}
                Value::Bool(false) => return Self::Refused,
                Value::Object(keywords) if keywords.is_empty() => {}
                schema => all.push(schema),
            }
        }
        if all.is_empty() { Self::Allowed } else { Self::Are(all) }
    }

    fn refused(&self) -> bool {
        matches!(self, Self::Refused)
    }
}

impl<'a> Comparison<'a, '_> {
    /// Objects, unless the same two have been compared elsewhere.
    pub(super) fn compare_object(&mut self, path: &str, old: &Shape<'a>, new: &Shape<'a>) {
        let is_new = self.objects.insert((old.parts.clone(), new.parts.clone()));
        if !is_new || !self.budget.take_steps(old.size + new.size) {
            return;
        }
        let others = |shape: &Shape<'a>| Others::of(shape.keyword("additionalProperties"));
        let (old_others, new_others) = (others(old), others(new));
        let mut added: BTreeSet<&'a str> =
            new.properties.keys().filter(|name| !old.properties.contains_key(*name)).copied().collect();
        let aliases = self.aliases(&added, new);
        for (name, old_schemas) in &old.properties {
            if let Some(new_schemas) = new.properties.get(name) {
                self.kept(path, name, old, new);
                self.compare(&member(path, name), old_schemas, new_schemas);
            } else if let Some(new_name) = aliases.get(name).filter(|new_name| added.remove(**new_name)) {
                self.renamed(path, (name, old), (new_name, new), &old_others);
                self.compare(&member(path, new_name), old_schemas, &new.properties[new_name]);
            } else {
                self.removed(path, name, old, &new_others);
            }
        }
        for name in added {
            self.added(path, name, new, &old_others);
        }
        self.patterns(path, (old, &old_others), (new, &new_others));
        self.others(path, "", "members that are not named", &old_others, &new_others);
        self.count_limits(path, old, new, ("minProperties", "maxProperties"), "members");
        self.constraints(path, old, new, false);
    }

    /// The members by the other names that they are read by: `x-aliases` lists serde's aliases.
    fn aliases(&mut self, added: &BTreeSet<&'a str>, new: &Shape<'a>) -> BTreeMap<&'a str, &'a str> {
        let mut by_alias = BTreeMap::new();
        for name in added {
            for schema in &new.properties[name] {
                let aliases = schema.get("x-aliases").and_then(Value::as_array).into_iter().flatten();
                for alias in aliases.filter_map(Value::as_str) {
                    if !self.budget.take_steps(1) {
                        return by_alias;
                    }
                    by_alias.entry(alias).or_insert(*name);
                }
            }
        }
        by_alias
    }

    /// `patternProperties`. What only one side has a pattern for is a member that is not named on the other.
    fn patterns(&mut self, path: &str, old: (&Shape<'a>, &Others<'a>), new: (&Shape<'a>, &Others<'a>)) {
        let of = |schemas: &Schemas<'a>| Others::of(schemas.iter().copied());
        let said = |pattern: &str| format!("members that match `{}`", shortened(pattern));
        for (pattern, schemas) in &old.0.patterns {
            let matching = new.0.patterns.get(pattern).map(of);
            self.others(path, pattern, &said(pattern), &of(schemas), matching.as_ref().unwrap_or(new.1));
        }
        for (pattern, schemas) in &new.0.patterns {
            if !old.0.patterns.contains_key(pattern) {
                self.others(path, pattern, &said(pattern), old.1, &of(schemas));
            }
        }
    }

    /// A member that both sides name.
    fn kept(&mut self, path: &str, name: &str, old: &Shape<'a>, new: &Shape<'a>) {
        let without = || Some(without(name));
        let path = member(path, name);
        match (old.required.contains(name), new.required.contains(name)) {
            (false, true) => {
                self.differ(Rule::FieldBecameRequired, &path, "it is required now", without(), None);
            }
            (true, false) => {
                self.differ(Rule::FieldBecameOptional, &path, "it may be missing now", None, without());
            }
            _ => {}
        }
    }

    fn added(&mut self, path: &str, name: &str, new: &Shape<'a>, old_others: &Others<'a>) {
        let gained = old_others.refused().then(|| format!("the member `{}`", shortened(name)));
        let (rule, change, lost) = if new.required.contains(name) {
            (Rule::RequiredFieldAdded, "it was added, and is required", Some(without(name)))
        } else {
            (Rule::OptionalFieldAdded, "it was added, and may be missing", None)
        };
        let path = member(path, name);
        self.differ(rule, &path, change, lost, gained);
        if let Others::Are(old_schemas) = old_others {
            self.compare(&path, old_schemas, &new.properties[name]);
        }
    }

    fn removed(&mut self, path: &str, name: &str, old: &Shape<'a>, new_others: &Others<'a>) {
        let lost = new_others.refused().then(|| format!("the member `{}`", shortened(name)));
        let (rule, change, gained) = if old.required.contains(name) {
            (Rule::RequiredFieldRemoved, "it was removed, and was required", Some(without(name)))
        } else {
            (Rule::OptionalFieldRemoved, "it was removed, and could be missing", None)
        };
        let path = member(path, name);
        self.differ(rule, &path, change, lost, gained);
        if let Others::Are(new_schemas) = new_others {
            self.compare(&path, &old.properties[name], new_schemas);
        }
    }

    /// A reader of the new schema takes both names, one of the old schema only the old one.
    fn renamed(
        &mut self,
        path: &str,
        (old_name, old): (&str, &Shape<'a>),
        (new_name, new): (&str, &Shape<'a>),
        old_others: &Others<'a>,
    ) {
        let is_missed = old.required.contains(old_name) || old_others.refused();
        let gained =
            is_missed.then(|| format!("`{}` in place of `{}`", shortened(new_name), shortened(old_name)));
        let is_new_requirement = new.required.contains(new_name) && !old.required.contains(old_name);
        let lost = is_new_requirement.then(|| without(old_name));
        let change = format!("it was called `{}`, which is an alias now", shortened(old_name));
        self.differ(Rule::FieldRenamedWithAlias, &member(path, new_name), change, lost, gained);
    }

    /// The members that have no name in the schema, or of these the ones that match a pattern.
    fn others(&mut self, path: &str, pattern: &str, members: &str, old: &Others<'a>, new: &Others<'a>) {
        let all = || Some(members.to_owned());
        let other_values = || Some(format!("other values of {members}"));
        let values = below(path, &format!("{{{pattern}}}"));
        match (old, new) {
            (Others::Are(old), Others::Are(new)) => self.compare(&values, old, new),
            (Others::Refused, Others::Allowed | Others::Are(_)) => {
                let change = format!("{members} are allowed now");
                self.differ(Rule::UnknownMembersAllowed, path, change, None, all());
            }
            (Others::Allowed | Others::Are(_), Others::Refused) => {
                let change = format!("{members} are refused now");
                self.differ(Rule::UnknownMembersRefused, path, change, all(), None);
            }
            (Others::Allowed, Others::Are(_)) => {
                let change = format!("{members} have a type now");
                self.differ(Rule::TypeNarrowed, &values, change, other_values(), None);
            }
            (Others::Are(_), Others::Allowed) => {
                let change = format!("{members} may have any type now");
                self.differ(Rule::TypeWidened, &values, change, None, other_values());
            }
            (Others::Allowed, Others::Allowed) | (Others::Refused, Others::Refused) => {}
        }
    }
}

fn without(name: &str) -> String {
    format!("messages without `{}`", shortened(name))
}
