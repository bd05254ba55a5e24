# Sourced by the scripts that run tests several times: runs commands, keeps their output, and sums up all tests at the end.
# Needs run-and-wait.bash, and the signals trapped.

status=0 # of the last run that failed
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# run TITLE COMMAND...: shows the output, also how an interrupted run ends, and keeps it. A command that ends with 77 could not begin,
# and its last line says why: the whole run counts as one skipped test.
run() {
    local title=$1 tee_pid run_status=0 begun=$SECONDS
    shift
    [ -z "$interrupted" ] || return 0
    rm -f "$scratch/pipe"
    mkfifo "$scratch/pipe"
    (trap '' INT TERM HUP && exec tee -a "$scratch/output") <"$scratch/pipe" &
    tee_pid=$!
    printf '\n== %s\n' "$title"
    run_and_wait "$@" >"$scratch/pipe" 2>&1 || run_status=$?
    wait "$tee_pid" || true
    printf '(%s s)\n' $((SECONDS - begun))
    case $run_status in
        0) ;;
        77) echo "test all: $title ... ignored, $(tail -n 1 "$scratch/output")" | tee -a "$scratch/output" ;;
        *) status=$run_status ;;
    esac
}

# print_failures: the checks that failed before (.ci/run), and each failed test's name and the beginning of its output again, near the end, where a shortened log still has them.
# "---- name stdout ----", its output, and "failures:" or the next one.
print_failures() {
    [ ! -s "${AMQP_RPC_FAILED_CHECKS-}" ] || { echo && cat "$AMQP_RPC_FAILED_CHECKS"; }
    awk '/^     Running |^   Doc-tests / { program = $0; sub(/^ +/, "", program) }
         /^---- .* ----$/ && tests++ < 20 { lines = 40; printf "\n== failed, in %s\n", program }
         /^failures:$/ { lines = 0 }
         lines > 0 { print; lines-- }' "$scratch/output"
}

# print_totals: "N passed, N failed, N skipped"; skipped is what no run ran.
# "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s"
# "test name ... ignored, reason" and "test name ... ok": a test that one run ignores and another runs is not skipped.
# "test name ... skipped, reason" is said by a test that the broker cannot serve (tests/e2e/support/left_out.rs), anywhere in a line;
# the test harness takes it for passed. A test program is known by its name without cargo's hash, which differs between runs.
print_totals() {
    awk '/^test result: / { passed += $4; failed += $6 }
         /^     Running |^   Doc-tests / { program = $0; sub(/-[0-9a-f]+\)$/, "", program); split("", left_out) }
         / \.\.\. skipped, / {
             sub(/ \.\.\. skipped, .*/, ""); sub(/.*test /, "test "); passed--; left_out[$0] = ignored[program, $0] = 1; next
         }
         /^test .* \.\.\. ignored/ { sub(/ \.\.\. ignored.*/, ""); ignored[program, $0] = 1 }
         /^test .* \.\.\. (ok|FAILED)/ { sub(/ \.\.\. (ok|FAILED).*/, ""); if (!($0 in left_out)) ran[program, $0] = 1 }
         END { for (test in ignored) if (!(test in ran)) skipped++
               printf "\n%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$scratch/output"
}
