# Sourced by the other scripts: runs one command, and stays in charge of it when a signal comes.
# bash runs no trap while a foreground command lasts; so the command runs in the background, but with the default SIGINT and
# with our standard input, which bash would take away from it. Ctrl-C reaches it as ever: it stays in our process group.

interrupted="" # the exit status that a signal asked for
command_pid=""

# trap_signals: from now on SIGINT, SIGTERM and SIGHUP are handed on to the command, or end the script when none runs.
trap_signals() {
    trap 'hand_on INT 130' INT
    trap 'hand_on TERM 143' TERM
    trap 'hand_on HUP 129' HUP
}

hand_on() {
    interrupted=$2
    [ -n "$command_pid" ] || exit "$2"
    kill -s "$1" "$command_pid" 2>/dev/null || true
}

# run_and_wait COMMAND [ARG]...: ends when the command has ended, with its status, or that of the signal that interrupted it.
run_and_wait() {
    local status=0
    env --default-signal=INT,QUIT "$@" <&0 &
    command_pid=$!
    while :; do
        wait "$command_pid" && status=0 || status=$?
        # A trapped signal ends `wait` too; then the command is still there.
        kill -0 "$command_pid" 2>/dev/null || break
    done
    command_pid=""
    return "${interrupted:-$status}"
}
