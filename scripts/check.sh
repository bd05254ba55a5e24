#!/usr/bin/env bash
# Checks everything that needs no broker: format, lints, builds with other features, documentation, and the
# structure of files and imports.
# Run:  scripts/check.sh        before every push; all checks run, and it fails if one of them did
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
check() {
    local title=$1 begun=$SECONDS
    shift
    printf '\n== %s\n' "$title"
    "$@" || failed+=("$title")
    printf '(%s s)\n' $((SECONDS - begun))
}

documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps; }

# Only the format: cargo would fetch all that this library is compared and tested with, and clippy would build it.
peers_format() { find benches/peers tests/dialects/peers -name '*.rs' -not -path '*/target/*' -exec rustfmt --edition 2024 --check {} +; }

# benches/throughput is built by both, and by no check in the second.
peers_features() {
    features_of() { sed -n 's/^amqp-rpc = .*features = \[\(.*\)\].*/\1/p' "$1"; }
    [ "$(features_of benches/Cargo.toml)" = "$(features_of benches/peers/lapin/Cargo.toml)" ] || {
        echo "benches/Cargo.toml and benches/peers/lapin/Cargo.toml name other features of amqp-rpc" >&2
        return 1
    }
}

# What neither rustc nor clippy sees; `structure` alone means every rule, `--help` lists them.
structure() { cargo run --quiet --package xtask -- structure "$@"; }

check "format" cargo fmt --all --check
check "format of other programs" peers_format
check "features of other programs" peers_features
check "lints" cargo clippy --quiet --workspace --all-targets -- -D warnings
# Warnings are left to the lints. The cryptography that is not the default takes minutes to build: scripts/full.sh has it.
check "build without TLS" cargo check --quiet --all-targets --no-default-features --features runtime
# Tests bring every feature along: the library alone has to be built without them, and with each.
check "build without features" cargo check --quiet -p amqp-rpc-transport -p amqp-rpc-runtime --no-default-features
for features in "" garde scope schema secrets schema,secrets; do
    check "contract with '$features'" cargo check --quiet -p amqp-rpc-contract --features "$features"
done
for feature in cbor gzip idempotency metrics msgpack redis secrets tower zstd; do
    check "build with $feature" cargo check --quiet -p amqp-rpc-runtime --no-default-features --features "$feature"
done
check "documents alone" cargo check --quiet -p amqp-rpc-docs
for feature in docs docs-server; do
    check "build with $feature" cargo check --quiet -p amqp-rpc --no-default-features --features "$feature"
done
check "contracts of types only" scripts/types-only.sh
check "packages, and README's programs" scripts/packages.sh
check "documentation" documentation
check "structure" structure
check "words" cargo run --quiet --package xtask -- words
check "structure in numbers" structure --counts

echo
if [ ${#failed[@]} -gt 0 ]; then
    printf 'check failed: %s\n' "${failed[@]}" | tee "${AMQP_RPC_FAILED_CHECKS:-/dev/null}"
    exit 1
fi
echo "all checks passed"
