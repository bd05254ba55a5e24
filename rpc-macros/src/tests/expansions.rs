//! Compares the generated code with committed snapshots, so that a change of it is seen in review.
//!
//! Each folder of `rpc-macros/tests/expansions` holds an input and its expansion. Run the tests with
//! `UPDATE_EXPANSIONS=1` to accept what comes out now.

use std::{env, fs, path::Path};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{File, Item, ItemMacro, Meta};

use crate::expand;

#[test]
fn expansions_are_as_committed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no expansions in {}", folder.display());
    let changed: Vec<_> = cases.iter().filter(|case| !is_as_committed(case)).collect();
    assert!(
        changed.is_empty(),
        "expansions changed; run with UPDATE_EXPANSIONS=1 and look at the diff: {changed:#?}"
    );
}

#[test]
fn generated_code_allows_no_lint_that_the_user_has_not_allowed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions");
    for case in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let input = fs::read_to_string(case.join("input.rs")).unwrap();
        let expanded = fs::read_to_string(case.join("output.rs")).unwrap();
        let allowed = expanded.lines().filter(|line| line.contains("allow(")).map(str::trim);
        // What is deprecated in the trait itself, and a method that is rejected: its errors stop the build.
        let is_expected = |line: &str| {
            let of_fallback = line == "#[allow(async_fn_in_trait, dead_code)]";
            of_fallback || line == "#[allow(deprecated)]" && input.contains("#[deprecated")
        };
        for line in allowed {
            assert!(is_expected(line), "{}: {line}", case.display());
        }
    }
}

fn is_as_committed(case: &Path) -> bool {
    let expanded = expansion(&fs::read_to_string(case.join("input.rs")).unwrap());
    let committed = case.join("output.rs");
    if env::var_os("UPDATE_EXPANSIONS").is_some() {
        fs::write(&committed, &expanded).unwrap();
    }
    fs::read_to_string(committed).is_ok_and(|committed| committed == expanded)
}

/// Expands the one service in `input`.
fn expansion(input: &str) -> String {
    let mut file: File = syn::parse_str(input).unwrap();
    let Some(Item::Trait(mut item)) = file.items.pop() else { panic!("the input must be a trait") };
    let attribute = item.attrs.iter().position(|attribute| attribute.path().is_ident("rpc_service")).unwrap();
    let arguments = match item.attrs.remove(attribute).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let expanded = expand::rpc_service(arguments, item.into_token_stream());
    items(&syn::parse2(expanded).unwrap())
}

/// The items as text, with those in `with_schema!` and `with_runtime!` at their end.
fn items(file: &File) -> String {
    let mut file = file.clone();
    let mut macros = Vec::new();
    while let Some(Item::Macro(item)) = file.items.pop_if(|item| matches!(item, Item::Macro(_))) {
        macros.push(within_macro(&item));
    }
    macros.push(prettyplease::unparse(&file));
    macros.into_iter().rev().collect()
}

/// `with_runtime! { visibility [names] { items } }` or `with_schema! { items }` as text.
fn within_macro(item: &ItemMacro) -> String {
    let path = item.mac.path.to_token_stream().to_string().replace(' ', "");
    let attributes: String =
        item.attrs.iter().map(|attribute| format!("{}\n", attribute.to_token_stream())).collect();
    if path.ends_with("with_schema") {
        return format!("{attributes}{path}! {{\n{}}}\n", indented(item.mac.tokens.clone()));
    }
    let mut arguments: Vec<TokenTree> = item.mac.tokens.clone().into_iter().collect();
    let Some(TokenTree::Group(items)) = arguments.pop() else { panic!("a macro without items") };
    let arguments: TokenStream = arguments.into_iter().collect();
    format!("{attributes}{path}! {{ {arguments} {{\n{}}} }}\n", indented(items.stream()))
}

fn indented(items: TokenStream) -> String {
    let items = prettyplease::unparse(&syn::parse2(items).unwrap());
    items.split_inclusive('\n').map(|line| format!("    {line}")).collect()
}
