//! The methods with values that travel encrypted.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::schema::{mentions_secret, target_of, visit};

/// The names of the definitions that hold a secret, or lead to one that does. Takes each definition once.
pub(super) fn leading_to_secrets(schemas: &BTreeMap<String, Value>) -> HashSet<String> {
    let mut users: HashMap<String, Vec<&str>> = HashMap::new();
    for (name, schema) in schemas {
        for target in targets(schema) {
            users.entry(target).or_default().push(name);
        }
    }
    let mut found: HashSet<String> = HashSet::new();
    let mut unseen: Vec<&str> =
        schemas.iter().filter(|(_, schema)| mentions_secret(schema)).map(|(name, _)| name.as_str()).collect();
    while let Some(name) = unseen.pop() {
        if found.insert(name.to_owned()) {
            unseen.extend(users.get(name).into_iter().flatten());
        }
    }
    found
}

/// Whether `schema` holds a secret, or refers to one of these definitions.
pub(super) fn has_secret(schema: &Value, leading_to_secrets: &HashSet<String>) -> bool {
    mentions_secret(schema) || targets(schema).iter().any(|target| leading_to_secrets.contains(target))
}

fn targets(schema: &Value) -> Vec<String> {
    let mut targets = Vec::new();
    visit(schema, &mut |keywords| {
        targets.extend(keywords.get("$ref").and_then(Value::as_str).and_then(target_of));
    });
    targets
}
