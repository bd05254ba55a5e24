#!/usr/bin/env bash
# Counts the instructions per call of this library's client and server, by callgrind (user mode, everything included: lapin, tokio, JSON).
# Run:  scripts/with-rabbitmq.sh scripts/instructions.sh [OPTION]...
#   --program PROGRAM     a built benches/throughput; default: built now
#   --only VARIANT        what is counted, of those that its --help lists; default: amqp-rpc
#   --with NAME[:TIMES]   give both sides a layer, a codec or a limit; an unknown name lists them
#   --side SIDE           client or server; default: both, one after the other
#   --in-flight NUMBER    calls at a time; default: 64
# What counts is the difference of two runs, so that connecting does not. Takes about half a minute for a side; valgrind must be installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 1; }

program="" variant=amqp-rpc sides="client server" in_flight=64
extra=()
while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || { echo "$1 needs a value, or is no option" >&2; exit 2; }
    case $1 in
        --program) program=$2 ;;
        --only) variant=$2 ;;
        --with) extra=(--with "$2") ;;
        --side) sides=$2 ;;
        --in-flight) in_flight=$2 ;;
        *) echo "unknown option $1" >&2; exit 2 ;;
    esac
    shift 2
done
if [ -z "$program" ]; then
    program=$(cargo bench -p amqp-rpc-benches --no-run --bench throughput --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*throughput-[^"]*\)".*/\1/p' | tail -n 1)
fi
[ -x "$program" ] || { echo "there is no program to count: ${program:-cargo bench did not build it}" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run_side() { "${@:2}" "$program" --role "$1" --only "$variant" "${extra[@]}"; }
# profiled SIDE OUT: runs that side under the profiler.
profiled() {
    run_side "$1" valgrind --tool=callgrind --fair-sched=yes --callgrind-out-file="$scratch/$2"
}
total() { sed -n 's/^summary: //p;s/^totals: //p' "$scratch/$1" | head -n 1; }

# run PROFILED_SIDE CALLS: both sides, and that many calls
run() {
    local side=$1 calls=$2 other
    mkfifo "$scratch/server-input"
    exec 3<>"$scratch/server-input"
    if [ "$side" = server ]; then
        profiled server "server.$calls" <"$scratch/server-input" 3>&- >"$scratch/server-said" 2>"$scratch/errors" &
    else
        run_side server <"$scratch/server-input" 3>&- >"$scratch/server-said" 2>"$scratch/errors" &
    fi
    other=$!
    until [ -s "$scratch/server-said" ]; do
        kill -0 "$other" 2>/dev/null || { cat "$scratch/errors" >&2; exit 1; }
        sleep 0.1
    done
    if [ "$side" = client ]; then
        echo "$in_flight 600 $calls" | profiled client "client.$calls" 3>&- >/dev/null 2>&1
    else
        echo "$in_flight 600 $calls" | run_side client 3>&- >/dev/null
    fi
    # It ends with its input.
    exec 3>&-
    wait "$other"
    rm "$scratch/server-input" "$scratch/server-said"
}

for side in $sides; do
    run "$side" 2000
    run "$side" 12000
    echo "$side: $((($(total "$side.12000") - $(total "$side.2000")) / 10000)) instructions per call"
done
