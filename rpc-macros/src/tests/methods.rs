//! Which methods cannot be called through a client: rustc itself is asked.

use std::{
    fmt::Write as _,
    io::Write as _,
    process::{Command, Stdio},
};

use crate::names::METHODS_OF_EVERY_TYPE;

/// The methods of the traits in the prelude of edition 2024, and of those that the standard library
/// implements for every type; of `Iterator` those that take `self`.
const CANDIDATES: &str = "
    as_ref as_mut into from try_from try_into clone clone_from to_owned clone_into to_string drop default
    eq ne cmp partial_cmp max min clamp lt le gt ge hash borrow borrow_mut type_id fmt
    into_iter extend len next_back rev rfold rfind next size_hint count last nth step_by chain zip map for_each
    filter filter_map enumerate peekable skip_while take_while map_while skip take scan flat_map flatten fuse
    inspect by_ref collect partition fold reduce all any find position rposition sum product cycle copied cloned
    unzip call call_mut call_once into_future poll deref deref_mut index add neg not
";

/// A client has its own methods, which take `&self`, and is `Clone` and `Debug`.
fn program() -> String {
    let mut program =
        "#![allow(dead_code)]\n#[derive(Clone, Debug)] struct Client;\nstruct Own;\n".to_owned();
    for name in CANDIDATES.split_whitespace() {
        let line = format!(
            "impl Client {{ fn {name}(&self, own: Own) -> Own {{ own }} }} \
             fn call_{name}(client: Client) -> Own {{ client.{name}(Own) }}"
        );
        writeln!(program, "{line}").unwrap();
    }
    program
}

#[test]
fn the_methods_that_hide_those_of_a_client_are_the_ones_that_are_refused() {
    let program = program();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut running = Command::new(rustc)
        .args(["-", "--crate-name=probe", "--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .args(["--error-format=short", "--out-dir"])
        // It does not compile, so that nothing is written there.
        .arg(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("rustc runs");
    running.stdin.take().expect("it is piped").write_all(program.as_bytes()).expect("rustc reads");
    let ran = running.wait_with_output().expect("rustc ends");
    let complaints = String::from_utf8_lossy(&ran.stderr);
    let lines = complaints.lines().filter(|line| line.contains("error"));
    let mut hidden: Vec<_> = lines
        .filter_map(|line| line.split(':').nth(1)?.parse::<usize>().ok())
        .map(|line| {
            let line = program.lines().nth(line - 1).expect("a line of the program");
            line.rsplit("client.").next().and_then(|call| call.split('(').next()).expect("it calls a method")
        })
        .collect();
    hidden.dedup();
    assert_eq!(hidden, METHODS_OF_EVERY_TYPE, "{complaints}");
}
