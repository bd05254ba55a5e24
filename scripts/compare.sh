#!/usr/bin/env bash
# Measures amqp-rpc beside other libraries in one interleaved run: builds them (benches/peers), starts a private RabbitMQ and prints tables.
# Run:  scripts/compare.sh [OPTION]...                       a quick look at a few rows; --help lists the options
#       scripts/compare.sh --profile calls --raw FILE        all rows, 1 to 1,024 calls in flight; --estimate says how long it takes
#       scripts/compare.sh --syscalls --rows amqp-rpc        system calls per call instead, counted by strace
# Where AMQP_URL is set, that broker is used. Needs Linux (/proc), Python 3.9, and Node for one row. The first build compiles some 350 crates.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
peers=$root/benches/peers

mkdir -p "${CARGO_TARGET_DIR:-$root/target}"
target=$(cd "${CARGO_TARGET_DIR:-$root/target}" && pwd)
compare=(python3 -B "$peers/compare" "$@")

# What only talks needs nothing built.
case " $* " in *" --help "* | *" -h "* | *" --estimate "*) exec "${compare[@]}" ;; esac

CARGO_TARGET_DIR=$target/peers cargo build --quiet --release --manifest-path "$peers/Cargo.toml"
export PEERS_BIN=$target/peers/release

# The environments of the scripts, made anew when what they need changes. The copy is written last: there is no half-made environment
# that looks complete.
venv=$target/peers-venv
if ! cmp -s "$peers/scripts/requirements.txt" "$venv/requirements.txt"; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || "$root/scripts/apt-install.sh" python3 python3-venv
    echo "compare: making $venv" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$peers/scripts/requirements.txt" >&2
    cp "$peers/scripts/requirements.txt" "$venv/requirements.txt"
fi
export PEERS_PYTHON=$venv/bin/python

modules=$target/peers-node
if ! command -v npm >/dev/null; then
    echo "compare: no Node on this machine: the row amqplib is left out" >&2
elif ! cmp -s "$peers/scripts/package-lock.json" "$modules/installed.json"; then
    echo "compare: making $modules" >&2
    rm -rf "$modules"
    mkdir -p "$modules"
    cp "$peers/scripts/package.json" "$peers/scripts/package-lock.json" "$modules/"
    (cd "$modules" && npm ci --silent --ignore-scripts >&2)
    cp "$peers/scripts/package-lock.json" "$modules/installed.json"
fi
PEERS_NODE=$(command -v node || true)
export PEERS_NODE NODE_PATH=$modules/node_modules

case " $* " in
    *" --embedded "*) exec "${compare[@]}" ;;
    *) exec "$root/scripts/with-rabbitmq.sh" "${compare[@]}" ;;
esac
