#!/usr/bin/env bash
# Checks contracts without clients and servers, `default-features = false`: such a crate builds without lapin, tokio and rustls, without a
# warning, with its documentation; and rustc's message about a client that is not there names the feature that it needs.
# Run:  scripts/types-only.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
contract=amqp-rpc-example-contract

crates=$(cargo tree --quiet --package "$contract" --edges normal --prefix none --no-dedupe --format '{p}' | cut -d' ' -f1 | sort -u)
for crate in amqp-rpc-runtime amqp-rpc-transport lapin rustls tokio; do
    if grep -qx "$crate" <<<"$crates"; then
        echo "$contract depends on $crate: cargo tree -p $contract -e normal -i $crate" >&2
        exit 1
    fi
done
# Packages by name: cargo then builds `amqp-rpc` with the features that these ask for, and no others.
types_only=(--package amqp-rpc --package amqp-rpc-contract --package "$contract" --no-default-features)
for features in "" amqp-rpc/garde amqp-rpc/schema amqp-rpc/secrets; do
    cargo clippy --quiet "${types_only[@]}" --features "$features" -- -D warnings
done
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps "${types_only[@]}"

program=$target/types-only-program
rm -rf "$program"
mkdir -p "$program/src"
cp Cargo.lock "$program/"
cat >"$program/Cargo.toml" <<MANIFEST
[package]
name = "types-only-program"
edition = "2024"

[workspace]

[dependencies]
$contract = { path = "$PWD/examples/contract-crate" }
MANIFEST
echo 'pub use amqp_rpc_example_contract::{StockClient, StockServer};' >"$program/src/lib.rs"
if message=$(CARGO_TARGET_DIR=$target cargo check --quiet --manifest-path "$program/Cargo.toml" 2>&1); then
    echo "a client and a server compile without the runtime" >&2
    exit 1
fi
for part in 'no `StockClient` in the root' 'need the feature `runtime` of amqp-rpc'; do
    grep -qF "$part" <<<"$message" || { printf 'rustc does not say "%s":\n%s\n' "$part" "$message" >&2; exit 1; }
done

# A description: without the feature `schema` one error, which names it; with it, a trait of plain types needs no other crate.
program=$target/described-program
rm -rf "$program"
mkdir -p "$program/src"
cp Cargo.lock "$program/"
cat >"$program/Cargo.toml" <<MANIFEST
[package]
name = "described-program"
edition = "2024"

[workspace]

[features]
schema = ["amqp-rpc/schema"]

[dependencies]
amqp-rpc = { path = "$PWD", default-features = false }
MANIFEST
cat >"$program/src/lib.rs" <<'PROGRAM'
#[amqp_rpc::rpc_service(schema)]
pub trait Fib {
    async fn compute(&self, n: u64) -> Result<u64, String>;
}
PROGRAM
check_program() { CARGO_TARGET_DIR=$target cargo check --quiet --manifest-path "$program/Cargo.toml" "$@" 2>&1; }
if message=$(check_program); then
    echo "a description compiles without the feature schema" >&2
    exit 1
fi
if [ "$(grep -c '^error: `schema` needs the feature `schema` of amqp-rpc' <<<"$message")" != 1 ] || [ "$(grep -c '^error' <<<"$message")" != 2 ]; then
    printf 'rustc does not say once that a feature is missing:\n%s\n' "$message" >&2
    exit 1
fi
if ! message=$(check_program --features schema); then
    printf 'a description of plain types does not compile:\n%s\n' "$message" >&2
    exit 1
fi
echo "$contract: $(wc -l <<<"$crates") crates"
