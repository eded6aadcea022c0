# SPDX-License-Identifier: MIT
# sshd with its sandbox: 24 logins on the loopback, with a key made here.

load() {
    need ssh ssh-keygen
    [ "$(id -u)" -eq 0 ] || skip "sshd wants root"
    sshd=$(command -v sshd) || skip "sshd is not installed"
    mkdir -p /run/sshd
    ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f key
    # StrictModes looks at the directories above
    cat >sshd_config <<CONF
ListenAddress 127.0.0.1:$STRESS_PORT
HostKey $PWD/host
AuthorizedKeysFile $PWD/key.pub
PidFile $PWD/pid
StrictModes no
UsePAM no
PermitRootLogin yes
MaxStartups 100
LogLevel VERBOSE
CONF
    serve "$sshd" -D -e -f "$PWD/sshd_config" 2>sshd.log &
    server=$!
    until_true grep -q 'Server listening' sshd.log || { cat sshd.log >&2; return 1; }
    i=0
    while [ $i -lt 24 ]; do
        ssh -n -F none -p "$STRESS_PORT" -i key -o IdentitiesOnly=yes \
            -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
            -o ConnectTimeout=20 127.0.0.1 "echo login $i" 2>ssh.log
        echo "exit status $?"
        i=$((i + 1))
    done
    look $server
    kill $server
    wait $server
    echo "exit status $?"
    grep -E 'fatal|Bad system call' sshd.log
    return 0
}
