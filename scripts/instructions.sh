#!/usr/bin/env bash
# Counts the instructions per call of this library's client and server, by callgrind (user mode, everything included: lapin, tokio, JSON).
# Run:  scripts/with-rabbitmq.sh scripts/instructions.sh [PROGRAM]      PROGRAM: a built benches/throughput; default: built now
# What counts is the difference of two runs, so that connecting does not. Takes about two minutes; valgrind must be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 1; }

program=${1:-}
if [ -z "$program" ]; then
    program=$(cargo bench --no-run --bench throughput --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*throughput-[^"]*\)".*/\1/p' | tail -n 1)
fi
[ -x "$program" ] || { echo "there is no program to count: ${program:-cargo bench did not build it}" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# profiled SIDE OUT: plays that side under the profiler.
profiled() {
    valgrind --tool=callgrind --fair-sched=yes --callgrind-out-file="$scratch/$2" "$program" --play "$1" --only amqp-rpc
}
total() { sed -n 's/^summary: //p;s/^totals: //p' "$scratch/$1" | head -n 1; }

# run PROFILED_SIDE CALLS: both sides at 64 calls in flight, and that many calls
run() {
    local side=$1 calls=$2 other
    mkfifo "$scratch/server-input"
    exec 3<>"$scratch/server-input"
    if [ "$side" = server ]; then
        profiled server "server.$calls" <"$scratch/server-input" 3>&- >"$scratch/server-said" 2>/dev/null &
    else
        "$program" --play server --only amqp-rpc <"$scratch/server-input" 3>&- >"$scratch/server-said" 2>/dev/null &
    fi
    other=$!
    until [ -s "$scratch/server-said" ]; do kill -0 "$other" && sleep 0.1; done
    if [ "$side" = client ]; then
        echo "64 600 $calls" | profiled client "client.$calls" 3>&- >/dev/null 2>&1
    else
        echo "64 600 $calls" | "$program" --play client --only amqp-rpc 3>&- >/dev/null
    fi
    # It ends with its input.
    exec 3>&-
    wait "$other"
    rm "$scratch/server-input" "$scratch/server-said"
}

for side in client server; do
    run "$side" 2000
    run "$side" 12000
    echo "$side: $((($(total "$side.12000") - $(total "$side.2000")) / 10000)) instructions per call"
done
