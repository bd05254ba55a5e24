//! Models that are generated from the documents: right programs pass, and wrong ones are refused, by name.

use crate::{
    committed::path,
    tools::{Output, Scratch, Tools},
};

/// The dated preset always writes the same.
const PYTHON: [&str; 7] = [
    "--preset",
    "standard-py311-20261027",
    "--use-title-as-name",
    "--no-collapse-root-models",
    "--disable-timestamp",
    "--output",
    "models.py",
];

pub(super) fn python_models(python: &Tools, scratch: &Scratch, document: &str, kind: &str) -> String {
    let input = path("fib", document);
    let input = input.to_str().expect("a path of UTF-8");
    let arguments = ["--input", input, "--input-file-type", kind].into_iter().chain(PYTHON);
    python.run("bin/datamodel-codegen", arguments, scratch.path()).of_success()
}

pub(super) fn type_check(python: &Tools, scratch: &Scratch, program: &str) -> Output {
    python.run(
        "bin/mypy",
        ["--strict", "--no-error-summary", "--cache-dir", ".mypy", program],
        scratch.path(),
    )
}

#[test]
#[ignore = "needs Python: scripts/contract-documents.sh"]
fn python_models_are_made_and_used_and_mistakes_are_found() {
    let Some(python) = Tools::installed("python") else { return };
    for (document, kind) in [("head.json", "jsonschema"), ("asyncapi.json", "asyncapi")] {
        let scratch = Scratch::new(&format!("python-{kind}"));
        scratch.copy("python", "right.py");
        scratch.copy("python", "wrong.py");
        python_models(&python, &scratch, document, kind);
        type_check(&python, &scratch, "right.py").of_success();
        assert_eq!(python.run("bin/python", ["right.py"], scratch.path()).of_success(), "right\n");
        let found = type_check(&python, &scratch, "wrong.py").of_failure();
        for mistake in ["argument \"m\"", "Argument \"n\"", "\"too_small\""] {
            assert!(found.contains(mistake), "{kind}, {mistake}: {found}");
        }
    }
}

#[test]
#[ignore = "needs node: scripts/contract-documents.sh"]
fn typescript_is_made_and_used_and_mistakes_are_found() {
    let Some(node) = Tools::installed("node") else { return };
    let scratch = Scratch::new("typescript");
    scratch.copy("node", "right.ts");
    scratch.copy("node", "wrong.ts");
    node.run_script("typescript.mjs", [path("fib", "head.json"), scratch.path().join("models.ts")])
        .of_success();
    let check = |program: &str| {
        let options = ["--noEmit", "--strict", "--skipLibCheck"].map(str::to_owned);
        let program = scratch.path().join(program).into_os_string().into_string().expect("a path of UTF-8");
        node.run_script("node_modules/typescript/bin/tsc", options.into_iter().chain([program]))
    };
    check("right.ts").of_success();
    let found = check("wrong.ts").of_failure();
    for mistake in ["'m' does not exist", "'string' is not assignable to type 'number'", "'limit' is missing"]
    {
        assert!(found.contains(mistake), "{mistake}: {found}");
    }
}
