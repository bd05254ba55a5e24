#!/usr/bin/env bash
# Runs a command for which RabbitMQ is a 4.x of a newer Debian release, kept in a directory of its own; this machine's packages stay as
# they are, and neither root nor chroot nor mounts are needed.
# Run:  scripts/rabbitmq-4.sh COMMAND [ARG]...     e.g.  scripts/rabbitmq-4.sh scripts/with-rabbitmq.sh cargo test -p amqp-rpc-tests --test e2e
#       scripts/rabbitmq-4.sh                      prints the variables for other scripts: RABBITMQ_SERVER and PATH
# AMQP_RPC_RABBITMQ4 chooses a version (4.0, 4.3) or a suite of the mirror (stable, testing, unstable). Default: the newest 4.x of them.
# The first run downloads about 50 MB with apt, from the mirror that this machine is configured for, into target/rabbitmq-4/SUITE, and
# takes about 20 s; that directory is used as it is until it is deleted. Ends with 77 and one line where RabbitMQ 4 cannot be had.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

wanted=${AMQP_RPC_RABBITMQ4-}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
cannot_be_had=77

main() {
    local roots=${CARGO_TARGET_DIR:-$root/target}/rabbitmq-4 system
    mkdir -p "$roots"
    roots=$(cd "$roots" && pwd)
    # Two runs do not write the same files.
    exec 9>"$roots/lock"
    flock 9
    system=$(installed) || install
    exec 9>&- # or the nodes would keep the lock
    unset APT_CONFIG

    export RABBITMQ_SERVER=$system/usr/lib/rabbitmq/bin/rabbitmq-server PATH=$system/usr/bin:$PATH
    [ $# -gt 0 ] && exec "$@"
    printf 'export RABBITMQ_SERVER=%q PATH=%q\n' "$RABBITMQ_SERVER" "$PATH"
}

say() { echo "rabbitmq-4: $*" >&2; }
die() { say "$@"; exit 1; }
give_up() { rm -rf "$roots/apt"; say "no RabbitMQ ${wanted:-4}: $*"; exit "$cannot_be_had"; }

# The suites in which it is looked for. The newest version is in testing; unstable may have a newer one, or what breaks today.
suites() {
    case $wanted in
        "") echo testing unstable stable ;;
        [0-9]*) echo stable testing unstable oldstable ;;
        *) echo "$wanted" ;;
    esac
}

# is_wanted VERSION: 4.0.5-6+deb13u2 is a 4, a 4.0 and a 4.0.5.
is_wanted() {
    case $wanted in
        [0-9]*) [[ $1 == "$wanted"[.-]* ]] ;;
        *) [[ $1 == 4.* ]] ;;
    esac
}

# Prints the directory of an earlier run that has what is wanted.
installed() {
    local suite system
    # What the mirror had when the newest one was asked for.
    [ -n "$wanted" ] || { complete "$roots/newest" && readlink -f "$roots/newest"; return; }
    for suite in $(suites); do
        system=$roots/$suite
        complete "$system" && is_wanted "$(sed -n 2p "$system/complete")" || continue
        echo "$system"
        return
    done
    return 1
}

# complete DIR: programs know where they are, so that a directory that was moved is made anew.
complete() { [ -f "$1/complete" ] && [ "$(sed -n 1p "$1/complete")" = "$(readlink -f "$1")" ]; }

install() {
    local mirror suite version="" apt=$roots/apt
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || give_up "this machine has no apt"
    mirror=$(mirror)
    [ -n "$mirror" ] || give_up "apt is not configured for a mirror of Debian"
    for suite in $(suites); do
        configure_apt
        apt-get update -qq >"$apt/out" 2>&1 || continue
        version=$(candidate)
        is_wanted "$version" || continue
        system=$roots/$suite
        if ! complete "$system" || [ "$(sed -n 2p "$system/complete")" != "$version" ]; then
            say "installing RabbitMQ $version in $system"
            rm -rf "$system"
            download
            unpack
            find_libraries_inside
            find_erlang_inside
            printf '%s\n' "$system" "$version" >"$system/complete"
        fi
        [ -n "$wanted" ] || ln -sfn "$suite" "$roots/newest"
        rm -rf "$apt"
        return
    done
    [ -n "$version" ] || give_up "$(tail -n 1 "$apt/out")"
    give_up "the mirror that apt is configured for has none"
}

# The mirror from which this machine has the packages of its own release.
mirror() {
    # shellcheck source=/dev/null
    [ "$(. /etc/os-release && echo "${ID-}")" = debian ] || return 0
    apt-get indextargets --no-release-info --format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
        awk '$1 == "Packages" && $2 == "main" && $3 !~ /-/ { print $4; exit }'
}

# An apt that installs nothing on this machine: its own lists, packages and record of what is installed. The record says that what
# only serves Debian's scripts is there.
configure_apt() {
    rm -rf "$apt"
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    cat >"$apt/status" <<STATUS
Package: scripts-of-this-machine
Status: install ok installed
Maintainer: nobody <nobody@localhost>
Architecture: all
Multi-Arch: allowed
Version: 1
Provides: adduser, openssl, procps, python3, rabbitmqadmin-ng, socat, systemd-sysusers
Description: what Debian's scripts need to manage a system-wide node
STATUS
    local options="target=Packages"
    [ ! -f "$keyring" ] || options+=" signed-by=$keyring"
    echo "deb [$options] $mirror $suite main" >"$apt/sources.list"
    cat >"$apt/apt.conf" <<CONF
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "30";
APT::Sandbox::User "root";
CONF
    # Read before this machine's own configuration, which says how to reach mirrors.
    export APT_CONFIG=$apt/apt.conf
}

candidate() { apt-cache policy rabbitmq-server | awk '$1 == "Candidate:" { print $2 }'; }

download() {
    apt-get install -y -qq --no-install-recommends --download-only rabbitmq-server patchelf >"$apt/out" 2>&1 ||
        give_up "$(tail -n 1 "$apt/out")"
}

unpack() {
    local package
    for package in "$apt"/archives/*.deb; do
        dpkg-deb --extract "$package" "$system"
    done
}

# Erlang's programs get the C library of their own release, which is newer than that of this machine. What they start besides, a shell
# for example, is this machine's and keeps its own: therefore no LD_LIBRARY_PATH.
find_libraries_inside() {
    local linker libraries program
    linker=$(find "$system/usr/lib" -type f -name 'ld-linux*.so.*')
    libraries=$(dirname "$linker")
    while IFS= read -r program; do
        "$linker" --library-path "$libraries" "$system/usr/bin/patchelf" \
            --set-interpreter "$linker" --force-rpath --set-rpath "$libraries" "$program"
    done < <(programs)
}

# The executables, but neither scripts nor libraries.
programs() {
    local file
    find "$system/usr/lib/erlang" -type f -perm -u+x ! -name '*.so' | while IFS= read -r file; do
        [ "$(head -c 4 "$file" | tr -d '\0')" != $'\x7fELF' ] || echo "$file"
    done
}

# Erlang's scripts name the directory that a package would have put them into.
find_erlang_inside() {
    grep -rlIZ ROOTDIR=/usr/lib/erlang "$system"/usr/lib/erlang/bin "$system"/usr/lib/erlang/erts-*/bin |
        xargs -0 sed -i "s|ROOTDIR=/usr/lib/erlang\$|ROOTDIR=\"$system/usr/lib/erlang\"|"
}

main "$@"
