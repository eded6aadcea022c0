# SPDX-License-Identifier: MIT
# node with workers, buffers, zlib and child processes.

load() {
    need node
    cat >work.js <<'JS'
const { Worker, isMainThread, parentPort, workerData } =
    require('worker_threads');
const zlib = require('zlib'), crypto = require('crypto');
const { execFileSync } = require('child_process');
function work(n) {
    const h = crypto.createHash('sha256');
    for (let i = 0; i < 300; i++) {
        const s = JSON.stringify({ n, i, a: Array(i).fill('x' + i * n) });
        h.update(zlib.gunzipSync(zlib.gzipSync(Buffer.from(s))));
    }
    return h.digest('hex');
}
if (isMainThread) {
    const got = [];
    for (let n = 0; n < 6; n++)
        new Worker(__filename, { workerData: n }).on('message', (m) => {
            got.push(m);
            if (got.length === 6) {
                console.log(got.sort().join('\n'));
                console.log(String(execFileSync('echo', ['child'])));
                console.log(work(99));
            }
        });
} else {
    parentPort.postMessage(work(workerData));
}
JS
    under node work.js
}
