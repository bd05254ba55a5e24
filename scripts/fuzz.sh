#!/usr/bin/env bash
# Feeds random input to what parses inbound frames and writes outbound ones: the property tests of the transport, with many cases.
# Run:  scripts/fuzz.sh [CASES OF EACH PROPERTY]      default 1300000; there are eight properties, about four minutes
# An input that fails is printed and kept as proptest does: commit it with the fix.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PROPTEST_CASES=${1:-1300000}
exec cargo test --release -p amqp-rpc-transport --lib -- inbound::tests::properties encode::tests outbound::tests confirms::tests
