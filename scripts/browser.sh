#!/usr/bin/env bash
# Installs the browser that the documentation page is tested with, and prints the path of the folder that holds it.
# Run:  export AMQP_RPC_TEST_BROWSER=$(scripts/browser.sh)
#       cargo test -p amqp-rpc-tests --test page -- --include-ignored
# Keeps it in target/browser, and makes what has changed anew:
#   chromium, chromedriver   links to Debian's
#   node_modules/axe-core    what checks that people with disabilities can use the page, as tests/page/node/package-lock.json pins it
#   skipped                  the reason why something could not be installed: the tests say so, and count as skipped
# Needs node with npm, and Chromium with its driver: Debian's packages where they are missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

sources=$root/tests/page/node
mkdir -p "${CARGO_TARGET_DIR:-$root/target}/browser"
folder=$(cd "${CARGO_TARGET_DIR:-$root/target}/browser" && pwd)

say() { echo "browser: $*" >&2; }

skip() {
    echo "$1" >"$folder/skipped"
    say "skipped: $1"
    echo "$folder"
    exit 0
}

has() {
    local program
    for program in "$@"; do command -v "$program" >/dev/null || return 1; done
}

# Two runs at once would disturb each other.
exec 9>"$folder/lock"
flock 9
rm -f "$folder/skipped"

has chromium chromedriver || "$root/scripts/apt-install.sh" chromium chromium-driver || skip "Chromium and its driver are not installed"
has node npm || "$root/scripts/apt-install.sh" nodejs npm || skip "node and npm are not installed"
for program in chromium chromedriver; do
    ln -sfn "$(command -v "$program")" "$folder/$program"
done

# made-of is written last, so that nothing half-made looks complete.
if ! cmp -s "$sources/package-lock.json" "$folder/made-of"; then
    say "installing axe-core"
    rm -rf "$folder/node_modules" "$folder/made-of"
    cp "$sources/package.json" "$sources/package-lock.json" "$folder/"
    # No package runs a program of its own here.
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || skip "npm could not install axe-core"
    cp "$folder/package-lock.json" "$folder/made-of"
fi

echo "$folder"
