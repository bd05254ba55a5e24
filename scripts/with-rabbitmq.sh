#!/usr/bin/env bash
# Runs a command that needs RabbitMQ, and ends with its status.
# Run:  scripts/with-rabbitmq.sh COMMAND [ARG]...
# Where AMQP_URL is set, that broker is used. Otherwise a private node is started for the command (RabbitMQ is installed
# first where it is missing), its variables are exported, and it is stopped afterwards, also on Ctrl-C and on failure.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ $# -gt 0 ] || { echo "usage: with-rabbitmq.sh COMMAND [ARG]..." >&2; exit 2; }
[ -z "${AMQP_URL-}" ] || exec "$@"

"$here/install-rabbitmq.sh"

# shellcheck source=run-and-wait.bash
. "$here/run-and-wait.bash"
nodes=${CARGO_TARGET_DIR:-$here/../target}/rabbitmq
mkdir -p "$nodes"
dir=$(cd "$nodes" && mktemp -d "$PWD/XXXXXXXX")

finish() {
    local status=$?
    trap '' INT TERM HUP # a second Ctrl-C must not leave the node behind
    "$here/rabbitmq.sh" stop "$dir" || status=1
    if [ "$status" -eq 0 ] || [ -n "$interrupted" ]; then
        rm -rf "$dir"
    else
        echo "with-rabbitmq: the node's log is kept in $dir/log" >&2
    fi
    exit "$status"
}
trap finish EXIT
trap_signals

"$here/rabbitmq.sh" start "$dir" >/dev/null
# shellcheck source=/dev/null
. "$dir/env"
run_and_wait "$@"
