#!/usr/bin/env bash
# A private RabbitMQ node: own directory, ports, Erlang cookie and port mapper (epmd); loopback only; no plugins.
# Run:  scripts/rabbitmq.sh start [DIR]            default DIR: target/rabbitmq/<random>; prints the variables of DIR/env
#       scripts/rabbitmq.sh restart DIR            starts it again, ended or killed, on the same data, with the same name and ports
#       scripts/rabbitmq.sh stop DIR               ends the node, its port mapper and the nodes below DIR/private, and waits for them
#       scripts/rabbitmq.sh kill DIR               kills them all at once; what they wrote stays
#       scripts/rabbitmq.sh signal DIR SIGNAL      sends KILL, STOP or CONT to the broker's process, and to no other
#       scripts/rabbitmq.sh eval DIR 'erlang.'     evaluates an expression on the node, e.g. 'rabbit_vhost:list_names().'
# By hand:  eval "$(scripts/rabbitmq.sh start target/rabbitmq/mine)"; cargo test; scripts/rabbitmq.sh stop target/rabbitmq/mine
# Needs Linux (/proc), RabbitMQ's server ($RABBITMQ_SERVER when it is not Debian's) and erl_call: scripts/install-rabbitmq.sh.
# What a new node is given besides, by variables:
#   RABBITMQ_EXTRA_CONF       a file that is appended to its rabbitmq.conf
#   RABBITMQ_ADVANCED_CONF    the contents of its advanced.config, e.g. '[{rabbit, [{channel_tick_interval, 500}]}].'
#   RABBITMQ_PLUGINS_ENABLED  the contents of its enabled_plugins, e.g. '[rabbitmq_auth_mechanism_ssl].'
#   RABBITMQ_MEMBER           "NAME COOKIE EPMD_PORT" of a member of a cluster (rabbitmq-cluster.sh): these are not its own then
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=processes.bash
. "$root/scripts/processes.bash"

server=${RABBITMQ_SERVER:-/usr/lib/rabbitmq/bin/rabbitmq-server}
start_seconds=120 # about 5 on an idle machine
# What RabbitMQ and epmd print then. Before it binds the port for other nodes, RabbitMQ tries to connect to it.
port_is_taken='eaddrinuse|address already in use|dist_port_already_used'

say() { echo "rabbitmq: $*" >&2; }
die() { say "$@"; exit 1; }

main() {
    case ${1-} in
        start) [ $# -le 2 ] || usage; start "${2-}" ;;
        restart) [ $# -eq 2 ] || usage; restart "$2" ;;
        stop) [ $# -eq 2 ] || usage; stop "$2" ;;
        kill) [ $# -eq 2 ] || usage; kill_all "$2" ;;
        signal) [ $# -eq 3 ] || usage; signal "$2" "$3" ;;
        eval) [ $# -eq 3 ] || usage; evaluate "$2" "$3" ;;
        *) usage ;;
    esac
}

usage() { die "usage: rabbitmq.sh start [DIR] | restart | stop | kill DIR | signal DIR KILL|STOP|CONT | eval DIR 'erlang expression.'"; }

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

    clean_up_when_interrupted
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
        grep -Eqsi "$port_is_taken" "$dir/out" "$dir/epmd.out" || break
    done
    show_logs
    die "no node could be started in $dir (attempts: $attempt)"
}

restart() {
    [ -f "$1/settings" ] || die "no node was started in $1"
    dir=$(cd "$1" && pwd)
    clean_up_when_interrupted
    end "$dir/broker.pid"
    # shellcheck source=/dev/null
    . "$dir/settings"
    launch || { show_logs; die "the node in $dir does not start again"; }
    trap - EXIT INT TERM
    cat "$dir/env"
}

clean_up_when_interrupted() {
    trap stop_processes EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# Writes everything the node reads: directories, cookie, configuration, ports.
prepare() {
    local cookie
    read -r node cookie epmd_port <<<"${RABBITMQ_MEMBER:-amqp-rpc-$(random_hex 4)@localhost $(random_hex 24) $(free_port)}"
    amqp_port=$(free_port) dist_port=$(free_port)
    shares_epmd=${RABBITMQ_MEMBER:+yes}
    declare -p node epmd_port amqp_port dist_port shares_epmd >"$dir/settings"

    rm -rf "$dir/env" "$dir/home" "$dir/mnesia" "$dir/log"
    mkdir -p "$dir/mnesia" "$dir/log"
    mkdir -m 700 "$dir/home"
    (umask 077 && printf %s "$cookie" >"$dir/home/.erlang.cookie")
    chmod 400 "$dir/home/.erlang.cookie"
    echo "${RABBITMQ_PLUGINS_ENABLED:-[].}" >"$dir/enabled_plugins"
    echo "${RABBITMQ_ADVANCED_CONF:-[].}" >"$dir/advanced.config"
    cat - "${RABBITMQ_EXTRA_CONF:-/dev/null}" >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp_port
# Tests keep little; a full disk of the host should not raise an alarm in them.
disk_free_limit.absolute = 20MB
# What 3.10 allows by default; 4.0 allows 16 MiB, and tests send larger messages to peers that refuse them.
max_message_size = 134217728
CONF
}

# Starts port mapper and node and waits until this very node serves AMQP.
launch() {
    local deadline=$((SECONDS + start_seconds))

    [ -n "$shares_epmd" ] || alive "$dir/epmd.pid" || start_epmd "$dir" "$epmd_port" || return 1

    # `env -i`: neither the caller's RABBITMQ_* nor its HOME reach the node, and the node's HOME reaches nothing else.
    spawn "$dir" "$dir/broker.pid" "$dir/out" env -i PATH="$PATH" LANG=C.UTF-8 HOME="$dir/home" \
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
    # Tests end the nodes that they start; these were left by tests that were killed, or are shared by tests.
    [ ! -d "$1/private" ] || kill_all "$1/private"
    dir=$(cd "$1" && pwd)
    stop_processes
}

stop_processes() {
    end "$dir/broker.pid"
    end "$dir/epmd.pid"
    rm -f "$dir/env"
}

# Whatever nodes are in the directory or in those below it.
kill_all() {
    local pid_file
    while IFS= read -r pid_file; do
        kill_group "$pid_file"
    done < <(find "$1" -name broker.pid -o -name epmd.pid)
}

# The broker is the child of the script that RabbitMQ is started by.
signal() {
    local script broker
    case $2 in KILL | STOP | CONT) ;; *) usage ;; esac
    alive "$1/broker.pid" || die "no node runs in $1"
    read -r script _ <"$1/broker.pid"
    broker=$(<"$1/beam.pid")
    is_child_of "$script" "$broker" || die "process $broker is not the node in $1"
    kill -s "$2" "$broker"
    [ "$2" != KILL ] || kill_group "$1/broker.pid"
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

# A broker answers the protocol header with a method frame, whose first byte is 1.
speaks_amqp() (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'AMQP\x00\x00\x09\x01' >&3
    IFS= read -r -t 5 -N 1 first <&3
    [ "$first" = $'\x01' ]
) 2>/dev/null

main "$@"
