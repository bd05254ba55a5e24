#!/usr/bin/env bash
# Runs all tests: units, documentation examples, and the end-to-end tests against a private RabbitMQ and against pika.
# Run:  scripts/test.sh [ARGUMENTS OF cargo test]      e.g.  scripts/test.sh --test e2e -- unroutable
# Installs what is missing (RabbitMQ, Python's venv; Debian, as root or through sudo). The last line sums up the runners'
# totals: "N passed, N failed, N skipped". Ends with cargo's status.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

AMQP_RPC_TEST_PYTHON=$(scripts/interop-python.sh)
export AMQP_RPC_TEST_PYTHON

# shellcheck source=run-and-wait.bash
. scripts/run-and-wait.bash
trap_signals
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

mkfifo "$scratch/pipe"
(trap '' INT TERM HUP && exec tee "$scratch/output") <"$scratch/pipe" & # shows how an interrupted run ends, too
tee_pid=$!
status=0
run_and_wait scripts/with-rabbitmq.sh cargo test --workspace --no-fail-fast "$@" >"$scratch/pipe" 2>&1 || status=$?
wait "$tee_pid" || true

# "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s"
awk '/^test result: / { passed += $4; failed += $6; skipped += $8 }
     END { printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$scratch/output"
exit "$status"
