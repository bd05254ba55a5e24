#!/usr/bin/env bash
# Counts what each ready-made layer, codec, keyring and limit adds to a call, in instructions, as scripts/instructions.sh counts them.
# Run:  scripts/with-rabbitmq.sh scripts/instructions-of-extras.sh [ROUNDS [PROGRAM [SIDE]]]      ROUNDS: default 3, half an hour
# Both sides have it. Layers are there five times, for one is hardly more than the noise; the table shows a fifth. Prints every count as it
# comes, then medians of the rounds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-3}
program=(); [ -z "${2:-}" ] || program=(--program "$2")
sides=${3:-server client}
counted=$(mktemp)
trap 'rm -f "$counted"' EXIT

layers_of_both=(middleware trace trace+subscriber metrics metrics+recorder tower)
layers_of_servers=(timeout concurrency-limit rate-limit load-shed authorize catch-panic)
codecs=(msgpack cbor)
keys=(keyring deduplicate)
dialects=(aio-pika celery cyberfusion faststream golevelup nameko nestjs tutorial)
limits=(handler-timeout cancel-when-late)
TIMES=5

times() { printf "%s:$TIMES\n" "$@"; }
names_of() {
    if [ "$1" = client ]; then
        printf '%s\n' nothing "${codecs[@]}" "${keys[@]}" "${dialects[@]}"; times "${layers_of_both[@]}"
    else
        printf '%s\n' nothing "${codecs[@]}" "${keys[@]}" "${dialects[@]}" "${limits[@]}"; times "${layers_of_both[@]}" "${layers_of_servers[@]}"
    fi
}

# count SIDE NAME
count() {
    local with=()
    [ "$2" = nothing ] || with=(--with "$2")
    scripts/instructions.sh "${program[@]}" --side "$1" "${with[@]}" | sed -n "s/^$1: \([0-9]*\) .*/$1 $2 \1/p" | tee -a "$counted"
}
median() {
    awk -v side="$1" -v name="$2" '$1 == side && $2 == name { print $3 }' "$counted" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}

for ((round = 0; round < rounds; round++)); do
    for side in $sides; do
        for name in $(names_of "$side"); do count "$side" "$name"; done
    done
done

echo
echo "side | with | adds instructions per call"
echo "---|---|---"
for side in $sides; do
    nothing=$(median "$side" nothing)
    echo "$side | nothing | $nothing in all"
    for name in $(names_of "$side"); do
        case $name in
            nothing) ;;
            *:"$TIMES") echo "$side | ${name%:*} | $((($(median "$side" "$name") - nothing) / TIMES))" ;;
            *) echo "$side | $name | $(($(median "$side" "$name") - nothing))" ;;
        esac
    done
done
