#!/usr/bin/env bash
# Installs what the documents of contracts are checked with, and prints the path of the folder that holds it.
# Run:  export AMQP_RPC_TEST_DOCUMENTS=$(scripts/contract-documents.sh)
#       cargo test -p amqp-rpc-tests --test documents -- --include-ignored
# Keeps it in target/contract-documents, and makes what has changed anew:
#   node/node        a node with @asyncapi/parser, json-schema-to-typescript and TypeScript, as tests/documents/node/package-lock.json pins them
#   python/bin       datamodel-codegen and mypy, as tests/documents/python/requirements.txt pins them
#   NAME/skipped     the reason why it could not be installed: its tests say so, and count as skipped
# Needs node 20 with npm, and Python 3.11 with venv: Debian's packages where they are missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

sources=$root/tests/documents
mkdir -p "${CARGO_TARGET_DIR:-$root/target}/contract-documents"
tools=$(cd "${CARGO_TARGET_DIR:-$root/target}/contract-documents" && pwd)
oldest_node=20

say() { echo "contract-documents: $*" >&2; }

# is_current NAME FILE: NAME/made-of is written last, so that nothing half-made looks complete.
is_current() { cmp -s "$2" "$tools/$1/made-of"; }

skip() {
    rm -rf "${tools:?}/$1"
    mkdir "$tools/$1"
    echo "$2" >"$tools/$1/skipped"
    say "$1 is skipped: $2"
}

install_node() {
    local folder=$tools/node
    if ! { command -v node && command -v npm; } >/dev/null; then
        "$root/scripts/apt-install.sh" nodejs npm || { skip node "node and npm are not installed"; return; }
    fi
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge "$oldest_node" ] || { skip node "it needs node $oldest_node, this machine has $major"; return; }
    if ! is_current node "$sources/node/package-lock.json"; then
        say "making node"
        rm -rf "$folder"
        mkdir "$folder"
        cp "$sources/node/package.json" "$sources/node/package-lock.json" "$folder/"
        # No package runs a program of its own here.
        (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || { skip node "npm could not install it"; return; }
        cp "$folder/package-lock.json" "$folder/made-of"
    fi
    ln -sfn "$(command -v node)" "$folder/node"
    # Copies: packages are looked up beside a program.
    cp "$sources"/node/*.mjs "$folder/"
}

install_python() {
    local folder=$tools/python requirements=$sources/python/requirements.txt
    if is_current python "$requirements" && "$folder/bin/python" -c 'import datamodel_code_generator, mypy' 2>/dev/null; then return; fi
    python3 -c 'import ensurepip, venv' 2>/dev/null || "$root/scripts/apt-install.sh" python3 python3-venv || { skip python "python3-venv is not installed"; return; }
    say "making python"
    rm -rf "$folder"
    python3 -m venv "$folder" >&2 || { skip python "venv failed"; return; }
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$requirements" >&2 ||
        { skip python "pip could not install it"; return; }
    cp "$requirements" "$folder/made-of"
}

# Two runs at once would disturb each other.
exec 9>"$tools/lock"
flock 9

install_node
install_python

echo "$tools"
