/* SPDX-License-Identifier: MIT */
/*
 * What the page makes of its data, without a browser:
 *
 *	node page.js SCRIPT PAGE ANSWER
 *
 * with the page's script, a page, and what `report --by=function --json` or
 * `diff --by=function --json` says of the same.
 */
"use strict";

const assert = require("assert");
const fs = require("fs");
const path = require("path");

const [script, pageFile, answerFile] = process.argv.slice(2);
const page = require(path.resolve(script));
const html = fs.readFileSync(pageFile, "utf8");
const data = JSON.parse(html
	.split('<script type="application/json" id="data">\n')[1]
	.split("</script>")[0]);
const answer = JSON.parse(fs.readFileSync(answerFile, "utf8"));
const members = { bytes: "bytes", blocks: "blocks", unused: "slack" };
const diff = answer.command === "diff";

const sorted = (list) => list.map((x) => JSON.stringify(x)).sort();

/* ----------------------------------------------------------------- the table */

const rows = page.functionRows(data);
const module_ = (frame) => data.modules[data.frames[2 * frame + 1]];

assert.deepStrictEqual(
	sorted(rows.map((r) => [page.frameName(data, r.frame),
				module_(r.frame), ...r.numbers])),
	sorted(answer.groups.map((g) => [g.key, g.module, ...data.values.map(
		(name) => g[members[name]])])),
	"the functions are not those of the answer");
assert.ok(rows.length > 0, "there are no functions");
data.values.forEach((name, i) => {
	const now = data.totals[diff ? 2 * i + 1 : i];
	const old = diff ? data.totals[2 * i] : 0;

	assert.strictEqual(now - old, answer.totals[members[name]]);
	for (const turn of [1, -1]) {
		const list = page.sortRows(data, rows, i, turn);

		for (let j = 1; j < list.length; j++)
			assert.ok(turn * (list[j].numbers[i] -
					  list[j - 1].numbers[i]) >= 0);
	}
});

/* ----------------------------------------------------------------- the trees */

const stacks = page.stacksTree(data);
const inverted = page.invertedTree(stacks);
const functions = page.functionsTree(data);

function net(w, node) {
	return w.up[node] - w.down[node];
}

function sums(w, list, nameOf) {
	const all = {};

	for (const node of list)
		if (net(w, node))
			all[nameOf(node)] = (all[nameOf(node)] ?? 0) + net(w, node);
	return all;
}

function checkLayout(tree, w) {
	const boxes = page.layout(tree, w, 0, 1000, 1);
	const at = new Map(boxes.map((b) => [b.node, b]));

	for (const b of boxes) {
		assert.ok(b.w >= 1 || !b.node);
		if (!b.node)
			continue;
		const above = at.get(tree.parent[b.node]);

		assert.strictEqual(b.y, above.y + 1);
		assert.ok(b.x >= above.x - 1e-6);
		assert.ok(b.x + b.w <= above.x + above.w + 1e-6);
	}
	for (const a of boxes)
		for (const b of boxes)
			assert.ok(a === b || a.y !== b.y ||
				  a.x + a.w <= b.x + 1e-6 ||
				  b.x + b.w <= a.x + 1e-6, "boxes overlap");
}

data.values.forEach((name, value) => {
	const want = {};

	for (const g of answer.groups) {
		const key = `${g.key} ${g.module}`;

		if (g[members[name]])
			want[key] = (want[key] ?? 0) + g[members[name]];
	}
	for (const tree of [stacks, inverted, functions]) {
		const w = page.weigh(data, tree, value);
		const frame = (node) => tree.frame[node];
		const text = (f) => `${page.frameName(data, f)} ${module_(f)}`;
		let got;

		assert.strictEqual(net(w, 0), answer.totals[members[name]]);
		if (tree === stacks) {
			/* what a function has itself, wherever it is called */
			got = {};
			w.own.forEach((own, node) => {
				const key = text(frame(node));

				if (own)
					got[key] = (got[key] ?? 0) + own;
			});
		} else {
			const tops = [...page.children(w, 0)];

			got = sums(w, tree === inverted ? tops : tops.flatMap(
				(m) => [...page.children(w, m)]),
				(node) => text(frame(node)));
		}
		for (const key in got)
			if (!got[key])
				delete got[key];
		assert.deepStrictEqual(got, want, `${name} of functions`);
		if (page.width(w, 0))
			checkLayout(tree, w);
	}
});

/* ---------------------------------------------------------------- the search */

const first = answer.groups[0];
const found = page.findFrames(data, first.key.toUpperCase());
const few = page.weigh(data, functions, 0);
const matching = answer.groups
	.filter((g) => g.key.toLowerCase().includes(first.key.toLowerCase()))
	.reduce((sum, g) => sum + g.bytes, 0);

assert.strictEqual(page.foundSum(data, functions, few, found), matching);
assert.strictEqual(page.findFrames(data, ""), null);
assert.strictEqual(page.foundSum(
	data, functions, few, page.findFrames(data, "/^no such thing$/")), 0);
assert.strictEqual(page.foundSum(
	data, functions, few, page.findFrames(data, "/./")), net(few, 0));
/* what is no regular expression is a text */
page.findFrames(data, "/(/");
assert.strictEqual(page.size(1023), "1023 B");
assert.strictEqual(page.size(1024 * 1024 - 1), "1.0 MiB");
assert.strictEqual(page.size(-1536), "\u22121.5 KiB");
