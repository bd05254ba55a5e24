#!/usr/bin/env bash
# Runs all tests on all brokers: everything on the embedded one, then what speaks with a broker on a private RabbitMQ, with pika and with
# the peers of other frameworks; then the end-to-end tests on the embedded broker as LavinMQ and on RabbitMQ 4, a short soak, what threads share under many
# schedules, and the instructions of a call. What it leaves to scripts/full.sh: those peers, and the likeness of RabbitMQ 4, on the embedded broker.
# Run:  scripts/test.sh [ARGUMENTS OF cargo test]      e.g.  scripts/test.sh --test e2e -- unroutable
# Installs what is missing (RabbitMQ, Redis, PostgreSQL, Python's venv, node, Chromium; Debian, as root or through sudo). The last line sums up all runs:
# "N passed, N failed, N skipped"; skipped is what no run ran. Ends with 0 only when each run did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The stores of idempotency keys are tested on real servers, in each run that has brokers.
if [ -z "${AMQP_RPC_TEST_REDIS-}" ] || [ -z "${AMQP_RPC_TEST_POSTGRES-}" ]; then
    exec scripts/with-redis.sh scripts/with-postgres.sh scripts/test.sh "$@"
fi

AMQP_RPC_TEST_PYTHON=$(scripts/interop-python.sh)
export AMQP_RPC_TEST_PYTHON

# shellcheck source=run-and-wait.bash
. scripts/run-and-wait.bash
trap_signals
# shellcheck source=totals.bash
. scripts/totals.bash

# Arguments up to `--` choose targets and are cargo's, those after it choose tests and are the test programs'.
targets=() tests=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    targets+=("$1")
    shift
done
[ $# -eq 0 ] || tests=("${@:2}")
# Without arguments everything runs, what cargo does not know as a test included.
everything=""
[ ${#targets[@]} -gt 0 ] || [ ${#tests[@]} -gt 0 ] || everything=yes
# Which of the targets speak with RabbitMQ and Python, unless told.
with_brokers=("${targets[@]}")
[ ${#targets[@]} -gt 0 ] || with_brokers=(--test dialects --test e2e --test conformance --test foreign_clients --test guide)

# The peers of other frameworks take a minute to install, the first time. Those that cannot be installed are counted as skipped.
if [[ " ${with_brokers[*]} " == *" dialects "* ]]; then
    AMQP_RPC_TEST_PEERS=$(scripts/dialect-peers.sh)
    export AMQP_RPC_TEST_PEERS
fi

# What reads the documents of contracts: it speaks with no broker.
documents=""
if [ -n "$everything" ] || [[ " ${targets[*]} " == *" documents "* ]]; then
    documents=yes
    AMQP_RPC_TEST_DOCUMENTS=$(scripts/contract-documents.sh)
    export AMQP_RPC_TEST_DOCUMENTS
fi

# The browser that opens the page of documents.
page=""
if [ -n "$everything" ] || [[ " ${targets[*]} " == *" page "* ]]; then
    page=yes
    AMQP_RPC_TEST_BROWSER=$(scripts/browser.sh)
    export AMQP_RPC_TEST_BROWSER
fi

cargo_test=(cargo test --workspace --no-fail-fast)
embedded=(env -u AMQP_URL "${cargo_test[@]}")
run "everything, on the embedded broker" "${embedded[@]}" "${targets[@]}" -- "${tests[@]}"
if [ -n "$documents" ]; then
    run "documents, read by the programs of others" "${embedded[@]}" --test documents -- "${tests[@]}" --ignored
fi
if [ -n "$page" ]; then
    run "the page of documents, in a browser" "${embedded[@]}" --test page -- "${tests[@]}" --ignored
fi
# The ignored tests but those of RabbitMQ, which are in a module `rabbitmq` or have names that begin with `on_rabbitmq`, and those of
# the peers: they take three minutes on each broker.
python=("${targets[@]}")
[ ${#targets[@]} -gt 0 ] || python=(--test e2e --test conformance --test foreign_clients --test guide)
run "Python's peers, on the embedded broker" "${embedded[@]}" "${python[@]}" -- "${tests[@]}" --ignored --skip on_rabbitmq --skip rabbitmq::
run "RabbitMQ, Python and other peers" scripts/with-rabbitmq.sh "${cargo_test[@]}" "${with_brokers[@]}" -- "${tests[@]}" --include-ignored
# By default it is like RabbitMQ 3.10. A test that a likeness leaves out was run by another.
if [[ " ${with_brokers[*]} " == *" e2e "* ]]; then
    run "the end-to-end tests, on the embedded broker like lavinmq" env AMQP_RPC_TEST_LIKE=lavinmq "${embedded[@]}" --test e2e -- \
        "${tests[@]}" --include-ignored --skip on_rabbitmq --skip rabbitmq::
fi
if [ -n "$everything" ]; then
    run "RabbitMQ 4" env -u AMQP_URL AMQP_RPC_RABBITMQ4=stable scripts/rabbitmq-4.sh scripts/with-rabbitmq.sh \
        "${cargo_test[@]}" --test e2e -- --include-ignored
    soak=(cargo test -p amqp-rpc-benches --bench soak -- --seconds 20)
    run "a short soak, on the embedded broker" env -u AMQP_URL "${soak[@]}"
    run "a short soak, on RabbitMQ" scripts/with-rabbitmq.sh "${soak[@]}"
    run "many schedules" scripts/schedules.sh
    run "instructions per call" scripts/with-rabbitmq.sh scripts/instructions-gate.sh
fi

print_failures
print_totals
exit "$status"
