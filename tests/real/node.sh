# SPDX-License-Identifier: MIT
# node: objects, typed arrays, regular expressions, worker threads.

. "$MTR_SRC/tests/real/real.sh"
need node

cat >"$mtr_tmp/script.js" <<'SCRIPT'
const { Worker, isMainThread, parentPort } = require("worker_threads");
const crypto = require("crypto"), zlib = require("zlib");

function load() {
    const map = new Map();
    for (let i = 0; i < 50000; i++)
        map.set(`key ${i * 7919 % 20011}`, { i, text: "x".repeat(i % 50) });
    const text = JSON.stringify([...map]);
    const packed = zlib.deflateSync(Buffer.from(text));
    if (zlib.inflateSync(packed).toString() !== text)
        throw new Error("zlib");
    return crypto.createHash("sha256").update(text).digest("hex") + " " +
        text.replace(/x{10,}/g, m => m.length).length;
}

if (isMainThread) {
    console.log(load());
    new Worker(__filename).on("message", m => {
        console.log("worker", m);
        process.exitCode = 6;
    });
} else {
    parentPort.postMessage(load());
}
SCRIPT

real_status=6
real node node "$mtr_tmp/script.js"
