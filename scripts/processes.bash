# Sourced by the scripts that run brokers: processes that outlive the script, and ports for them.
# A pid file holds the id and the start time, so that a reused id is never mistaken for ours.

stop_seconds=30 # about 1

# spawn DIR PID_FILE OUTPUT COMMAND...: in a session of its own, so that Ctrl-C reaches the tests first and the broker last.
spawn() {
    local dir=$1 pid_file=$2 output=$3
    shift 3
    (cd "$dir" && exec setsid "$@") </dev/null >"$output" 2>&1 &
    echo "$! $(started_at $!)" >"$pid_file"
    disown
}

# Prints the start time of a process, or nothing when it has ended (a zombie has ended).
started_at() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    # shellcheck disable=SC2086 # fields after "(name) ": state is the first, start time the twentieth
    set -- ${stat##*) }
    [ "$1" = Z ] || echo "${20}"
}

# is_child_of PARENT PID
is_child_of() {
    local stat
    { stat=$(<"/proc/$2/stat"); } 2>/dev/null || return 1
    set -- "$1" ${stat##*) }
    [ "$3" = "$1" ]
}

alive() {
    local pid="" start=""
    [ -f "$1" ] && read -r pid start <"$1" || return 1
    [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ]
}

# end PID_FILE: asks the process to end, and kills it with its group when it does not.
end() {
    local pid deadline=$((SECONDS + stop_seconds))
    if alive "$1"; then
        read -r pid _ <"$1"
        kill -TERM "$pid" 2>/dev/null || true
        while alive "$1" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.02; done
        if alive "$1"; then
            echo "process $pid did not end in $stop_seconds s; killing it" >&2
            kill_group "$1"
        fi
    fi
    rm -f "$1"
}

# kill_group PID_FILE: kills the process and its group at once, and waits until it is gone.
kill_group() {
    local pid deadline=$((SECONDS + stop_seconds))
    if alive "$1"; then
        read -r pid _ <"$1"
        kill -KILL -- "-$pid" 2>/dev/null || true
        while alive "$1" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.02; done
    fi
    rm -f "$1"
}

# start_epmd DIR PORT: Erlang's port mapper, on loopback only.
start_epmd() {
    local deadline=$((SECONDS + 30))
    spawn "$1" "$1/epmd.pid" "$1/epmd.out" env -i PATH="$PATH" epmd -address 127.0.0.1 -port "$2"
    until answers "$2"; do
        alive "$1/epmd.pid" || { echo "epmd ended: $(cat "$1/epmd.out")" >&2; return 1; }
        [ "$SECONDS" -lt "$deadline" ] || { echo "epmd does not answer" >&2; return 1; }
        sleep 0.02
    done
}

# Below the range from which the kernel takes ports for outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        grep -qi ":$(printf %04X "$port") " /proc/net/tcp || break
    done
    echo "$port"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

random_hex() { od -An "-N$1" -tx1 /dev/urandom | tr -d ' \n'; }
