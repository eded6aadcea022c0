# SPDX-License-Identifier: MIT
# curl, wget and their like against a server here; gpg, which has p11-kit, too.

load() {
    need curl python3
    mkdir www && seq 1 50000 >www/long
    python3 -m http.server --bind 127.0.0.1 -d www "$STRESS_PORT" \
        >server.log 2>&1 &
    url=http://127.0.0.1:$STRESS_PORT
    until_true curl -s -o /dev/null $url/long || return
    under curl -s $url/long | cksum
    under curl -s -Z -o a $url/long -o b $url/long -o c $url/none
    echo "parallel $?" && cat a b | cksum
    under curl -s -I $url/long | grep -i content-length
    under curl --version | head -n 1
    under curl -s http://127.0.0.1:1/
    echo "refused $?"
    under curl -s https://127.0.0.1:$STRESS_PORT/
    echo "no TLS there $?"
    if command -v wget; then
        under wget -q -O - $url/long | cksum
        under wget -q -O - $url/none
        echo "wget $?"
    fi
    if command -v gpg; then
        echo text | under gpg --batch -q --passphrase word -c -o text.gpg
        under gpg --batch -q --passphrase word -d text.gpg 2>/dev/null
        echo "gpg $?"
        under gpgconf --kill all
    fi
}
