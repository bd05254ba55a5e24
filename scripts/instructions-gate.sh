#!/usr/bin/env bash
# Compares the instructions per call with the committed ones in benches/instructions.txt, and fails when a side takes more than the
# tolerance that stands there. A change that costs on purpose updates them in its commit.
# Run:  scripts/with-rabbitmq.sh scripts/instructions-gate.sh             the median of three runs; about two minutes, and a release build
#       scripts/with-rabbitmq.sh scripts/instructions-gate.sh --update    writes what was counted
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
committed=benches/instructions.txt
runs=3

case ${1-} in
    "" | --update) ;;
    *) echo "usage: instructions-gate.sh [--update]" >&2; exit 2 ;;
esac
command -v valgrind >/dev/null || scripts/apt-install.sh valgrind

counted=()
for ((number = 0; number < runs; number++)); do
    counted+=("$(scripts/instructions.sh)")
done
median() { printf '%s\n' "${counted[@]}" | sed -n "s/^$1: \([0-9]*\) .*/\1/p" | sort -n | sed -n "$(((runs + 1) / 2))p"; }

failed=""
while read -r side allowed; do
    case $side in
        client | server) ;;
        tolerance-percent) tolerance=$allowed; continue ;;
        *) continue ;;
    esac
    now=$(median "$side")
    [ -n "$now" ] || { echo "$side: nothing was counted" >&2; exit 1; }
    change=$(awk -v now="$now" -v before="$allowed" 'BEGIN { printf "%+.1f", (now / before - 1) * 100 }')
    echo "$side: $now instructions per call, committed $allowed ($change %)"
    if [ "${1-}" = --update ]; then
        sed -i "s/^$side .*/$side $now/" "$committed"
    elif [ "$now" -gt $((allowed + allowed * tolerance / 100)) ]; then
        failed=yes
    fi
done <"$committed"
if [ -n "$failed" ]; then
    echo "a call takes more instructions than committed: find out why, or commit the new numbers (--update) with the reason" >&2
    exit 1
fi
