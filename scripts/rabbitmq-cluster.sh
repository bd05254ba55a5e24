#!/usr/bin/env bash
# A private RabbitMQ cluster of three nodes, each made by rabbitmq.sh, with one cookie and one port mapper (epmd); loopback only.
# Run:  scripts/rabbitmq-cluster.sh start DIR      the nodes are in DIR/1, DIR/2 and DIR/3, each as rabbitmq.sh knows it
#       scripts/rabbitmq.sh kill DIR               kills them all at once
# A node that cannot see the majority pauses; that a node is gone without a word is noticed after about 5 s.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=processes.bash
. "$root/scripts/processes.bash"

start_seconds=120 # about 20 on an idle machine

die() { echo "rabbitmq-cluster: $*" >&2; exit 1; }

start() {
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    [ ! -e "$dir/epmd.pid" ] || die "$dir is in use"
    trap '"$root/scripts/rabbitmq.sh" kill "$dir"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    local id cookie epmd_port number starting=()
    id=$(random_hex 4) cookie=$(random_hex 24) epmd_port=$(free_port)
    start_epmd "$dir" "$epmd_port"
    write_configuration
    start_member 1 || die "the first node does not start"
    # The others find it. Nodes of RabbitMQ 4 that start at once may each find nobody, and never join.
    for number in 2 3; do
        start_member $number &
        starting+=($!)
    done
    for number in "${starting[@]}"; do
        wait "$number" || die "a node does not start"
    done
    for number in 1 2 3; do
        await_formed "$dir/$number"
    done
    trap - EXIT INT TERM
}

start_member() {
    RABBITMQ_MEMBER="$(member "$1") $cookie $epmd_port" RABBITMQ_EXTRA_CONF=$dir/cluster.conf \
        "$root/scripts/rabbitmq.sh" start "$dir/$1" >/dev/null
}

member() { echo "amqp-rpc-$id-$1@localhost"; }

write_configuration() {
    cat >"$dir/cluster.conf" <<CONF
cluster_formation.peer_discovery_backend = classic_config
cluster_formation.classic_config.nodes.1 = $(member 1)
cluster_formation.classic_config.nodes.2 = $(member 2)
cluster_formation.classic_config.nodes.3 = $(member 3)
cluster_partition_handling = pause_minority
net_ticktime = 5
# The first to start waits for nobody.
cluster_formation.discovery_retry_limit = 1
cluster_formation.discovery_retry_interval = 100
CONF
}

await_formed() {
    until [ "$("$root/scripts/rabbitmq.sh" eval "$1" 'length(rabbit_nodes:all_running()).' 2>/dev/null)" = "{ok, 3}" ]; do
        [ "$SECONDS" -lt "$start_seconds" ] || die "the node in $1 does not see the two others"
        sleep 0.05
    done
}

[ $# -eq 2 ] && [ "$1" = start ] || die "usage: rabbitmq-cluster.sh start DIR"
start "$2"
