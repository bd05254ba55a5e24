#!/usr/bin/env bash
# Runs what threads of a client share under many schedules, with shuttle: the pending table, and the sweeper that falls asleep.
# Run:  scripts/schedules.sh [SCHEDULES]     so many random ones for each test, and as many that hold single threads back; default 2000
# A schedule that fails is printed; shuttle's documentation says how to replay it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export AMQP_RPC_SCHEDULES=${1:-2000}
# Other flags make other artefacts: they must not push out those of everything else.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/shuttle RUSTFLAGS="${RUSTFLAGS-} --cfg shuttle"
exec cargo test -p amqp-rpc-runtime --lib schedules
