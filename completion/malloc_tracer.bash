# SPDX-License-Identifier: MIT
# Completion of malloc_tracer(1)'s command line, for bash.

_malloc_tracer_files() {
    local IFS=$'\n'

    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen "$1" -- "$2"))
}

# Core files and snapshots by name, processes by number.
_malloc_tracer_targets() {
    _malloc_tracer_files -f "$1"
    case $1 in
    [0-9]* | '')
        COMPREPLY+=($(compgen -W "$(cd /proc 2>/dev/null &&
            printf '%s\n' [0-9]*)" -- "$1"))
        ;;
    esac
}

_malloc_tracer_words() {
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_malloc_tracer_options() {
    local every='--help --version'
    local names='--exe= --sysroot= --debug-dir= --debuginfod --skip= --skip-module= --names='
    local filters='--min-size= --max-size= --function= --module= --generation='

    case $1 in
    run) echo "-s -o $every" ;;
    report) echo "--by= --sort= --top= --format= --json $filters $names $every" ;;
    list) echo "--free --format= --json $filters $names $every" ;;
    leaks) echo "--blocks --suppressions= --error-exitcode= --start-only --format= --json $filters $names $every" ;;
    diff) echo "--by= --sort= --top= --blocks --format= --json $filters $names $every" ;;
    top) echo "--by= --sort= --top= --count= $filters $names $every" ;;
    why) echo "--top= --json $names $every" ;;
    export) echo "--format= -o --output= --value= $filters $names $every" ;;
    memory) echo "--format= --json $every" ;;
    info) echo "--json $every" ;;
    core-pattern) echo "$names $every" ;;
    snapshot) echo "-o --output= --no-graph $names $every" ;;
    mark) echo "$every" ;;
    esac
}

_malloc_tracer_value() { # COMMAND OPTION WORD
    case $2 in
    --by)
        _malloc_tracer_words \
            'function module caller line stack size generation type root' "$3"
        ;;
    --sort) _malloc_tracer_words 'bytes count unused retained pins' "$3" ;;
    --format)
        case $1 in
        list) _malloc_tracer_words 'text json csv chap' "$3" ;;
        export)
            _malloc_tracer_words \
                'html folded pprof heaptrack heapsnapshot csv json' "$3"
            ;;
        *) _malloc_tracer_words 'text json csv' "$3" ;;
        esac
        ;;
    --names) _malloc_tracer_words 'short full' "$3" ;;
    --exe | --suppressions) _malloc_tracer_files -f "$3" ;;
    --sysroot | --debug-dir) _malloc_tracer_files -d "$3" ;;
    --output) _malloc_tracer_files -f "$3" ;;
    --value) _malloc_tracer_words 'bytes blocks unused retained pins' "$3" ;;
    -o)
        case $1 in
        export | snapshot) _malloc_tracer_files -f "$3" ;;
        *) _malloc_tracer_words \
            'stacks=32 frees=1 follow=0 caller=direct snapshot_at=1G' "$3" ;;
        esac
        ;;
    *) return 1 ;;
    esac
}

_malloc_tracer() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]}

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _malloc_tracer_words \
            'run report list why leaks memory diff top export info mark snapshot core-pattern --help --version' "$cur"
        return
    fi
    # "=" is a word of its own
    if [ "$cur" = = ]; then
        cur=
    elif [ "$prev" = = ]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    _malloc_tracer_value "$command" "$prev" "$cur" && return
    case $cur in
    -*)
        _malloc_tracer_words "$(_malloc_tracer_options "$command")" "$cur"
        [ "${COMPREPLY[0]: -1}" != = ] || compopt -o nospace 2>/dev/null
        return
        ;;
    esac
    case $command in
    run)
        if [ "$COMP_CWORD" -eq 2 ] || [ "$prev" = -- ]; then
            COMPREPLY=($(compgen -c -- "$cur"))
        else
            _malloc_tracer_files -f "$cur"
        fi
        ;;
    core-pattern) _malloc_tracer_files -d "$cur" ;;
    *) _malloc_tracer_targets "$cur" ;;
    esac
}

complete -F _malloc_tracer malloc_tracer
