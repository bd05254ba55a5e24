#!/usr/bin/env bash
# Prints the path of a Python that has what tests/interop/requirements.txt names (pika, the reference AMQP client).
# Run:  scripts/interop-python.sh
# Keeps a virtual environment in target/interop-venv and makes it anew when the requirements change.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

requirements=$root/tests/interop/requirements.txt
mkdir -p "${CARGO_TARGET_DIR:-$root/target}"
venv=$(cd "${CARGO_TARGET_DIR:-$root/target}" && pwd)/interop-venv
installed=$venv/requirements.txt # written last: there is no half-made environment that looks complete

if ! cmp -s "$requirements" "$installed" || ! "$venv/bin/python" -c 'import pika' 2>/dev/null; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || "$root/scripts/apt-install.sh" python3 python3-venv
    echo "interop-python: making $venv" >&2
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements" >&2
    cp "$requirements" "$installed"
fi
echo "$venv/bin/python"
