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

nodes=${CARGO_TARGET_DIR:-$here/../target}/rabbitmq
mkdir -p "$nodes"
dir=$(cd "$nodes" && mktemp -d "$PWD/XXXXXXXX")
command_pid="" interrupted=""

finish() {
    local status=${interrupted:-$?}
    trap '' INT TERM HUP # a second Ctrl-C must not leave the node behind
    "$here/rabbitmq.sh" stop "$dir" || status=1
    if [ "$status" -eq 0 ] || [ -n "$interrupted" ]; then
        rm -rf "$dir"
    else
        echo "with-rabbitmq: the node's log is kept in $dir/log" >&2
    fi
    exit "$status"
}

# interrupt SIGNAL STATUS: hands the signal on; `wait` below is then taken up again until the command has ended.
interrupt() {
    interrupted=$2
    if [ -n "$command_pid" ]; then
        kill -s "$1" "$command_pid" 2>/dev/null || true
    else
        exit "$2"
    fi
}
trap finish EXIT
trap 'interrupt INT 130' INT
trap 'interrupt TERM 143' TERM
trap 'interrupt HUP 129' HUP

"$here/rabbitmq.sh" start "$dir" >/dev/null
# shellcheck source=/dev/null
. "$dir/env"

# In the background, because bash runs no trap while a foreground command lasts; with the default SIGINT and our standard
# input, which bash would take away from a background command.
env --default-signal=INT,QUIT "$@" <&0 &
command_pid=$!
status=0
while :; do
    wait "$command_pid" && status=0 || status=$?
    # Interrupted by a trapped signal, not ended: wait for the command's own end.
    kill -0 "$command_pid" 2>/dev/null || break
done
exit "$status"
