#!/usr/bin/env bash
# Runs what takes too long for continuous integration: the build with aws-lc-rs, the end-to-end tests on every RabbitMQ 4 that there is
# and on the embedded broker in the likeness of one, the peers of other frameworks on the embedded broker, and ten minutes of the soak on
# each broker.
# Run:  scripts/full.sh [MINUTES OF A SOAK]        about an hour; scripts/test.sh is what continuous integration runs
# The last line sums up all tests. Ends with 0 only when each run did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
minutes=${1:-10}

if [ -z "${AMQP_RPC_TEST_REDIS-}" ] || [ -z "${AMQP_RPC_TEST_POSTGRES-}" ]; then
    exec scripts/with-redis.sh scripts/with-postgres.sh scripts/full.sh "$@"
fi

AMQP_RPC_TEST_PYTHON=$(scripts/interop-python.sh)
AMQP_RPC_TEST_PEERS=$(scripts/dialect-peers.sh)
# The tests that make ten thousand calls while servers are killed.
AMQP_RPC_TEST_FULL_LOAD=yes
export AMQP_RPC_TEST_PYTHON AMQP_RPC_TEST_PEERS AMQP_RPC_TEST_FULL_LOAD

# shellcheck source=run-and-wait.bash
. scripts/run-and-wait.bash
trap_signals
# shellcheck source=totals.bash
. scripts/totals.bash

versions=(4.0 4.3)
on_rabbitmq_4() { echo env "AMQP_RPC_RABBITMQ4=$1" scripts/rabbitmq-4.sh scripts/with-rabbitmq.sh; }

run "build with aws-lc-rs" cargo check --workspace --all-targets --features amqp-rpc/tls-aws-lc
# The end-to-end tests start examples, which cargo builds for them only with all other targets.
run "the examples" cargo build --workspace --examples
for version in "${versions[@]}"; do
    # shellcheck disable=SC2046 # words without spaces
    run "RabbitMQ $version" $(on_rabbitmq_4 "$version") cargo test -p amqp-rpc-tests --no-fail-fast --test e2e -- --include-ignored
done

embedded=(env -u AMQP_URL cargo test -p amqp-rpc-tests --no-fail-fast)
run "the end-to-end tests, on the embedded broker like rabbitmq-4.3" env AMQP_RPC_TEST_LIKE=rabbitmq-4.3 "${embedded[@]}" --test e2e -- \
    --include-ignored --skip on_rabbitmq --skip rabbitmq::
run "other frameworks, on the embedded broker" "${embedded[@]}" --test dialects -- --include-ignored --skip on_rabbitmq

run "a thousand new random scripts, on RabbitMQ and the embedded broker" env CONFORMANCE_SEEDS=1000 \
    scripts/with-rabbitmq.sh cargo test -p amqp-rpc-tests --test conformance -- random::more

soak=(cargo bench -p amqp-rpc-benches --bench soak -- --minutes "$minutes")
run "a soak, on the embedded broker" env -u AMQP_URL "${soak[@]}"
run "a soak, on this machine's RabbitMQ" scripts/with-rabbitmq.sh "${soak[@]}"
for version in "${versions[@]}"; do
    # shellcheck disable=SC2046
    run "a soak, on RabbitMQ $version" $(on_rabbitmq_4 "$version") "${soak[@]}"
done

print_failures
print_totals
exit "$status"
