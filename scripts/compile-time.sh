#!/usr/bin/env bash
# Measures how long a crate of contracts takes to build, with a description (`#[rpc_service(schema)]`) and without: the crate alone, when
# all that it depends on is built. Both take turns; the last lines are medians and their ratio.
# Run:  scripts/compile-time.sh [METHODS [ROUNDS]]      default 30 methods and 9 rounds; about two minutes, and the first build
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
methods=${1:-30} rounds=${2:-9}
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

crate=$target/compile-time
rm -rf "$crate"
mkdir -p "$crate/src"
cp Cargo.lock "$crate/"
# The feature is on in both: what differs is what the macro writes.
cat >"$crate/Cargo.toml" <<MANIFEST
[package]
name = "compile-time"
edition = "2024"

[workspace]

[features]
described = []

[dependencies]
amqp-rpc = { path = "$PWD", features = ["schema"] }
schemars = "1"
serde = { version = "1", features = ["derive"] }
MANIFEST
{
    # shellcheck disable=SC2016 # nothing to expand
    echo '#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Item { pub id: u64, pub name: String, pub tags: Vec<String>, pub weight: Option<f64> }
#[derive(Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub enum Refusal { Missing, Taken { by: String } }
#[cfg_attr(feature = "described", amqp_rpc::rpc_service(schema))]
#[cfg_attr(not(feature = "described"), amqp_rpc::rpc_service)]
pub trait Store {'
    for ((number = 0; number < methods; number++)); do
        echo "    /// Method $number."
        echo "    async fn method_$number(&self, id: u64, items: Vec<Item>, note: Option<String>) -> Result<Item, Refusal>;"
    done
    echo '}'
} >"$crate/src/lib.rs"

build() { CARGO_TARGET_DIR=$target/compile-time-target CARGO_INCREMENTAL=0 cargo "$1" --quiet --manifest-path "$crate/Cargo.toml" --features "$2"; }

# measure COMMAND FEATURES: the milliseconds of building the crate once more.
measure() {
    touch "$crate/src/lib.rs"
    local begun
    begun=$(date +%s%3N)
    build "$1" "$2"
    echo $(($(date +%s%3N) - begun))
}

median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

for command in check build; do
    for features in "" described; do build "$command" "$features"; done
    plain=() described=()
    for ((round = 0; round < rounds; round++)); do
        plain+=("$(measure "$command" "")")
        described+=("$(measure "$command" described)")
    done
    without=$(printf '%s\n' "${plain[@]}" | median)
    with=$(printf '%s\n' "${described[@]}" | median)
    echo "cargo $command, $methods methods: $without ms without a description, $with ms with it, $(awk "BEGIN { printf \"%.2f\", $with / $without }") times"
done
