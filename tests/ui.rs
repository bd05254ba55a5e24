//! Compares rustc's errors with committed ones: they begin with the user's type or method. Changes when a
//! mistake is added.
//!
//! Each file of `tests/ui/mistakes` is named after a mistake; its `.stderr` is the output that the user
//! reads. Run with `TRYBUILD=overwrite` to accept the current output.

#[test]
fn mistakes_have_readable_errors() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/mistakes/*.rs");
    cases.pass("ui/programs/*.rs");
}
