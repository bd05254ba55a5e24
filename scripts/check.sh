#!/usr/bin/env bash
# Checks everything that needs no broker: format, lints, builds with other features, documentation, length of files, and who names lapin.
# Run:  scripts/check.sh        before every push; all checks run, and it fails if one of them did
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
check() {
    local title=$1
    shift
    printf '\n== %s\n' "$title"
    "$@" || failed+=("$title")
}

# Tracked files and new ones, but not ignored ones; a file deleted in the work tree is no longer there to check.
rust_files() {
    local file
    git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
        [ -f "$file" ] && printf '%s\n' "$file"
    done
}

documentation() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps; }

# A longer file says why in its first line: "... over 300 lines because ...". What programs write is marked @generated there, or is
# an expansion committed for comparison.
short_files() {
    local file lines first status=0
    while IFS= read -r file; do
        lines=$(wc -l <"$file")
        [ "$lines" -gt 300 ] || continue
        [[ $file == rpc-macros/tests/expansions/* ]] && continue
        IFS= read -r first <"$file"
        [[ ${first,,} == *"over 300 lines because "* || $first == *@generated* ]] && continue
        echo "$file has $lines lines: split it by concept, or begin it with \"... over 300 lines because ...\""
        status=1
    done < <(rust_files '*.rs')
    return "$status"
}

# Clippy's disallowed-types (clippy.toml) follow types through aliases and re-exports; this finds functions, traits and modules.
lapin_stays_inside() {
    local file status=0
    while IFS= read -r file; do
        grep -nHE '\blapin\b' "$file" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*//' && status=1
    done < <(rust_files 'src/*.rs' 'examples/*.rs' 'rpc-runtime/src/*.rs' 'rpc-macros/src/*.rs')
    [ "$status" -eq 0 ] || echo "only rpc-amqp names lapin"
    return "$status"
}

check "format" cargo fmt --all --check
check "lints" cargo clippy --quiet --workspace --all-targets -- -D warnings
# Warnings are left to the lints; with the cryptography that is not the default, and with none.
check "build without TLS" cargo check --quiet --all-targets --no-default-features
check "build with ring" cargo check --quiet --all-targets --no-default-features --features tls-ring
# Tests bring every feature along: the library alone has to be built without them, and with each.
check "build without features" cargo check --quiet -p amqp-rpc-transport -p amqp-rpc-runtime --no-default-features
for feature in cbor garde gzip metrics msgpack tower zstd; do
    check "build with $feature" cargo check --quiet -p amqp-rpc-runtime --no-default-features --features "$feature"
done
check "documentation" documentation
check "files of at most 300 lines" short_files
check "only the transport crate names lapin" lapin_stays_inside

echo
if [ ${#failed[@]} -gt 0 ]; then
    printf 'check failed: %s\n' "${failed[@]}"
    exit 1
fi
echo "all checks passed"
