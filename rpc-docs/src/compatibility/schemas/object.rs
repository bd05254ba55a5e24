//! The members of objects.

use serde_json::Value;

use super::{Comparison, shape::Shape};
use crate::compatibility::Rule;

/// Members that are not named.
enum Others<'a> {
    Allowed,
    Refused,
    /// A map: its values have this schema.
    Are(&'a Value),
}

impl<'a> Others<'a> {
    fn of(shape: &Shape<'a>) -> Self {
        match shape.keyword("additionalProperties") {
            None | Some(Value::Bool(true)) => Self::Allowed,
            Some(Value::Bool(false)) => Self::Refused,
            Some(Value::Object(keywords)) if keywords.is_empty() => Self::Allowed,
            Some(schema) => Self::Are(schema),
        }
    }

    fn refused(&self) -> bool {
        matches!(self, Self::Refused)
    }
}

impl<'a> Comparison<'a, '_> {
    pub(super) fn compare_object(&mut self, path: &str, old: &Shape<'a>, new: &Shape<'a>) {
        let (old_others, new_others) = (Others::of(old), Others::of(new));
        let mut added: Vec<&'a str> =
            new.properties.keys().filter(|name| !old.properties.contains_key(*name)).copied().collect();
        for (name, old_schema) in &old.properties {
            if let Some(new_schema) = new.properties.get(name) {
                self.kept(path, name, old, new);
                self.compare(&member(path, name), old_schema, new_schema);
            } else if let Some(position) =
                added.iter().position(|added| is_alias(name, new.properties[added]))
            {
                let new_name = added.remove(position);
                self.renamed(path, (name, old), (new_name, new), &old_others);
                self.compare(&member(path, new_name), old_schema, new.properties[new_name]);
            } else {
                self.removed(path, name, old, &new_others);
            }
        }
        for name in added {
            self.added(path, name, new, &old_others);
        }
        self.others(path, &old_others, &new_others);
        self.count_limits(path, old, new, ("minProperties", "maxProperties"), "members");
        self.constraints(path, old, new, false);
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
        let gained = old_others.refused().then(|| format!("the member `{name}`"));
        let (rule, change, lost) = if new.required.contains(name) {
            (Rule::RequiredFieldAdded, "it was added, and is required", Some(without(name)))
        } else {
            (Rule::OptionalFieldAdded, "it was added, and may be missing", None)
        };
        let path = member(path, name);
        self.differ(rule, &path, change, lost, gained);
        if let Others::Are(old_schema) = old_others {
            self.compare(&path, old_schema, new.properties[name]);
        }
    }

    fn removed(&mut self, path: &str, name: &str, old: &Shape<'a>, new_others: &Others<'a>) {
        let lost = new_others.refused().then(|| format!("the member `{name}`"));
        let (rule, change, gained) = if old.required.contains(name) {
            (Rule::RequiredFieldRemoved, "it was removed, and was required", Some(without(name)))
        } else {
            (Rule::OptionalFieldRemoved, "it was removed, and could be missing", None)
        };
        let path = member(path, name);
        self.differ(rule, &path, change, lost, gained);
        if let Others::Are(new_schema) = new_others {
            self.compare(&path, old.properties[name], new_schema);
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
        let gained = is_missed.then(|| format!("`{new_name}` in place of `{old_name}`"));
        let is_new_requirement = new.required.contains(new_name) && !old.required.contains(old_name);
        let lost = is_new_requirement.then(|| without(old_name));
        let change = format!("it was called `{old_name}`, which is an alias now");
        self.differ(Rule::FieldRenamedWithAlias, &member(path, new_name), change, lost, gained);
    }

    fn others(&mut self, path: &str, old: &Others<'a>, new: &Others<'a>) {
        let unnamed = || Some("members that are not named".to_owned());
        match (old, new) {
            (Others::Are(old), Others::Are(new)) => self.compare(&format!("{path}{{}}"), old, new),
            (Others::Refused, Others::Allowed | Others::Are(_)) => {
                let change = "members that are not named are allowed now";
                self.differ(Rule::UnknownMembersAllowed, path, change, None, unnamed());
            }
            (Others::Allowed | Others::Are(_), Others::Refused) => {
                let change = "members that are not named are refused now";
                self.differ(Rule::UnknownMembersRefused, path, change, unnamed(), None);
            }
            (Others::Allowed, Others::Are(_)) => {
                let values = Some("other values of members that are not named".to_owned());
                let change = "members that are not named have a type now";
                self.differ(Rule::TypeNarrowed, &format!("{path}{{}}"), change, values, None);
            }
            (Others::Are(_), Others::Allowed) => {
                let values = Some("other values of members that are not named".to_owned());
                let change = "members that are not named may have any type now";
                self.differ(Rule::TypeWidened, &format!("{path}{{}}"), change, None, values);
            }
            (Others::Allowed, Others::Allowed) | (Others::Refused, Others::Refused) => {}
        }
    }
}

/// Whether a member with this schema is also read by `name`: `x-aliases` lists serde's aliases.
fn is_alias(name: &str, schema: &Value) -> bool {
    let aliases = schema.get("x-aliases").and_then(Value::as_array);
    aliases.is_some_and(|aliases| aliases.iter().any(|alias| alias == name))
}

fn without(name: &str) -> String {
    format!("messages without `{name}`")
}

fn member(path: &str, name: &str) -> String {
    format!("{path}.{name}")
}
