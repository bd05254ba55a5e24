#!/usr/bin/env bash
# Installs Debian packages, as root or through sudo, without letting apt start any service.
# Run:  scripts/apt-install.sh PACKAGE...
# The other scripts call it for what is missing; it says what to install by hand where it cannot.
set -euo pipefail

die() { echo "apt-install: $*" >&2; exit 1; }

[ $# -gt 0 ] || die "name the packages to install"
command -v apt-get >/dev/null || die "no apt-get on this machine: install what provides '$*' by hand and run again"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "neither root nor sudo: run 'apt-get install $*' as root and run again"
    as_root=(sudo)
    # Without a terminal sudo must not wait for a password that nobody types.
    [ -t 0 ] || as_root=(sudo -n)
fi

# Debian asks this file before a package starts its service: 101 means no. One that exists already is left alone.
policy=/usr/sbin/policy-rc.d
remove_policy() { "${as_root[@]}" rm -f "$policy"; }
if [ ! -e "$policy" ]; then
    trap remove_policy EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" >&2; }
echo "apt-install: installing $*" >&2
apt update || echo "apt-install: the package lists are not fresh; trying with what is there" >&2
apt install --no-install-recommends --no-upgrade "$@" || die "apt-get could not install: $*"
