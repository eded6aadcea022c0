#!/bin/sh
# SPDX-License-Identifier: MIT
# Interpreters, servers and tools, each half way: nothing is lost of any.
. "$MTR_SRC/tests/leaks/programs-lib.sh"
takes_long

if have lua; then
    cat >load.lua <<'END'
local t = {}
for i = 1, 50000 do t["k" .. i] = { i, tostring(i), { x = i } } end
for i = 1, 20000 do t["k" .. i] = nil end
collectgarbage()
local c = coroutine.create(function() coroutine.yield({ 1, 2, 3 }) end)
coroutine.resume(c)
io.read()
END
    check lua lua load.lua
fi

if have perl; then
    cat >load.pl <<'END'
my %h = map { ("k$_" => [$_, "x" x ($_ % 50), { a => $_ }]) } 1 .. 30000;
delete $h{"k$_"} for 1 .. 10000;
"aaabcd" =~ /(a+)(b|c)+d/;
my @s = sort { $a cmp $b } keys %h;
<STDIN>;
END
    check perl perl load.pl
fi

if have sqlite3; then
    cat >load.sql <<'END'
create table a(x integer primary key, y text);
with recursive c(n) as (select 1 union all select n + 1 from c where n < 50000)
    insert into a select n, 'text' || n from c;
create index i on a(y);
begin;
delete from a where x % 3 = 0;
select a.y, b.y from a, a b where a.x < b.x;
END
    check sqlite3 sqlite3 -init load.sql :memory:
fi

if have nginx && have curl; then
    cat >nginx.conf <<END
daemon off;
master_process off;
error_log stderr;
pid $PWD/nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path $PWD/n1;
    proxy_temp_path $PWD/n2;
    fastcgi_temp_path $PWD/n3;
    uwsgi_temp_path $PWD/n4;
    scgi_temp_path $PWD/n5;
    server {
        listen unix:$PWD/n;
        root /usr/share;
        location / { autoindex on; gzip on; }
    }
}
END
    launch nginx -p "$PWD" -c "$PWD/nginx.conf"
    if waits; then
        for i in 1 2 3 4 5 6 7 8 9; do
            curl -s --compressed --unix-socket n http://x/ >page 2>&1
        done
        # and one that is in the middle of its request
        mkfifo half && exec 7<>half || exit 99
        printf 'GET / HTTP/1.1\r\nHost: x\r\nX-Lo' >&7
        curl -s --unix-socket n telnet://x/ <half 7>&- >/dev/null 2>&1 &
        mtr_pids="$pid $!"
        waits
        [ -s page ] || fail "nginx answers nothing"
        none_lost nginx
        kill "$!" 2>/dev/null
        exec 7>&-
        checked=1
    else
        echo "skipped: nginx does not start here: $(head -n 1 errors)"
    fi
    end
fi

if have node; then
    cat >load.js <<'END'
const zlib = require("zlib"), crypto = require("crypto");
const http = require("http"), fs = require("fs");
const map = new Map();
for (let i = 0; i < 30000; i++)
    map.set("k" + i, { i, text: "x".repeat(i % 50) });
const packed = zlib.deflateSync(Buffer.from(JSON.stringify([...map])));
crypto.createHash("sha256").update(packed).digest();
http.createServer((q, r) => r.end("x")).listen("s");
fs.readFile("/etc/passwd", () => {});
END
    check node node load.js
fi

# valgrind says the same of gdb 10: two blocks are lost at its start
if have gdb && gdb --version | head -n 1 | grep -q ' 10\.'; then
    echo "skipped: this gdb has leaks"
elif have gdb; then
    cat >load.gdb <<'END'
set pagination off
break main
python print(6 * 7)
info line main
disassemble main
info types .
info functions .
END
    HOME=$PWD check gdb gdb -nx -q -x load.gdb "$command"
fi

if have g++; then
    cc1plus=$(g++ -print-prog-name=cc1plus)
    if [ "$(g++ -dumpversion)" = 10 ]; then
        # valgrind as well: in get_loop_body and other places
        echo "skipped: this cc1plus has leaks"
    elif [ -x "$cc1plus" ] &&
        g++ -std=c++17 -E "$MTR_SRC/tests/real/templates.cc" -o in.ii; then
        check cc1plus "$cc1plus" -std=c++17 -quiet -O2 -g -fpreprocessed \
            in.ii -o /dev/stdout
    fi
fi

[ "$checked" ] || skip "none of the programs is installed"
