# SPDX-License-Identifier: MIT
# nginx serves files, and is reloaded under load.

get() {
    curl -s -o "$2" "http://127.0.0.1:$STRESS_PORT/$1" || echo "curl $?"
}

load() {
    need nginx curl
    mkdir logs www && seq 1 20000 >www/long && echo hello >www/short
    # root's workers are nobody
    chmod 755 . www && chmod 644 www/*
    cat >nginx.conf <<CONF
daemon off;
$([ "$(id -u)" -ne 0 ] || echo "user nobody nogroup;")
worker_processes 2;
pid $PWD/nginx.pid;
error_log $PWD/logs/error.log;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $PWD/b; proxy_temp_path $PWD/p;
    fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
    server { listen 127.0.0.1:$STRESS_PORT; root $PWD/www; gzip on;
        gzip_types *; location /again/ { return 302 /short; } }
}
CONF
    serve nginx -e "$PWD/logs/error.log" -c "$PWD/nginx.conf" 2>nginx.err &
    server=$!
    until_true curl -s "http://127.0.0.1:$STRESS_PORT/short" || return
    hammer &
    hammer=$!
    i=0
    while [ $i -lt 8 ]; do
        sleep 0.5
        kill -HUP $server
        i=$((i + 1))
    done
    wait $hammer
    echo "load $?"
    get short short && cat short
    get long long && cmp long www/long && echo "long is equal"
    curl -s --compressed "http://127.0.0.1:$STRESS_PORT/long" | cksum
    look $server
    for worker in $(cat /proc/$server/task/$server/children); do
        look "$worker"
    done
    kill -QUIT $server
    wait $server
    echo "exit status $?"
    grep -E '\[(alert|emerg|crit)\]' logs/error.log
    return 0
}

hammer() {
    url=http://127.0.0.1:$STRESS_PORT/long
    if command -v wrk >/dev/null; then
        wrk -t 1 -c 16 -d 5 -H 'Accept-Encoding: gzip' "$url"
    elif command -v ab >/dev/null; then
        ab -q -t 5 -n 1000000 -c 16 -H 'Accept-Encoding: gzip' "$url"
    else
        i=0
        while [ $i -lt 300 ]; do
            curl -s --compressed -o got "$url" || return
            i=$((i + 1))
        done
    fi >hammer.log 2>&1
}
