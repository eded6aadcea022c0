# SPDX-License-Identifier: MIT
# Lua: tables, strings, coroutines, the collector.

load() {
    for lua in lua5.4 lua5.3 lua lua5.1 luajit; do
        command -v $lua >/dev/null && break
    done
    need $lua
    cat >work.lua <<'LUA'
local t = {}
for i = 1, 100000 do t[i] = ("%d:"):format(i * 7919 % 100003):rep(i % 7) end
table.sort(t)
print(#t, t[1], t[50000], t[100000])
local function gen(n) return coroutine.wrap(function()
    for i = 1, n do coroutine.yield(("x"):rep(i)) end end) end
local sum = 0
for c = 1, 2000 do for s in gen(20) do sum = sum + #s end end
print(sum)
t = nil
collectgarbage()
print(#(table.concat({ ("abc"):rep(1000), "d" }):gsub("b", "%0%0")))
LUA
    under $lua work.lua
}
