//! Collects the paths and `use` declarations of code, those in the arguments of macros included.

use syn::{
    Attribute, ImplItemFn, ItemFn, ItemMacro, ItemMod, ItemUse, Macro, Path, Visibility,
    visit::{self, Visit},
};

use proc_macro2::{TokenStream, TokenTree};

use super::{ModulePath, test_code::is_test_code};

/// Macros whose arguments are code of another crate.
const QUOTING: [&str; 4] = ["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];

#[derive(Default)]
pub(super) struct Code<'a> {
    pub(super) paths: Vec<ModulePath>,
    pub(super) uses: Vec<&'a ItemUse>,
}

impl<'a> Visit<'a> for Code<'a> {
    fn visit_item_use(&mut self, declaration: &'a ItemUse) {
        if !is_test_code(&declaration.attrs) {
            self.uses.push(declaration);
        }
    }

    fn visit_path(&mut self, path: &'a Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(path.leading_colon.is_some(), segments);
        visit::visit_path(self, path);
    }

    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        if !is_test_code(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'a ImplItemFn) {
        if !is_test_code(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.visit_path(&call.path);
        if !call.path.segments.last().is_some_and(|last| QUOTING.iter().any(|name| last.ident == name)) {
            self.tokens(call.tokens.clone());
        }
    }

    fn visit_item_macro(&mut self, item: &'a ItemMacro) {
        self.visit_macro(&item.mac);
    }

    // A module in a function is not worth a scope of its own.
    fn visit_item_mod(&mut self, _: &'a ItemMod) {}

    // `pub(in path)` imports nothing.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_attribute(&mut self, _: &'a Attribute) {}
}

impl Code<'_> {
    fn add(&mut self, is_global: bool, segments: Vec<String>) {
        if segments.len() > 1 {
            self.paths.push(ModulePath { is_global, segments });
        }
    }

    /// Names with `::` between them, for the arguments of a macro need not be expressions.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut segments, mut is_global, mut colons) = (Vec::new(), false, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add(is_global, std::mem::take(&mut segments));
                    }
                    if segments.is_empty() {
                        is_global = colons == 2;
                    }
                    segments.push(ident.to_string());
                }
                TokenTree::Group(group) => {
                    self.add(is_global, std::mem::take(&mut segments));
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.add(is_global, std::mem::take(&mut segments));
                }
            }
            colons = 0;
        }
        self.add(is_global, segments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str) -> Vec<String> {
        let file = syn::parse_file(code).expect("it is Rust");
        let mut code = Code::default();
        code.visit_file(&file);
        code.paths
            .into_iter()
            .map(|path| format!("{}{}", if path.is_global { "::" } else { "" }, path.segments.join("::")))
            .collect()
    }

    #[test]
    fn paths_in_the_arguments_of_macros_are_found() {
        assert_eq!(
            paths("fn f() { select! { x = super::a::b(::c::d, e.f(crate::g::<u8>::h)) => y::Z { a: b } } }"),
            ["super::a::b", "::c::d", "crate::g", "y::Z"],
        );
    }

    #[test]
    fn code_of_other_crates_and_of_tests_is_left_out() {
        assert!(paths("fn f() { quote!(super::a::b) }").is_empty());
        assert!(paths("struct A; impl A { #[cfg(test)] fn f() { super::a::b() } }").is_empty());
        assert!(paths("pub(in crate::a) struct A;").is_empty());
    }
}
