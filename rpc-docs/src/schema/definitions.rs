//! The definitions of several services in one document.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use amqp_rpc_contract::description::ServiceDescription;
use serde_json::Value;

use super::{Names, Prefix, identifier, pascal_case, rewrite_references, target_of, visit};

/// The definitions of several services, each under a name of its own.
///
/// Services that have the same definition share it. Two definitions are the same if they say the same and lead to
/// definitions that are the same. Where one name has several, each is called after the first service that has it.
#[derive(Debug)]
pub(crate) struct Definitions {
    schemas: BTreeMap<String, Value>,
    /// For each service: the name in the document, by the service's own name.
    names: Vec<BTreeMap<String, String>>,
}

impl Definitions {
    /// Puts together the definitions of `services`. The names `reserved` are left free.
    pub(crate) fn of(services: &[ServiceDescription], reserved: &[&str]) -> Self {
        let nodes = nodes(services);
        let classes = classes(&nodes);
        let names_of_classes = name_classes(services, &nodes, &classes, reserved);
        let mut merged = Self { schemas: BTreeMap::new(), names: vec![BTreeMap::new(); services.len()] };
        for (node, class) in nodes.iter().zip(&classes) {
            merged.names[node.service].insert(node.name.to_owned(), names_of_classes[class].clone());
        }
        for (node, class) in nodes.iter().zip(&classes) {
            let name = &names_of_classes[class];
            if !merged.schemas.contains_key(name) {
                let mut schema = merged.rewritten(node.service, node.schema, Prefix::Components);
                // Generators of code call types by their titles.
                if schema.get("title").and_then(Value::as_str) == Some(node.name) {
                    schema["title"] = name.clone().into();
                }
                merged.schemas.insert(name.clone(), schema);
            }
        }
        merged
    }

    /// A schema of the service at this position, with references to the names in the document.
    pub(crate) fn rewritten(&self, service: usize, schema: &Value, prefix: Prefix) -> Value {
        let mut schema = schema.clone();
        rewrite_references(&mut schema, &|target| {
            self.names[service].get(target).map(|name| prefix.reference(name))
        });
        schema
    }

    /// All definitions, by their names. They refer to each other below `#/components/schemas/`.
    pub(crate) fn into_schemas(self) -> BTreeMap<String, Value> {
        self.schemas
    }
}

/// The names of the definitions that `roots` lead to, directly or through others. A name without a definition is not
/// among them.
pub(crate) fn reachable<'a>(
    roots: impl IntoIterator<Item = &'a Value>,
    schemas: &'a BTreeMap<String, Value>,
) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut unseen: Vec<&Value> = roots.into_iter().collect();
    while let Some(schema) = unseen.pop() {
        for target in targets(schema) {
            if let Some(definition) = schemas.get(&target)
                && reached.insert(target)
            {
                unseen.push(definition);
            }
        }
    }
    reached
}

/// A definition of one service.
#[derive(Debug)]
struct Node<'a> {
    service: usize,
    name: &'a str,
    schema: &'a Value,
    /// The positions of the definitions that it leads to; `None` for a name without a definition.
    targets: Vec<Option<usize>>,
}

fn nodes(services: &[ServiceDescription]) -> Vec<Node<'_>> {
    let all = || {
        let numbered = services.iter().enumerate();
        numbered
            .flat_map(|(service, description)| description.schemas.iter().map(move |named| (service, named)))
    };
    let positions: HashMap<(usize, &str), usize> = all()
        .enumerate()
        .map(|(position, (service, (name, _)))| ((service, name.as_str()), position))
        .collect();
    all()
        .map(|(service, (name, schema))| {
            let targets =
                targets(schema).into_iter().map(|target| positions.get(&(service, target.as_str())).copied());
            Node { service, name, schema, targets: targets.collect() }
        })
        .collect()
}

/// The class of each node: equal for those that are the same. Begins with what they say, and divides classes whose
/// members lead to different ones until nothing changes: so definitions that lead to themselves need no special case.
fn classes(nodes: &[Node<'_>]) -> Vec<usize> {
    let (mut classes, mut count) = numbered(nodes.iter().map(|node| (node.name, node.schema)));
    loop {
        let divided = nodes.iter().zip(&classes).map(|(node, class)| {
            let targets: Vec<_> =
                node.targets.iter().map(|target| target.map(|target| classes[target])).collect();
            (*class, targets)
        });
        let (finer, finer_count) = numbered(divided);
        if finer_count == count {
            return finer;
        }
        (classes, count) = (finer, finer_count);
    }
}

/// Numbers equal keys equally, in the order in which they come, and counts the different ones.
fn numbered<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> (Vec<usize>, usize) {
    let mut numbers = HashMap::new();
    let numbered = keys
        .map(|key| {
            let next = numbers.len();
            *numbers.entry(key).or_insert(next)
        })
        .collect();
    (numbered, numbers.len())
}

/// A name for each class. The names that only one class has are given first, so that a made-up one is never theirs.
fn name_classes(
    services: &[ServiceDescription],
    nodes: &[Node<'_>],
    classes: &[usize],
    reserved: &[&str],
) -> HashMap<usize, String> {
    // The first node of each class, in the order of the services.
    let mut firsts: BTreeMap<&str, Vec<(usize, &Node<'_>)>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for (node, class) in nodes.iter().zip(classes) {
        if seen.insert(class) {
            firsts.entry(node.name).or_default().push((*class, node));
        }
    }
    let mut taken = Names::taken(reserved.iter().copied().map(str::to_owned));
    let mut names = HashMap::new();
    for (name, of_name) in firsts.iter().filter(|(_, of_name)| of_name.len() == 1) {
        names.insert(of_name[0].0, taken.free(identifier(name)));
    }
    for (name, of_name) in firsts.iter().filter(|(_, of_name)| of_name.len() > 1) {
        for (class, node) in of_name {
            let service = &services[node.service].service;
            names.insert(*class, taken.free(identifier(&format!("{}{name}", pascal_case(service)))));
        }
    }
    names
}

/// The definitions that `schema` leads to directly, each once.
fn targets(schema: &Value) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    visit(schema, &mut |keywords| {
        targets.extend(keywords.get("$ref").and_then(Value::as_str).and_then(target_of));
    });
    targets
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service(name: &str, schemas: Value) -> ServiceDescription {
        let mut description = ServiceDescription::new(name);
        description.schemas = serde_json::from_value(schemas).unwrap();
        description
    }

    fn reference(name: &str) -> Value {
        json!({ "$ref": Prefix::Components.reference(name) })
    }

    #[test]
    fn equal_definitions_are_shared() {
        let user = json!({ "title": "User", "properties": { "friend": reference("User") } });
        let services = [service("a", json!({ "User": user })), service("b", json!({ "User": user }))];
        let definitions = Definitions::of(&services, &[]);
        assert_eq!(definitions.rewritten(1, &reference("User"), Prefix::Components), reference("User"));
        assert_eq!(serde_json::to_value(definitions.into_schemas()).unwrap(), json!({ "User": user }));
    }

    #[test]
    fn different_definitions_of_one_name_are_called_after_their_services() {
        let services = [
            service("user_admin", json!({ "Id": { "title": "Id", "type": "string" } })),
            service("b", json!({ "Id": { "title": "An id", "type": "integer" } })),
            service("c", json!({ "Id": { "title": "Id", "type": "string" } })),
        ];
        let definitions = Definitions::of(&services, &[]);
        for (service, name) in [(0, "UserAdminId"), (1, "BId"), (2, "UserAdminId")] {
            assert_eq!(
                definitions.rewritten(service, &reference("Id"), Prefix::Definitions)["$ref"],
                json!(format!("#/definitions/{name}"))
            );
        }
        let expected = json!({
            "BId": { "title": "An id", "type": "integer" }, "UserAdminId": { "title": "UserAdminId", "type": "string" },
        });
        assert_eq!(serde_json::to_value(definitions.into_schemas()).unwrap(), expected);
    }

    /// The two `Page` are written alike, and so are the two `List`, which lead to themselves as well.
    #[test]
    fn definitions_that_lead_to_different_ones_are_different() {
        let page = json!({ "items": reference("List") });
        let list = json!({ "anyOf": [reference("List"), reference("Item")] });
        let services = [
            service("a", json!({ "Page": page, "List": list, "Item": { "type": "string" } })),
            service("b", json!({ "Page": page, "List": list, "Item": { "type": "integer" } })),
        ];
        let schemas = Definitions::of(&services, &[]).into_schemas();
        assert_eq!(
            schemas.keys().collect::<Vec<_>>(),
            ["AItem", "AList", "APage", "BItem", "BList", "BPage"]
        );
        assert_eq!(schemas["BPage"], json!({ "items": reference("BList") }));
        assert_eq!(schemas["BList"], json!({ "anyOf": [reference("BList"), reference("BItem")] }));
    }

    #[test]
    fn made_up_names_do_not_meet_others() {
        let services = [
            service("a", json!({ "Id": true, "BId": {}, "Fault": {}, "Page<Id>": {}, "Page_Id_": true })),
            service("b", json!({ "Id": {} })),
        ];
        let definitions = Definitions::of(&services, &["Fault"]);
        assert_eq!(
            definitions.rewritten(0, &reference("Page<Id>"), Prefix::Components),
            reference("Page_Id_")
        );
        let schemas = definitions.into_schemas();
        let names: Vec<&String> = schemas.keys().collect();
        assert_eq!(names, ["AId", "BId", "BId_2", "Fault_2", "Page_Id_", "Page_Id__2"]);
    }

    #[test]
    fn a_reference_without_a_definition_stays() {
        let services = [service("a", json!({ "Page": reference("Missing") }))];
        let schemas = Definitions::of(&services, &[]).into_schemas();
        assert_eq!(schemas["Page"], reference("Missing"));
        assert_eq!(reachable([&schemas["Page"]], &schemas), BTreeSet::new());
    }

    #[test]
    fn what_is_reachable_includes_cycles_once() {
        let schemas =
            service("a", json!({ "A": reference("B"), "B": reference("A"), "C": reference("A") })).schemas;
        let names: Vec<String> = reachable([&reference("A")], &schemas).into_iter().collect();
        assert_eq!(names, ["A", "B"]);
    }
}
