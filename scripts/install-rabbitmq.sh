#!/usr/bin/env bash
# Makes sure that RabbitMQ's server and erl_call are on this machine. Does nothing where they are.
# Run:  scripts/install-rabbitmq.sh
# Only the files are wanted: no system-wide broker is started, now or at the next boot. scripts/rabbitmq.sh starts private nodes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

server=${RABBITMQ_SERVER:-/usr/lib/rabbitmq/bin/rabbitmq-server}
packages=() units=()
[ -x "$server" ] || { packages+=(rabbitmq-server) units+=(rabbitmq-server.service); }
command -v erl_call >/dev/null && command -v epmd >/dev/null || { packages+=(erlang-base) units+=(epmd.service epmd.socket); }
[ ${#packages[@]} -eq 0 ] && exit 0

"$here/apt-install.sh" "${packages[@]}"

# The packages also enable their units for the next boot.
if command -v systemctl >/dev/null; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    for unit in "${units[@]}"; do
        systemctl --quiet is-enabled "$unit" 2>/dev/null || continue
        "${as_root[@]}" systemctl --quiet disable "$unit" ||
            echo "install-rabbitmq: $unit could not be disabled; it will start at the next boot" >&2
    done
fi

for wanted in "$server" erl_call epmd; do
    command -v "$wanted" >/dev/null || { echo "install-rabbitmq: $wanted is still missing" >&2; exit 1; }
done
