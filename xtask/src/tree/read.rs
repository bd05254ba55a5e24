//! Reads a crate's modules from its root file on, following `mod` declarations.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    Attribute, Expr, ExprLit, Item, ItemMod, ItemUse, Lit, Meta, UseTree, spanned::Spanned, visit::Visit,
};

use super::{
    FileId, Module, ModuleId, ModulePath, SourceFile, Tree, Use, paths,
    test_code::{is_test_code, is_test_module},
};
use crate::workspace::{Crate, Workspace};

impl Tree {
    pub(crate) fn read(workspace: &Workspace, krate: &Crate) -> Result<Self, String> {
        let mut tree = Self::default();
        Reader { workspace, tree: &mut tree }.file(&krate.root, &krate.name, None, true)?;
        Ok(tree)
    }
}

struct Reader<'a> {
    workspace: &'a Workspace,
    tree: &'a mut Tree,
}

impl Reader<'_> {
    fn file(
        &mut self,
        path: &str,
        name: &str,
        parent: Option<ModuleId>,
        is_root: bool,
    ) -> Result<ModuleId, String> {
        let text = self.workspace.files.get(path).ok_or_else(|| format!("{path}: there is no such file"))?;
        let mut syntax = syn::parse_file(text)
            .map_err(|error| format!("{path}:{}: {error}", error.span().start().line))?;
        let items = std::mem::take(&mut syntax.items);
        let (file, module) = (self.tree.files.len(), self.tree.modules.len());
        self.tree.files.push(SourceFile { path: path.to_owned(), module, syntax });
        self.module(name, parent, file);
        let folder = match path.rsplit_once('/') {
            Some((folder, "mod.rs")) => folder,
            Some((folder, _)) if is_root => folder,
            _ => path.trim_end_matches(".rs"),
        };
        self.items(module, &items, folder)?;
        self.tree.files[file].syntax.items = items;
        Ok(module)
    }

    fn module(&mut self, name: &str, parent: Option<ModuleId>, file: FileId) -> ModuleId {
        self.tree.modules.push(Module {
            name: name.to_owned(),
            parent,
            file,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            uses: Vec::new(),
            paths: Vec::new(),
        });
        self.tree.modules.len() - 1
    }

    /// `folder` is where the files of the module's children are.
    fn items(&mut self, module: ModuleId, items: &[Item], folder: &str) -> Result<(), String> {
        for item in items {
            if is_test_code(attributes(item)) {
                continue;
            }
            if let Item::Mod(inner) = item {
                self.child(module, inner, folder)?;
                continue;
            }
            let into = &mut self.tree.modules[module];
            into.items.extend(name(item));
            let mut code = paths::Code::default();
            code.visit_item(item);
            into.paths.append(&mut code.paths);
            for declaration in code.uses {
                into.uses.extend(names_of(declaration));
            }
        }
        Ok(())
    }

    fn child(&mut self, module: ModuleId, inner: &ItemMod, folder: &str) -> Result<(), String> {
        let name = inner.ident.to_string();
        if is_test_module(&name) {
            return Ok(());
        }
        let file = self.tree.modules[module].file;
        let child = if let Some((_, items)) = &inner.content {
            let child = self.module(&name, Some(module), file);
            self.items(child, items, &format!("{folder}/{name}"))?;
            child
        } else {
            let path = self.path_of(inner, folder, file).ok_or_else(|| {
                let line = inner.span().start().line;
                format!("{}:{line}: no file for `mod {name}`", self.tree.files[file].path)
            })?;
            self.file(&path, &name, Some(module), false)?
        };
        self.tree.modules[module].children.insert(name, child);
        Ok(())
    }

    fn path_of(&self, inner: &ItemMod, folder: &str, file: FileId) -> Option<String> {
        let candidates = match path_attribute(&inner.attrs) {
            Some(path) => {
                let beside = self.tree.files[file].path.rsplit_once('/')?.0;
                vec![beside_path(beside, &path)]
            }
            None => vec![format!("{folder}/{}.rs", inner.ident), format!("{folder}/{}/mod.rs", inner.ident)],
        };
        candidates.into_iter().find(|path| self.workspace.files.contains_key(path))
    }
}

/// A path from the root, of one that is relative to the folder.
fn beside_path(folder: &str, path: &str) -> String {
    let mut segments: Vec<&str> = folder.split('/').collect();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    segments.join("/")
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item defines in its module.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn names_of(declaration: &ItemUse) -> Vec<Use> {
    let mut uses = Vec::new();
    let start = ModulePath { is_global: declaration.leading_colon.is_some(), segments: Vec::new() };
    collect_names(&declaration.tree, start, &mut uses);
    uses
}

fn collect_names(tree: &UseTree, mut path: ModulePath, into: &mut Vec<Use>) {
    match tree {
        UseTree::Path(inner) => {
            path.segments.push(inner.ident.to_string());
            collect_names(&inner.tree, path, into);
        }
        UseTree::Group(group) => {
            for inner in &group.items {
                collect_names(inner, path.clone(), into);
            }
        }
        UseTree::Glob(_) => into.push(Use { path, name: None }),
        UseTree::Name(name) => {
            // `use a::b::{self}` brings in `b`.
            if name.ident != "self" || path.segments.is_empty() {
                path.segments.push(name.ident.to_string());
            }
            let name = path.segments.last().cloned();
            into.push(Use { path, name });
        }
        UseTree::Rename(rename) => {
            if rename.ident != "self" || path.segments.is_empty() {
                path.segments.push(rename.ident.to_string());
            }
            into.push(Use { path, name: Some(rename.rename.to_string()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_attribute_is_relative_to_the_folder_of_its_file() {
        assert_eq!(beside_path("tests", "../benches/soak/./ledger.rs"), "benches/soak/ledger.rs");
        assert_eq!(beside_path("rpc-broker/benches", "memory.rs"), "rpc-broker/benches/memory.rs");
    }
}
