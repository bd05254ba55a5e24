//! What rustc says of mistakes: errors begin with the user's own type or method. Changes when a mistake is added.
//!
//! Each file of `tests/ui/mistakes` is named after a mistake; its `.stderr` is what the user reads. Run with
//! `TRYBUILD=overwrite` to accept what rustc says now.

#[test]
fn mistakes_have_readable_errors() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/mistakes/*.rs");
    cases.pass("tests/ui/programs/*.rs");
}
