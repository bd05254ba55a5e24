//! Which file imports which names from which other file.

use std::collections::{BTreeMap, BTreeSet};

use super::{FileId, Tree, resolve::Named};

/// By importing and by defining file, the names.
pub(crate) type Imports = BTreeMap<(FileId, FileId), BTreeSet<String>>;

/// A path to a module alone imports nothing; `*` counts as an import of the module's file.
pub(crate) fn imports(tree: &Tree) -> Imports {
    let mut imports = Imports::new();
    for (id, module) in tree.modules.iter().enumerate() {
        for declaration in &module.uses {
            for named in tree.resolve(id, &declaration.path) {
                match (named, &declaration.name) {
                    (Named::Module(target), None) => {
                        add(&mut imports, module.file, tree.modules[target].file, "*");
                    }
                    (Named::Module(_), Some(_)) => {}
                    (Named::Item { file, name }, _) => add(&mut imports, module.file, file, &name),
                }
            }
        }
        for path in &module.paths {
            for named in tree.resolve(id, path) {
                if let Named::Item { file, name } = named {
                    add(&mut imports, module.file, file, &name);
                }
            }
        }
    }
    imports
}

fn add(imports: &mut Imports, from: FileId, to: FileId, name: &str) {
    if from != to {
        imports.entry((from, to)).or_default().insert(name.to_owned());
    }
}
