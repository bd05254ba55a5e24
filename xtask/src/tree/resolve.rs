//! Finds where the name at the end of a path is defined, through `use` declarations of any module on the way.

use std::collections::BTreeSet;

use super::{FileId, ModuleId, ModulePath, ROOT, Tree};

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    Module(ModuleId),
    Item { file: FileId, name: String },
}

/// `use` declarations that are being followed: a module and a place in its list.
type Followed = BTreeSet<(ModuleId, usize)>;

impl Tree {
    /// A name can be several things: a type and a function, or one thing for each of several features. Empty
    /// where another crate defines it.
    pub(super) fn resolve(&self, from: ModuleId, path: &ModulePath) -> BTreeSet<Named> {
        self.follow(from, path, &Followed::new())
    }

    fn follow(&self, from: ModuleId, path: &ModulePath, followed: &Followed) -> BTreeSet<Named> {
        if path.is_global {
            return BTreeSet::new();
        }
        let mut rest = path.segments.as_slice();
        let mut start = None;
        while let [first, after @ ..] = rest {
            start = match first.as_str() {
                "crate" => Some(ROOT),
                "self" => Some(start.unwrap_or(from)),
                "super" => self.modules[start.unwrap_or(from)].parent,
                _ => break,
            };
            rest = after;
        }
        let (Some((first, after)), is_lexical) = (rest.split_first(), start.is_none()) else {
            return start.map(Named::Module).into_iter().collect();
        };
        let found = self.look_up(start.unwrap_or(from), first, is_lexical, followed);
        after.iter().fold(found, |found, name| self.step(found, name, followed))
    }

    /// What `::name` after something names. Of a type it is a part of the type.
    fn step(&self, found: BTreeSet<Named>, name: &str, followed: &Followed) -> BTreeSet<Named> {
        let mut next = BTreeSet::new();
        for named in found {
            match named {
                Named::Module(module) => next.append(&mut self.look_up(module, name, false, followed)),
                item @ Named::Item { .. } => {
                    next.insert(item);
                }
            }
        }
        next
    }

    /// The name in the module: its own, else what a `use` brings in. Where nothing does, and it must be
    /// there, a macro made it.
    fn look_up(
        &self,
        module: ModuleId,
        name: &str,
        is_lexical: bool,
        followed: &Followed,
    ) -> BTreeSet<Named> {
        let scope = &self.modules[module];
        let mut found = BTreeSet::new();
        found.extend(scope.children.get(name).copied().map(Named::Module));
        if scope.items.contains(name) {
            found.insert(Named::Item { file: scope.file, name: name.to_owned() });
        }
        let mut is_imported = false;
        for (number, import) in scope.uses.iter().enumerate() {
            if import.name.as_deref() == Some(name) {
                is_imported = true;
                found.append(&mut self.follow_use(module, number, followed));
            }
        }
        if !found.is_empty() || is_imported {
            return found;
        }
        let globs = || scope.uses.iter().enumerate().filter(|(_, import)| import.name.is_none());
        for (number, _) in globs() {
            let followed_now = with(followed, (module, number));
            for target in self.follow_use(module, number, followed) {
                if let Named::Module(target) = target {
                    found.append(&mut self.look_up(target, name, true, &followed_now));
                }
            }
        }
        if found.is_empty() && !is_lexical && globs().next().is_none() {
            found.insert(Named::Item { file: scope.file, name: name.to_owned() });
        }
        found
    }

    /// Nothing where it is being followed already.
    fn follow_use(&self, module: ModuleId, number: usize, followed: &Followed) -> BTreeSet<Named> {
        if followed.contains(&(module, number)) {
            return BTreeSet::new();
        }
        self.follow(module, &self.modules[module].uses[number].path, &with(followed, (module, number)))
    }
}

fn with(followed: &Followed, one: (ModuleId, usize)) -> Followed {
    let mut followed = followed.clone();
    followed.insert(one);
    followed
}
