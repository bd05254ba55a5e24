#!/usr/bin/env bash
# Makes sure that RabbitMQ's server and erl_call are on this machine. Does nothing where they are.
# Run:  scripts/install-rabbitmq.sh
# Only the files are wanted: no system-wide broker is started, now or at the next boot. scripts/rabbitmq.sh starts private nodes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

server=${RABBITMQ_SERVER:-/usr/lib/rabbitmq/bin/rabbitmq-server}
packages=()
[ -x "$server" ] || packages+=(rabbitmq-server)
command -v erl_call >/dev/null && command -v epmd >/dev/null || packages+=(erlang-base)
[ ${#packages[@]} -eq 0 ] && exit 0

"$here/apt-install.sh" "${packages[@]}"

# The package also enables its unit for the next boot.
if [ -d /run/systemd/system ] && [[ " ${packages[*]} " == *" rabbitmq-server "* ]]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
    "${as_root[@]}" systemctl disable --quiet rabbitmq-server.service ||
        echo "install-rabbitmq: could not disable rabbitmq-server.service; it will start at the next boot" >&2
fi

for wanted in "$server" erl_call epmd; do
    command -v "$wanted" >/dev/null || { echo "install-rabbitmq: $wanted is still missing" >&2; exit 1; }
done
