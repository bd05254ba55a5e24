//! Keeps the order of modules: each imports only from those below it.

use std::collections::BTreeMap;

use crate::{
    tree::{Imports, ModuleId, Tree},
    workspace::Problem,
};

/// The layers of the modules that stand directly in one module.
#[derive(Debug)]
pub(super) struct Order {
    /// The crate and the path in it: `rpc-runtime::server`.
    module: String,
    places: BTreeMap<String, Place>,
}

/// Where a module stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Counted from the lowest.
    layer: usize,
    /// Modules of one layer import each other only within a group.
    group: usize,
}

/// Reads the table: `[crate::path]`, then a line for each layer, the lowest first. In a line ` | ` stands
/// between modules that do not import each other, ` + ` between those that may.
pub(super) fn read(table: &str) -> Result<Vec<Order>, String> {
    let mut orders: Vec<Order> = Vec::new();
    for (number, line) in table.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("").trim();
        let wrong = |what: &str| format!("xtask/order.txt:{}: {what}", number + 1);
        if line.is_empty() {
            continue;
        }
        if let Some(module) = line.strip_prefix('[') {
            let module = module.strip_suffix(']').ok_or_else(|| wrong("no `]`"))?.to_owned();
            orders.push(Order { module, places: BTreeMap::new() });
            continue;
        }
        let order = orders.last_mut().ok_or_else(|| wrong("a layer without a `[crate::path]` before it"))?;
        for (group, modules) in line.split(" | ").enumerate() {
            for module in modules.split(" + ").map(str::trim) {
                let place = Place { layer: number, group };
                if order.places.insert(module.to_owned(), place).is_some() {
                    return Err(wrong(&format!("{module} stands there twice")));
                }
            }
        }
    }
    Ok(orders)
}

pub(super) fn problems(orders: &[Order], krate: &str, tree: &Tree, imports: &Imports) -> Vec<Problem> {
    let mut problems = Vec::new();
    for order in orders {
        let mut path: Vec<&str> = order.module.split("::").collect();
        if path.remove(0) != krate {
            continue;
        }
        match tree.module_at(&path) {
            Some(module) => {
                problems.append(&mut order.gaps(tree, module));
                problems.append(&mut order.violations(tree, module, imports));
            }
            None => {
                problems
                    .push(Problem::new("xtask/order.txt", format!("there is no module {}", order.module)));
            }
        }
    }
    problems
}

impl Order {
    /// Modules that are missing in the table, and those that are only there.
    fn gaps(&self, tree: &Tree, module: ModuleId) -> Vec<Problem> {
        let children = &tree.modules[module].children;
        let missing = children
            .keys()
            .filter(|name| !self.places.contains_key(*name))
            .map(|name| format!("{name} is missing"));
        let gone = self
            .places
            .keys()
            .filter(|name| !children.contains_key(*name))
            .map(|name| format!("there is no {name}"));
        missing
            .chain(gone)
            .map(|text| Problem::new("xtask/order.txt", format!("[{}]: {text}", self.module)))
            .collect()
    }

    fn violations(&self, tree: &Tree, module: ModuleId, imports: &Imports) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (&(from, to), names) in imports {
            let (Some(importing), Some(imported)) = (tree.child_of(module, from), tree.child_of(module, to))
            else {
                continue;
            };
            let (importing, imported) = (&tree.modules[importing].name, &tree.modules[imported].name);
            let (Some(upper), Some(lower)) = (self.places.get(importing), self.places.get(imported)) else {
                continue;
            };
            if importing == imported || lower.layer < upper.layer || lower == upper {
                continue;
            }
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let how = if lower.layer == upper.layer { "beside" } else { "below" };
            let text = format!(
                "imports {} from {}, but {importing} stands {how} {imported}",
                names.join(", "),
                tree.files[to].path
            );
            problems.push(Problem::new(&tree.files[from].path, text));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::structure_of, *};

    const FILES: [(&str, &str); 5] = [
        ("src/lib.rs", "mod plain; mod client; mod server; pub use client::Client;"),
        ("src/plain.rs", "pub struct Plain;"),
        ("src/client/mod.rs", "mod call; pub use call::Call; use crate::plain::Plain; pub struct Client;"),
        ("src/client/call.rs", "use super::Client; pub struct Call;"),
        ("src/server.rs", "use crate::{plain::Plain, client::Call};"),
    ];

    fn violations(table: &str) -> Vec<String> {
        let orders = read(table).expect("the table is right");
        let found = structure_of(&FILES, |tree, imports| problems(&orders, "amqp-rpc", tree, imports));
        found.iter().map(Problem::to_string).collect()
    }

    #[test]
    fn imports_from_below_are_in_order() {
        assert!(violations("[amqp-rpc]\nplain\nclient\nserver").is_empty());
        assert!(violations("[amqp-rpc]\nplain\nclient + server").is_empty());
        assert!(violations("[amqp-rpc::client]\ncall # and nothing else").is_empty());
        assert!(violations("[other]\nanything").is_empty());
    }

    #[test]
    fn imports_from_above_and_from_beside_are_not() {
        let found = violations("[amqp-rpc]\nserver\nplain\nclient");
        assert_eq!(
            found,
            [
                "src/server.rs: imports Plain from src/plain.rs, but server stands below plain",
                "src/server.rs: imports Call from src/client/call.rs, but server stands below client",
            ]
        );
        assert_eq!(
            violations("[amqp-rpc]\nplain\nclient | server"),
            ["src/server.rs: imports Call from src/client/call.rs, but server stands beside client"]
        );
    }

    #[test]
    fn every_module_stands_in_the_table_once() {
        assert_eq!(
            violations("[amqp-rpc]\nplain\nclient\ncodec"),
            [
                "xtask/order.txt: [amqp-rpc]: server is missing",
                "xtask/order.txt: [amqp-rpc]: there is no codec"
            ]
        );
        assert!(read("[a]\nb\nb").is_err());
        assert!(read("b").is_err());
    }
}
