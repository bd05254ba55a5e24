//! The modules of a crate as its sources declare them, and which file imports what from which.

mod imports;
mod paths;
mod read;
mod resolve;
mod test_code;

pub(crate) use imports::{Imports, imports};
pub(crate) use test_code::is_test_code;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type FileId = usize;
pub(crate) type ModuleId = usize;

/// The module that every crate has; its file has the same number.
pub(crate) const ROOT: ModuleId = 0;

/// A crate's modules. Test code is left out.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) modules: Vec<Module>,
    pub(crate) files: Vec<SourceFile>,
}

pub(crate) struct SourceFile {
    pub(crate) path: String,
    /// The module whose body the file is.
    pub(crate) module: ModuleId,
    pub(crate) syntax: syn::File,
}

#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) parent: Option<ModuleId>,
    /// The file it stands in, which an inline module shares with its parent.
    pub(crate) file: FileId,
    pub(crate) children: BTreeMap<String, ModuleId>,
    /// The names it defines, other than modules.
    items: BTreeSet<String>,
    /// Its `use` declarations, those inside functions included.
    uses: Vec<Use>,
    /// Paths of more than one segment in its code.
    paths: Vec<ModulePath>,
}

/// One name of a `use` declaration.
#[derive(Debug)]
struct Use {
    path: ModulePath,
    /// The name that it brings in; none for `*`.
    name: Option<String>,
}

/// A path as it is written, without generic arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ModulePath {
    is_global: bool,
    segments: Vec<String>,
}

impl Tree {
    /// Whether one file's module is inside the other's, in either direction.
    pub(crate) fn is_within_or_around(&self, one: FileId, other: FileId) -> bool {
        self.is_within(one, other) || self.is_within(other, one)
    }

    fn is_within(&self, inner: FileId, outer: FileId) -> bool {
        let outer = self.files[outer].module;
        self.ancestors(self.files[inner].module).any(|module| module == outer)
    }

    /// The module itself, its parent, and so on up to the root.
    pub(crate) fn ancestors(&self, module: ModuleId) -> impl Iterator<Item = ModuleId> {
        std::iter::successors(Some(module), |&module| self.modules[module].parent)
    }

    /// The direct child of `module` that the file belongs to; none where it is the module's own, or outside.
    pub(crate) fn child_of(&self, module: ModuleId, file: FileId) -> Option<ModuleId> {
        self.ancestors(self.files[file].module).find(|&inner| self.modules[inner].parent == Some(module))
    }

    /// The module of a path like `server::consume`; the root for an empty one.
    pub(crate) fn module_at(&self, path: &[&str]) -> Option<ModuleId> {
        path.iter().try_fold(ROOT, |module, name| self.modules[module].children.get(*name).copied())
    }
}
