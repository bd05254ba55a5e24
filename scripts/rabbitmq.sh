#!/usr/bin/env bash
# A private RabbitMQ node: own directory, ports, Erlang cookie and port mapper (epmd); loopback only; no plugins.
# Run:  scripts/rabbitmq.sh start [DIR]            default DIR: target/rabbitmq/<random>; prints the variables of DIR/env
#       scripts/rabbitmq.sh stop DIR               ends the node and its port mapper, and waits for both
#       scripts/rabbitmq.sh eval DIR 'erlang.'     evaluates an expression on the node, e.g. 'rabbit_vhost:list_names().'
# By hand:  eval "$(scripts/rabbitmq.sh start target/rabbitmq/mine)"; cargo test; scripts/rabbitmq.sh stop target/rabbitmq/mine
# Needs Linux (/proc), RabbitMQ's server ($RABBITMQ_SERVER when it is not Debian's) and erl_call: scripts/install-rabbitmq.sh.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

server=${RABBITMQ_SERVER:-/usr/lib/rabbitmq/bin/rabbitmq-server}
start_seconds=120 # about 5 on an idle machine
stop_seconds=30   # about 1

say() { echo "rabbitmq: $*" >&2; }
die() { say "$@"; exit 1; }

main() {
    case ${1-} in
        start) [ $# -le 2 ] || usage; start "${2-}" ;;
        stop) [ $# -eq 2 ] || usage; stop "$2" ;;
        eval) [ $# -eq 3 ] || usage; evaluate "$2" "$3" ;;
        *) usage ;;
    esac
}

usage() { die "usage: rabbitmq.sh start [DIR] | stop DIR | eval DIR 'erlang expression.'"; }

start() {
    if [ ! -x "$server" ] || ! command -v erl_call >/dev/null || ! command -v epmd >/dev/null; then
        die "no RabbitMQ here ($server, erl_call, epmd): run scripts/install-rabbitmq.sh"
    fi
    if [ -n "$1" ]; then
        mkdir -p "$1"
        dir=$(cd "$1" && pwd)
    else
        local nodes=${CARGO_TARGET_DIR:-$root/target}/rabbitmq
        mkdir -p "$nodes"
        dir=$(cd "$nodes" && mktemp -d "$PWD/XXXXXXXX")
    fi
    if [ -f "$dir/env" ] && alive "$dir/broker.pid"; then
        say "already running in $dir"
        cat "$dir/env"
        return
    fi
    stop_processes # what a killed run left behind

    trap stop_processes EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # Another process may take a port between choosing it and using it: then once more with others.
    local attempt
    for attempt in 1 2 3; do
        prepare
        if launch; then
            trap - EXIT INT TERM
            cat "$dir/env"
            return
        fi
        stop_processes
        grep -Eqsi 'eaddrinuse|address already in use' "$dir/out" "$dir/epmd.out" || break
    done
    show_logs
    die "no node could be started in $dir (attempts: $attempt)"
}

# Writes everything the node reads: directories, cookie, configuration, ports.
prepare() {
    local id
    id=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
    node=amqp-rpc-$id@localhost
    epmd_port=$(free_port) amqp_port=$(free_port) dist_port=$(free_port)

    rm -rf "$dir/env" "$dir/home" "$dir/mnesia" "$dir/log"
    mkdir -p "$dir/mnesia" "$dir/log"
    mkdir -m 700 "$dir/home"
    (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$dir/home/.erlang.cookie")
    chmod 400 "$dir/home/.erlang.cookie"
    echo '[].' >"$dir/enabled_plugins"
    echo '[].' >"$dir/advanced.config"
    cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp_port
# Tests keep little; a full disk of the host should not raise an alarm in them.
disk_free_limit.absolute = 20MB
CONF
}

# Starts port mapper and node and waits until this very node serves AMQP.
launch() {
    local deadline=$((SECONDS + start_seconds))

    spawn "$dir/epmd.pid" "$dir/epmd.out" env -i PATH="$PATH" epmd -address 127.0.0.1 -port "$epmd_port"
    until answers "$epmd_port"; do
        alive "$dir/epmd.pid" || { say "epmd ended: $(cat "$dir/epmd.out")"; return 1; }
        [ "$SECONDS" -lt "$deadline" ] || { say "epmd does not answer"; return 1; }
        sleep 0.02
    done

    # `env -i`: neither the caller's RABBITMQ_* nor its HOME reach the node, and the node's HOME reaches nothing else.
    spawn "$dir/broker.pid" "$dir/out" env -i PATH="$PATH" LANG=C.UTF-8 HOME="$dir/home" \
        ERL_EPMD_PORT="$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME="$node" RABBITMQ_DIST_PORT="$dist_port" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
        RABBITMQ_MNESIA_BASE="$dir/mnesia" RABBITMQ_LOG_BASE="$dir/log" RABBITMQ_PID_FILE="$dir/beam.pid" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins" RABBITMQ_CONF_ENV_FILE=/dev/null \
        RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" RABBITMQ_ADVANCED_CONFIG_FILE="$dir/advanced.config" \
        "$server"
    write_env
    until speaks_amqp "$amqp_port" && [ "$(evaluate "$dir" 'rabbit:is_running().' 2>/dev/null)" = "{ok, true}" ]; do
        alive "$dir/broker.pid" || { say "the node ended while starting"; return 1; }
        [ "$SECONDS" -lt "$deadline" ] || { say "the node is not ready after $start_seconds s"; return 1; }
        sleep 0.05
    done
}

write_env() {
    {
        variable AMQP_URL "amqp://guest:guest@127.0.0.1:$amqp_port"
        variable AMQP_RPC_TEST_ERL_CALL "$(command -v erl_call)"
        variable AMQP_RPC_TEST_NODE "$node"
        variable AMQP_RPC_TEST_NODE_HOME "$dir/home"
        variable AMQP_RPC_TEST_EPMD_PORT "$epmd_port"
        variable AMQP_RPC_TEST_BROKER_DIR "$dir"
    } >"$dir/env.new"
    mv "$dir/env.new" "$dir/env"
}

variable() { printf 'export %s=%q\n' "$1" "$2"; }

stop() {
    [ -d "$1" ] || die "no node in $1"
    dir=$(cd "$1" && pwd)
    stop_processes
}

stop_processes() {
    end "$dir/broker.pid"
    end "$dir/epmd.pid"
    rm -f "$dir/env"
}

# Prints `{ok, RESULT}`, or `{error, TEXT}` and fails. The node refuses a second caller of the same name, and the names that
# erl_call makes up by itself are not unique.
evaluate() {
    [ -f "$1/env" ] || die "no node runs in $1"
    local result
    result=$(
        # shellcheck source=/dev/null
        . "$1/env"
        printf '%s.\n' "${2%.}" | HOME=$AMQP_RPC_TEST_NODE_HOME ERL_EPMD_PORT=$AMQP_RPC_TEST_EPMD_PORT \
            "$AMQP_RPC_TEST_ERL_CALL" -h "script$BASHPID" -timeout 30 -n "$AMQP_RPC_TEST_NODE" -e
    )
    printf '%s\n' "$result"
    [[ $result == "{ok, "* ]]
}

show_logs() {
    local log
    for log in "$dir/out" "$dir"/log/*.log; do
        [ -s "$log" ] || continue
        say "the end of $log:"
        tail -n 25 "$log" >&2
    done
}

# --- processes: a pid file holds the id and the start time, so that a reused id is never mistaken for ours ---

# spawn PID_FILE OUTPUT COMMAND...: in a session of its own, so that Ctrl-C reaches the tests first and the broker last.
spawn() {
    local pid_file=$1 output=$2
    shift 2
    (cd "$dir" && exec setsid "$@") </dev/null >"$output" 2>&1 &
    echo "$! $(started_at $!)" >"$pid_file"
    disown
}

# Prints the start time of a process, or nothing when it has ended (a zombie has ended).
started_at() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    # shellcheck disable=SC2086 # fields after "(name) ": state is the first, start time the twentieth
    set -- ${stat##*) }
    [ "$1" = Z ] || echo "${20}"
}

alive() {
    local pid="" start=""
    [ -f "$1" ] && read -r pid start <"$1" || return 1
    [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

end() {
    local pid deadline=$((SECONDS + stop_seconds))
    if alive "$1"; then
        read -r pid _ <"$1"
        kill -TERM "$pid" 2>/dev/null || true
        while alive "$1" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.02; done
        if alive "$1"; then
            say "process $pid did not end in $stop_seconds s; killing it"
            kill -KILL -- "-$pid" 2>/dev/null || true
        fi
    fi
    rm -f "$1"
}

# --- ports ---

# Below the range from which the kernel takes ports for outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        grep -qi ":$(printf %04X "$port") " /proc/net/tcp || break
    done
    echo "$port"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A broker answers the protocol header with a method frame, whose first byte is 1.
speaks_amqp() (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'AMQP\x00\x00\x09\x01' >&3
    IFS= read -r -t 5 -N 1 first <&3
    [ "$first" = $'\x01' ]
) 2>/dev/null

main "$@"
