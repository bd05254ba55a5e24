#!/usr/bin/env bash
# Runs the README's program, examples/fib.rs, against a RabbitMQ that it installs and starts where none is given.
# Run:  scripts/fib.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec scripts/with-rabbitmq.sh cargo run --quiet --example fib "$@"
