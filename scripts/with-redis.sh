#!/usr/bin/env bash
# Runs a command that needs Redis, and ends with its status.
# Run:  scripts/with-redis.sh COMMAND [ARG]...
# Where AMQP_RPC_TEST_REDIS is set, that server is used (redis://..). Otherwise a private one is started for the command: own directory,
# port and password, loopback only, nothing on disk. It is stopped afterwards, also on Ctrl-C and on failure. Debian's is installed first
# where there is none.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ $# -gt 0 ] || { echo "usage: with-redis.sh COMMAND [ARG]..." >&2; exit 2; }
[ -z "${AMQP_RPC_TEST_REDIS-}" ] || exec "$@"

if ! command -v redis-server >/dev/null; then
    "$here/apt-install.sh" redis-server
    ! command -v systemctl >/dev/null || systemctl --quiet disable redis-server.service 2>/dev/null || true
fi

# shellcheck source=run-and-wait.bash
. "$here/run-and-wait.bash"
# shellcheck source=processes.bash
. "$here/processes.bash"
dir=$(mktemp -d)

finish() {
    local status=$?
    trap '' INT TERM HUP # a second Ctrl-C must not leave the server behind
    end "$dir/redis.pid" || status=1
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT
trap_signals

password=$(random_hex 16)
# Another process may take a port between choosing it and using it: then once more with another.
for attempt in 1 2 3; do
    port=$(free_port)
    (umask 077 && printf '%s\n' "bind 127.0.0.1" "port $port" "requirepass $password" 'save ""' "appendonly no" "dir $dir" >"$dir/redis.conf")
    spawn "$dir" "$dir/redis.pid" "$dir/out" redis-server "$dir/redis.conf"
    deadline=$((SECONDS + 30))
    until answers "$port" || ! alive "$dir/redis.pid" || [ "$SECONDS" -ge "$deadline" ]; do sleep 0.02; done
    # The one that answers may be another process's.
    if alive "$dir/redis.pid" && [ "$(REDISCLI_AUTH=$password redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; then break; fi
    end "$dir/redis.pid"
    [ "$attempt" -lt 3 ] || { cat "$dir/out" >&2; echo "with-redis: no server could be started" >&2; exit 1; }
done

export AMQP_RPC_TEST_REDIS="redis://:$password@127.0.0.1:$port/0"
run_and_wait "$@"
