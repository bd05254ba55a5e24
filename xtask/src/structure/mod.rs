//! The rules about files, folders and imports, and the numbers behind them.

mod circles;
mod files;
mod folders;
mod functions;
mod manifests;
mod order;

use std::fmt::Write as _;

use crate::{
    tree::{Imports, Tree, imports},
    workspace::{Problem, Workspace},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Circles,
    Order,
    Folders,
    Functions,
    Files,
    Manifests,
}

impl Rule {
    pub(crate) const ALL: [Self; 6] =
        [Self::Circles, Self::Order, Self::Folders, Self::Functions, Self::Files, Self::Manifests];

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Circles => "circles",
            Self::Order => "order",
            Self::Folders => "folders",
            Self::Functions => "functions",
            Self::Files => "files",
            Self::Manifests => "manifests",
        }
    }
}

/// The workspace with its crates' modules and imports.
pub(crate) struct Structure<'a> {
    workspace: &'a Workspace,
    crates: Vec<CrateStructure>,
}

struct CrateStructure {
    name: String,
    tree: Tree,
    imports: Imports,
}

impl<'a> Structure<'a> {
    pub(crate) fn read(workspace: &'a Workspace) -> Result<Self, String> {
        let crates = workspace.crates().into_iter().map(|krate| {
            let tree = Tree::read(workspace, &krate)?;
            let imports = imports(&tree);
            Ok(CrateStructure { name: krate.name, tree, imports })
        });
        Ok(Self { workspace, crates: crates.collect::<Result<_, String>>()? })
    }

    pub(crate) fn problems(&self, rules: &[Rule]) -> Result<Vec<Problem>, String> {
        let mut problems = Vec::new();
        for rule in rules {
            problems.append(&mut match rule {
                Rule::Circles => self.of_crates(|krate| circles::problems(&krate.tree, &krate.imports)),
                Rule::Order => {
                    let orders = order::read(include_str!("../../order.txt"))?;
                    self.of_crates(|krate| order::problems(&orders, &krate.name, &krate.tree, &krate.imports))
                }
                Rule::Folders => folders::problems(self.workspace),
                Rule::Functions => self.of_crates(|krate| functions::problems(&krate.tree)),
                Rule::Files => files::problems(self.workspace, include_str!("../../long-files.txt"))?,
                Rule::Manifests => manifests::problems(self.workspace),
            });
        }
        Ok(problems)
    }

    /// Circles between folders, which no rule forbids, with the imports that make them.
    pub(crate) fn room_circles(&self) -> Vec<Problem> {
        self.of_crates(|krate| circles::between_rooms(&krate.tree, &krate.imports))
    }

    pub(crate) fn counts(&self) -> String {
        let mut text = String::new();
        for krate in &self.crates {
            let circles = circles::sizes(&krate.tree, &krate.imports);
            let functions = functions::problems(&krate.tree);
            let rooms = circles::between_rooms(&krate.tree, &krate.imports).len();
            let files = krate.tree.files.len();
            let _ = writeln!(
                text,
                "{}: {files} files without tests, {} imports",
                krate.name,
                krate.imports.len()
            );
            let _ = writeln!(text, "    import circles between files: {}{}", circles.len(), list(&circles));
            let _ = writeln!(text, "    import circles between modules, each with all inside it: {rooms}");
            let _ = writeln!(text, "    functions over {} lines: {}", functions::MOST, functions.len());
        }
        let _ = writeln!(text, "files per folder:");
        for (folder, count) in folders::counts(self.workspace) {
            let _ = writeln!(text, "    {count:3} {folder}");
        }
        text
    }

    fn of_crates(&self, check: impl Fn(&CrateStructure) -> Vec<Problem>) -> Vec<Problem> {
        self.crates.iter().flat_map(check).collect()
    }
}

fn list(sizes: &[usize]) -> String {
    if sizes.is_empty() {
        return String::new();
    }
    let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
    format!(" (of {} files)", sizes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The structure of a crate of these files, whose root is `src/lib.rs`.
    pub(super) fn structure_of<R>(files: &[(&str, &str)], check: impl FnOnce(&Tree, &Imports) -> R) -> R {
        let mut workspace = Workspace::default();
        for (path, text) in files {
            workspace.files.insert((*path).to_owned(), (*text).to_owned());
        }
        let structure = Structure::read(&workspace).expect("the sources are Rust");
        let krate = structure.crates.first().expect("there is a root");
        check(&krate.tree, &krate.imports)
    }

    #[test]
    fn every_rule_has_a_name_of_its_own() {
        for rule in Rule::ALL {
            assert_eq!(Rule::by_name(rule.name()), Some(rule));
        }
    }

    #[test]
    fn a_missing_module_is_named_with_its_place() {
        let mut workspace = Workspace::default();
        workspace.files.insert("src/lib.rs".to_owned(), "\nmod gone;".to_owned());
        let error = Structure::read(&workspace).err().expect("there is no such file");
        assert_eq!(error, "src/lib.rs:2: no file for `mod gone`");
    }
}
