# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # $root comes from who sources it
# Sourced by try-deb and try-rpm, after results.sh: a clean root of Debian, at
# $root, of $suite. bash.

suite=${suite-$(. /etc/os-release && echo "${VERSION_CODENAME-}")}

# Why there can be no clean root here; nothing if it can.
obstacle() {
    if ((EUID != 0)); then
        echo "not root"
    elif ! command -v mmdebstrap >/dev/null; then
        echo "mmdebstrap is not installed"
    elif ! unshare --mount --pid --fork true 2>/dev/null; then
        echo "no new namespaces of mounts and processes"
    elif ! unshare --mount --pid --fork mount -t proc proc /proc 2>/dev/null; then
        echo "/proc cannot be mounted"
    elif ! chroot / true 2>/dev/null; then
        echo "chroot is not allowed"
    fi
}

# Of the suite itself, its updates and its security, what apt has here.
sources() {
    # shellcheck disable=SC2016 # these are apt's own
    apt-get indextargets --format '$(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | sort -u |
        sed -n "s/^$suite\(-updates\|-security\)* /deb /p"
}

# With these packages, separated by commas. What mmdebstrap is told beside.
make_root() { # PACKAGES [OPTION...]
    local packages=$1 list

    shift
    list=$(sources)
    [[ -n $list ]] || { echo "apt has no mirror of $suite here"; return 1; }
    echo "$list"
    mmdebstrap --mode=root --variant=minbase --include="$packages" \
        --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' "$@" \
        "$suite" "$root" - <<<"$list"
}

# With processes of its own: whatever a test leaves behind goes with it.
in_root() { # COMMAND...
    # shellcheck disable=SC2016
    unshare --mount --pid --fork sh -c \
        'mount -t proc proc "$1/proc" && shift && exec chroot "$@"' \
        sh "$root" "$root" "$@" </dev/null
}

# What follows needs a root: its results, and an end without one.
need_root() { # WHAT
    local why

    [[ ! -e $root ]] || die "$root is there already"
    why=$(obstacle)
    [[ -n $why ]] || return 0
    skip "$1" "$why"
    results
    exit
}

# The last line of a script.
end_root() {
    local status

    results
    status=$?
    rm -rf --one-file-system "$root"
    exit $status
}
