//! Limits the length of a function's body.

use proc_macro2::Span;
use syn::{
    Block, Ident, ImplItemFn, ItemFn, ItemMod, TraitItemFn,
    visit::{self, Visit},
};

use crate::{
    tree::{Tree, is_test_code},
    workspace::Problem,
};

pub(super) const MOST: usize = 60;

pub(super) fn problems(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &tree.files {
        let mut functions = Functions::default();
        functions.visit_file(&file.syntax);
        for Function { name, line, lines } in functions.found {
            if lines > MOST {
                let text = format!("`{name}` has {lines} lines: split it into steps of at most {MOST}");
                problems.push(Problem::new(format!("{}:{line}", file.path), text));
            }
        }
    }
    problems
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Functions and methods with the lines from `{` to `}`; a function inside another one counts for itself
/// alone.
#[derive(Default)]
struct Functions {
    found: Vec<Function>,
    /// Lines of functions inside the one that is being visited.
    inner: usize,
}

impl Functions {
    fn measure(&mut self, name: &Ident, body: &Block, visit_body: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.inner);
        visit_body(self);
        let whole = last_line(body.brace_token.span.close()) - first_line(body.brace_token.span.open()) + 1;
        let lines = whole - self.inner;
        self.found.push(Function { name: name.to_string(), line: first_line(name.span()), lines });
        self.inner = outer + whole;
    }
}

fn first_line(span: Span) -> usize {
    span.start().line
}

fn last_line(span: Span) -> usize {
    span.end().line
}

impl Visit<'_> for Functions {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        if !is_test_code(&function.attrs) {
            self.measure(&function.sig.ident, &function.block, |this| visit::visit_item_fn(this, function));
        }
    }

    fn visit_impl_item_fn(&mut self, function: &ImplItemFn) {
        if !is_test_code(&function.attrs) {
            self.measure(&function.sig.ident, &function.block, |this| {
                visit::visit_impl_item_fn(this, function);
            });
        }
    }

    fn visit_trait_item_fn(&mut self, function: &TraitItemFn) {
        if let Some(body) = &function.default {
            self.measure(&function.sig.ident, body, |this| visit::visit_trait_item_fn(this, function));
        }
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        if !is_test_code(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::structure_of, *};

    fn long(code: &str) -> Vec<String> {
        structure_of(&[("src/lib.rs", code)], |tree, _| problems(tree))
            .iter()
            .map(Problem::to_string)
            .collect()
    }

    /// A body of so many lines, with its braces.
    fn body(lines: usize) -> String {
        format!("{{\n{}}}\n", "step();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_sixty_one_lines_is_too_long() {
        assert!(long(&format!("fn f() {}", body(60))).is_empty());
        assert_eq!(
            long(&format!("\nfn f() {}", body(61))),
            ["src/lib.rs:2: `f` has 61 lines: split it into steps of at most 60"]
        );
    }

    #[test]
    fn methods_and_functions_of_traits_count_as_well() {
        assert_eq!(long(&format!("struct A; impl A {{ fn f() {} }}", body(61))).len(), 1);
        assert_eq!(long(&format!("trait A {{ fn f() {} fn g(); }}", body(61))).len(), 1);
    }

    #[test]
    fn a_function_inside_another_one_counts_for_itself() {
        let inner = format!("fn inner() {}", body(50));
        assert!(long(&format!("fn outer() {{\n{inner}{}}}", "step();\n".repeat(50))).is_empty());
        assert_eq!(long(&format!("fn outer() {{\n{inner}{}}}", "step();\n".repeat(60))).len(), 1);
    }

    #[test]
    fn tests_may_be_long() {
        assert!(long(&format!("#[test] fn f() {}", body(61))).is_empty());
        assert!(long(&format!("#[cfg(test)] mod examples {{ fn f() {} }}", body(61))).is_empty());
    }
}
