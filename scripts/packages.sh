#!/usr/bin/env bash
# Checks what a user of the packages gets: each is assembled, with its licences, and README's programs compile with the dependencies that
# README names and no others.
# Run:  scripts/packages.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target"
target=$(cd "$target" && pwd)

packages=(amqp-rpc amqp-rpc-broker amqp-rpc-cli amqp-rpc-contract amqp-rpc-dialects amqp-rpc-docs amqp-rpc-macros amqp-rpc-runtime amqp-rpc-transport)
selected=()
for package in "${packages[@]}"; do selected+=(--package "$package"); done
# Not verified: that builds each of them once more. What they need that is not in them is found below.
cargo package --quiet --allow-dirty --no-verify "${selected[@]}"
for package in "${packages[@]}"; do
    files=$(cargo package --quiet --allow-dirty --list --package "$package")
    root=src/lib.rs
    [ "$package" = amqp-rpc-cli ] && root=src/main.rs
    for file in LICENSE-APACHE LICENSE-MIT Cargo.toml "$root"; do
        grep -qx "$file" <<<"$files" || { echo "the package $package lacks $file" >&2; exit 1; }
    done
done

# README.md's blocks of a language, each in a file PREFIX.N.
blocks() {
    awk -v language="$1" -v prefix="$2" '
        $0 == "```" && file { close(file); file = "" }
        file { print > file }
        $0 ~ "^```" language "(,|$)" { file = prefix "." ++count }
    ' README.md
}
programs=$target/readme-programs
rm -rf "$programs"
mkdir -p "$programs/src/bin"
blocks toml "$programs/dependencies"
blocks rust "$programs/program"
[ -f "$programs/dependencies.1" ] || { echo "README.md names no dependencies" >&2; exit 1; }
[ -f "$programs/program.2" ] || { echo "README.md has fewer programs than it had" >&2; exit 1; }
for program in "$programs"/program.*; do
    mv "$program" "$programs/src/bin/program-${program##*.}.rs"
done
{
    printf '[package]\nname = "readme-programs"\nedition = "2024"\n\n[workspace]\n\n'
    # The library is this one, and not the one that is published.
    sed "s#^amqp-rpc = .*#amqp-rpc = { path = \"$PWD\" }#" "$programs/dependencies.1"
} >"$programs/Cargo.toml"
cp Cargo.lock "$programs/"
CARGO_TARGET_DIR=$target cargo check --quiet --manifest-path "$programs/Cargo.toml"
