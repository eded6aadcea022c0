# SPDX-License-Identifier: MIT
# chromium without a display makes a page's text, without and with its sandbox.

page() { # FLAG...
    under_nobody chromium --headless --disable-gpu --disable-dev-shm-usage \
        --user-data-dir="$PWD/profile" --no-first-run "$@" --dump-dom \
        "file://$PWD/page.html" 2>chromium.err
    echo "exit status $?"
}

load() {
    need chromium
    [ "$(id -u)" -ne 0 ] || chown nobody .
    export HOME="$PWD"
    cat >page.html <<'HTML'
<html><body><div id="a"></div><script>
const w = [];
for (let i = 0; i < 20000; i++) w.push('x' + (i * 7919 % 997));
document.getElementById('a').textContent = new Set(w).size + ' ' +
    w.slice().sort().slice(0, 3).join(' ');
for (let i = 0; i < 200; i++)
    document.body.appendChild(document.createElement('p')).textContent = i;
</script></body></html>
HTML
    chmod 644 page.html
    page --no-sandbox
    page
}
