#!/usr/bin/env bash
# Runs a command that needs PostgreSQL, and ends with its status.
# Run:  scripts/with-postgres.sh COMMAND [ARG]...
# Where AMQP_RPC_TEST_POSTGRES is set, that server is used (postgres://..). Otherwise a private one is started for the command: own data
# directory, port and password, loopback only, not safe from a crash of the machine. It is stopped afterwards, also on Ctrl-C and on
# failure. Debian's is installed first where there is none. PostgreSQL refuses to run as root: then it runs as the user `postgres`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

[ $# -gt 0 ] || { echo "usage: with-postgres.sh COMMAND [ARG]..." >&2; exit 2; }
[ -z "${AMQP_RPC_TEST_POSTGRES-}" ] || DATABASE_URL=$AMQP_RPC_TEST_POSTGRES exec "$@"

# Prints the directory of the newest version's programs.
programs() { find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1; }

if [ -z "$(programs)" ]; then
    "$here/apt-install.sh" postgresql
    ! command -v systemctl >/dev/null || systemctl --quiet disable postgresql.service 2>/dev/null || true
fi
bin=$(programs)

# shellcheck source=run-and-wait.bash
. "$here/run-and-wait.bash"
# shellcheck source=processes.bash
. "$here/processes.bash"
# Not below the checkout, which that user may not be allowed to read.
dir=$(mktemp -d)

finish() {
    local status=$?
    trap '' INT TERM HUP # a second Ctrl-C must not leave the server behind
    # The signal for a fast shutdown: clients are disconnected.
    if alive "$dir/postgres.pid"; then kill -INT "$(cut -d ' ' -f 1 "$dir/postgres.pid")" 2>/dev/null || true; fi
    end "$dir/postgres.pid" || status=1
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT
trap_signals

as_user=()
if [ "$(id -u)" -eq 0 ]; then
    as_user=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
    chown postgres "$dir"
fi
password=$(random_hex 16)
(umask 077 && printf %s "$password" >"$dir/password")
[ ${#as_user[@]} -eq 0 ] || chown postgres "$dir/password"
(cd "$dir" && "${as_user[@]}" "$bin/initdb" --pgdata="$dir/data" --username=tests --pwfile="$dir/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --no-sync) >"$dir/initdb.out" 2>&1 || { cat "$dir/initdb.out" >&2; exit 1; }

# Another process may take a port between choosing it and using it: then once more with another.
for attempt in 1 2 3; do
    port=$(free_port)
    spawn "$dir" "$dir/postgres.pid" "$dir/out" "${as_user[@]}" "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories= -c fsync=off -c max_connections=50
    deadline=$((SECONDS + 60))
    until PGPASSWORD=$password "$bin/psql" -q -h 127.0.0.1 -p "$port" -U tests -c 'select 1' postgres >/dev/null 2>&1; do
        alive "$dir/postgres.pid" && [ "$SECONDS" -lt "$deadline" ] || break
        sleep 0.05
    done
    ! alive "$dir/postgres.pid" || [ "$SECONDS" -ge "$deadline" ] || break
    end "$dir/postgres.pid"
    [ "$attempt" -lt 3 ] || { cat "$dir/out" >&2; echo "with-postgres: no server could be started" >&2; exit 1; }
done

export AMQP_RPC_TEST_POSTGRES="postgres://tests:$password@127.0.0.1:$port/postgres"
# For the example.
export DATABASE_URL=$AMQP_RPC_TEST_POSTGRES
run_and_wait "$@"
