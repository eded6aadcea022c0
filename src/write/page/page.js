/* SPDX-License-Identifier: MIT */
/*
 * The page: of the data in it a flame graph, a table, and the rest. html.c says
 * what is in the data.
 *
 * Names may be anything: they get into the page as text alone. What is above
 * "the page" knows nothing of a browser.
 */
"use strict";

/* ------------------------------------------------------------------ the data */

const isDiff = (data) => Boolean(data.old);

/* How many numbers a row has. */
const columns = (data) => data.values.length * (isDiff(data) ? 2 : 1);

const frameName = (data, frame) => data.names[data.frames[2 * frame]];
const frameModule = (data, frame) => data.modules[data.frames[2 * frame + 1]];

/*
 * A tree has for each node its frame and its caller's node, which comes before
 * it, and for each row the node that it belongs to. The numbers of the rows
 * are in .table: .first of the row's, .stride from row to row.
 *
 * What is no function has the frame -1 - the module.
 */
function stacksTree(data) {
	const n = data.tree.length / 2 + 1;
	const stride = columns(data) + 1;
	const rows = data.rows.length / stride;
	const frame = new Int32Array(n);
	const parent = new Int32Array(n);
	const node = new Int32Array(rows);

	for (let i = 1; i < n; i++) {
		let from = i - 1;

		for (let up = data.tree[2 * i - 1]; up > 0; up--)
			from = parent[from];
		parent[i] = from;
		frame[i] = data.tree[2 * i - 2];
	}
	for (let i = 0, at = 0; i < rows; i++) {
		at += data.rows[i * stride];
		node[i] = at;
	}
	return { frame, parent, node, table: data.rows, stride, hasOwn: true };
}

/* The nodes of a tree that is made piece by piece, by caller and frame. */
class Nodes {
	constructor() {
		this.n = 1;
		this.frame = new Int32Array(1024);
		this.parent = new Int32Array(1024);
		this.slots = new Int32Array(4096);
	}

	slot(parent, frame) {
		const mask = this.slots.length - 1;
		let at = Math.imul(parent, 0x9e3779b1) ^
			Math.imul(frame, 0x85ebca6b);

		at = (at ^ (at >>> 15)) & mask;
		for (; this.slots[at]; at = (at + 1) & mask) {
			const i = this.slots[at];

			if (this.parent[i] === parent && this.frame[i] === frame)
				break;
		}
		return at;
	}

	grow() {
		for (const name of ["frame", "parent"]) {
			const more = new Int32Array(2 * this.n);

			more.set(this[name]);
			this[name] = more;
		}
		this.slots = new Int32Array(8 * this.n);
		for (let i = 1; i < this.n; i++)
			this.slots[this.slot(this.parent[i], this.frame[i])] = i;
	}

	put(parent, frame) {
		const at = this.slot(parent, frame);

		if (this.slots[at])
			return this.slots[at];
		this.slots[at] = this.n;
		this.parent[this.n] = parent;
		this.frame[this.n] = frame;
		if (++this.n === this.frame.length)
			this.grow();
		return this.n - 1;
	}

	tree(node, table, stride) {
		return { frame: this.frame.subarray(0, this.n),
			 parent: this.parent.subarray(0, this.n),
			 node, table, stride };
	}
}

/* From what asked for the memory outwards. */
function invertedTree(stacks) {
	const nodes = new Nodes();
	const node = new Int32Array(stacks.node.length);
	/* rows of one node follow each other */
	let last = -1;

	for (let i = 0; i < node.length; i++) {
		if (stacks.node[i] === last) {
			node[i] = node[i - 1];
			continue;
		}
		last = stacks.node[i];
		for (let at = last, to = 0; at; at = stacks.parent[at])
			node[i] = to = nodes.put(to, stacks.frame[at]);
	}
	return nodes.tree(node, stacks.table, stacks.stride);
}

/* Modules, and the functions of each. */
function functionsTree(data) {
	const nodes = new Nodes();
	const stride = columns(data) + 1;
	const node = new Int32Array(data.functions.length / stride);

	for (let i = 0; i < node.length; i++) {
		const frame = data.functions[i * stride];
		const module = nodes.put(0, -1 - data.frames[2 * frame + 1]);

		node[i] = nodes.put(module, frame);
	}
	return nodes.tree(node, data.functions, stride);
}

/*
 * What a row has of value number @value: what is there or, of a diff, what it
 * has grown; less than nothing where it shrank.
 */
function rowValue(data, tree, row, value) {
	const at = row * tree.stride + 1;

	if (!isDiff(data))
		return tree.table[at + value];
	return tree.table[at + 2 * value + 1] - tree.table[at + 2 * value];
}

/*
 * What each node has with all below it, in .up what is there or grew and in
 * .down what shrank; .own of both together is what it has itself. Its children
 * are .order from .first[node] on, up to .first[node + 1].
 */
function weigh(data, tree, value) {
	const n = tree.frame.length;
	const up = new Float64Array(n);
	const down = new Float64Array(n);
	const own = new Float64Array(n);
	const first = new Int32Array(n + 2);
	const order = new Int32Array(n);

	for (let i = 0; i < tree.node.length; i++) {
		const v = rowValue(data, tree, i, value);

		(v < 0 ? down : up)[tree.node[i]] += Math.abs(v);
		own[tree.node[i]] += v;
	}
	for (let i = n - 1; i > 0; i--) {
		up[tree.parent[i]] += up[i];
		down[tree.parent[i]] += down[i];
		first[tree.parent[i] + 2]++;
	}
	for (let i = 2; i < n + 2; i++)
		first[i] += first[i - 1];
	for (let i = 1; i < n; i++)
		order[first[tree.parent[i] + 1]++] = i;
	return { up, down, own, first, order, sorted: new Uint8Array(n) };
}

const width = (weights, node) => weights.up[node] + weights.down[node];

/* The children of @node, the widest first. */
function children(weights, node) {
	const list = weights.order.subarray(weights.first[node],
					    weights.first[node + 1]);

	if (!weights.sorted[node]) {
		list.sort((a, b) => width(weights, b) - width(weights, a));
		weights.sorted[node] = 1;
	}
	return list;
}

/* The nodes from the whole one to @node. */
function way(tree, node) {
	const list = [node];

	while (node) {
		node = tree.parent[node];
		list.unshift(node);
	}
	return list;
}

/*
 * Where things are drawn: { node, x, y, w }, x and w in pixels of @pixels, y in
 * lines. Above the node that is shown is what leads to it; what is narrower
 * than @least is left out.
 */
function layout(tree, weights, shown, pixels, least) {
	const boxes = way(tree, shown).map(
		(node, y) => ({ node, x: 0, y, w: pixels }));
	const todo = [boxes[boxes.length - 1]];
	const scale = pixels / width(weights, shown);

	if (!width(weights, shown))
		return boxes;
	while (todo.length) {
		const box = todo.pop();
		let x = box.x;

		for (const node of children(weights, box.node)) {
			const w = width(weights, node) * scale;
			const below = { node, x, y: box.y + 1, w };

			if (w < least)
				break;
			boxes.push(below);
			todo.push(below);
			x += w;
		}
	}
	return boxes;
}

/* ---------------------------------------------------------------- the search */

/* Does a text match what is searched? NULL: nothing is searched for. */
function matcher(query) {
	const regex = /^\/(.+)\/$/.exec(query);
	const text = query.toLowerCase();

	if (!query)
		return null;
	try {
		if (regex) {
			const compiled = new RegExp(regex[1], "i");

			return (name) => compiled.test(name);
		}
	} catch {
		/* as a text, then */
	}
	return (name) => name.toLowerCase().includes(text);
}

/* Of each frame, then of each module: 1 if its name matches. */
function findFrames(data, query) {
	const matches = matcher(query);
	const names = matches && data.names.map(matches);
	const n = data.frames.length / 2;
	const found = new Uint8Array(n + data.modules.length);

	if (!matches)
		return null;
	for (let i = 1; i < n; i++)
		found[i] = names[data.frames[2 * i]];
	data.modules.forEach((name, i) => {
		found[n + i] = name && matches(name);
	});
	return found;
}

function isFound(data, found, frame) {
	return found[frame < 0 ? data.frames.length / 2 - 1 - frame : frame];
}

/* The sum of all that is in a function that was found, or called by it. */
function foundSum(data, tree, weights, found) {
	const inside = new Uint8Array(tree.frame.length);
	let sum = 0;

	for (let i = 1; i < inside.length; i++) {
		inside[i] = inside[tree.parent[i]];
		if (inside[i] || !isFound(data, found, tree.frame[i]))
			continue;
		inside[i] = 1;
		sum += weights.up[i] - weights.down[i];
	}
	return sum;
}

/* ----------------------------------------------------------------- the table */

/* Of each function { frame, numbers: [...], old: [...], now: [...] }. */
function functionRows(data) {
	const stride = columns(data) + 1;
	const rows = [];

	for (let i = 0; i < data.functions.length; i += stride) {
		const all = data.functions.slice(i + 1, i + stride);
		const row = { frame: data.functions[i], numbers: all };

		if (isDiff(data)) {
			row.old = all.filter((_, at) => at % 2 === 0);
			row.now = all.filter((_, at) => at % 2 === 1);
			row.numbers = row.now.map((n, at) => n - row.old[at]);
		}
		rows.push(row);
	}
	return rows;
}

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/* @key: "name", "module", or the number of a value; @turn: 1 or -1. */
function sortRows(data, rows, key, turn) {
	const by = {
		name: (a, b) => byText(frameName(data, a.frame),
				       frameName(data, b.frame)),
		module: (a, b) => byText(frameModule(data, a.frame),
					 frameModule(data, b.frame)),
	}[key] ?? ((a, b) => a.numbers[key] - b.numbers[key]);

	return rows.slice().sort((a, b) => turn * by(a, b));
}

/* --------------------------------------------------------------------- words */

const withCommas = (n) => n.toLocaleString("en-US");

/* "19 B", "1.2 MiB"; with a sign where there is one. */
function size(bytes) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
	let n = Math.abs(bytes);
	let unit = 0;

	while (n >= 1023.95 && unit < units.length - 1) {
		n /= 1024;
		unit++;
	}
	return `${bytes < 0 ? "\u2212" : ""}${unit ? n.toFixed(1) : n} ${
		units[unit]}`;
}

const valueNames = {
	bytes: "Bytes", blocks: "Blocks", unused: "Unused",
	retained: "Retained", pins: "Pins",
};

function amount(name, n) {
	if (name === "blocks")
		return `${n < 0 ? "\u2212" : ""}${withCommas(Math.abs(n))}`;
	return size(n);
}

const signed = (name, n) => (n > 0 ? "+" : "") + amount(name, n);

const percent = (part, whole) =>
	whole ? `${(100 * part / whole).toFixed(1)} %` : "";

function nodeName(data, tree, node) {
	const frame = tree.frame[node];

	if (!node)
		return "all";
	if (frame < 0)
		return data.modules[-1 - frame] || "(no module)";
	return frameName(data, frame);
}

function nodeModule(data, tree, node) {
	const frame = tree.frame[node];

	return node && frame >= 0 ? frameModule(data, frame) : "";
}

/* What there is to say of a node, in one line. */
function nodeText(data, tree, weights, node, shown, value) {
	const name = data.values[value];
	const module = nodeModule(data, tree, node);
	const parts = [nodeName(data, tree, node) + (module && ` [${module}]`)];
	const up = weights.up[node], down = weights.down[node];

	if (isDiff(data)) {
		parts.push(`${signed(name, up - down)} in all`);
		if (up && down)
			parts.push(`${signed(name, up)}, ${signed(name, -down)}`);
	} else {
		parts.push(name === "blocks" ? `${amount(name, up)} blocks`
			   : `${size(up)} (${withCommas(up)} bytes)`);
		parts.push(`${percent(up, weights.up[0])} of all`);
		if (shown)
			parts.push(`${percent(up, weights.up[shown])} of what ` +
				   "is shown");
	}
	/* of the inverted one it is what the outermost function has */
	if (tree.hasOwn && weights.own[node] && weights.own[node] !== up - down)
		parts.push("itself " + (isDiff(data) ? signed : amount)(
			name, weights.own[node]));
	return parts.join(" \u00b7 ");
}

/* ------------------------------------------------------------------ the page */

const LINE = 19, LEAST = 1, TALLEST = 1500, FIRST_ROWS = 200, MORE_ROWS = 1000;

function element(name, text, attributes) {
	const e = document.createElement(name);

	if (text !== undefined)
		e.textContent = text;
	for (const key in attributes ?? {})
		e.setAttribute(key, attributes[key]);
	return e;
}

const byId = (id) => document.getElementById(id);
const append = (to, name, text, attributes) =>
	to.appendChild(element(name, text, attributes));

/* All that changes while one looks at it. */
const page = {
	data: null,
	trees: {},
	view: "stacks",
	value: 0,
	shown: 0,    /* the node that is as wide as the graph */
	chosen: 0,   /* the one that keys move from */
	before: [],  /* the nodes that were shown */
	found: null, /* of findFrames */
	boxes: [],
	rows: [],
	sort: { key: 0, turn: -1 },
	rowsShown: FIRST_ROWS,
	printing: false,
};

const makers = {
	stacks: () => stacksTree(page.data),
	inverted: () => invertedTree(treeOf("stacks")),
	functions: () => functionsTree(page.data),
};
const treeOf = (view) => (page.trees[view] ??= makers[view]());
const tree = () => treeOf(page.view);

function weights() {
	const t = tree();

	t.weights ??= [];
	return (t.weights[page.value] ??= weigh(page.data, t, page.value));
}

/* ----------------------------------------------------------------- the graph */

const isDark = () => !page.printing &&
	matchMedia("(prefers-color-scheme: dark)").matches;

function hashText(text) {
	let hash = 7;

	for (let i = 0; i < text.length; i++)
		hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
	return hash ^ hash >>> 15;
}

/* A module has a colour, always the same, and its functions shades of it. */
function boxColour(module, name, dark) {
	const hue = 20 + Math.abs(hashText(module)) % 46 * 7;
	const light = (dark ? 30 : 72) + Math.abs(hashText(name)) % 10;

	return `hsl(${hue} ${!module ? 0 : dark ? 38 : 62}% ${light}%)`;
}

function palette() {
	const dark = isDark();

	return {
		dark,
		text: dark ? "#f2f3f4" : "#16181a",
		back: dark ? "#17191c" : "#fff",
		up: dark ? "#a4521d" : "#f0a877",
		down: dark ? "#28598c" : "#92bce6",
		found: dark ? "#8f3fa8" : "#e08cf2",
		faint: dark ? "#2c3036" : "#e3e6e9",
	};
}

/* Grown at the left, shrunk at the right, as much of each as there is. */
function fillBox(g, colours, box, h) {
	const { data } = page, t = tree(), w = weights();
	const frame = t.frame[box.node];
	const y = box.y * LINE;
	const wide = Math.max(box.w - (box.w > 3 ? 1 : 0), 0.5);

	if (page.found && box.node && isFound(data, page.found, frame))
		g.fillStyle = colours.found;
	else if (!box.node)
		g.fillStyle = colours.faint;
	else if (isDiff(data))
		g.fillStyle = colours.up;
	else
		g.fillStyle = boxColour(frame < 0 ? data.modules[-1 - frame]
					: frameModule(data, frame),
					nodeName(data, t, box.node),
					colours.dark);
	g.fillRect(box.x, y, wide, h);
	if (!isDiff(data) || !box.node || g.fillStyle === colours.found)
		return;
	const part = wide * w.down[box.node] / (width(w, box.node) || 1);

	g.fillStyle = colours.down;
	g.fillRect(box.x + wide - part, y, part, h);
}

function boxText(g, colours, box, letter) {
	const room = Math.floor((box.w - 8) / letter);
	const name = nodeName(page.data, tree(), box.node);

	if (room < 3)
		return;
	g.fillStyle = colours.text;
	g.fillText(name.length <= room ? name
		   : name.slice(0, room - 1) + "\u2026",
		   box.x + 4, box.y * LINE + LINE - 6);
}

function draw() {
	const canvas = byId("flame");
	const pixels = canvas.clientWidth || 800;
	const ratio = globalThis.devicePixelRatio || 1;
	const g = canvas.getContext("2d");
	const colours = palette();

	page.boxes = layout(tree(), weights(), page.shown, pixels, LEAST)
		.filter((box) => box.y < TALLEST / ratio);
	const lines = page.boxes.reduce((most, b) => Math.max(most, b.y), 0) + 1;

	canvas.width = pixels * ratio;
	canvas.height = lines * LINE * ratio;
	canvas.style.height = `${lines * LINE}px`;
	g.scale(ratio, ratio);
	g.font = "12px ui-monospace, monospace";
	const letter = g.measureText("m").width;

	for (const box of page.boxes) {
		fillBox(g, colours, box, LINE - 1);
		boxText(g, colours, box, letter);
		if (box.node === page.chosen) {
			g.strokeStyle = colours.text;
			g.lineWidth = 2;
			g.strokeRect(box.x + 1, box.y * LINE + 1,
				     Math.max(box.w - 2, 1), LINE - 3);
		}
	}
	byId("back").disabled = !page.before.length;
	byId("whole").disabled = !page.shown;
}

function boxAt(event) {
	const frame = byId("flame").getBoundingClientRect();
	const x = event.clientX - frame.left;
	const y = Math.floor((event.clientY - frame.top) / LINE);

	return page.boxes.find((b) => b.y === y && x >= b.x && x < b.x + b.w);
}

function describe(node) {
	byId("detail").textContent = nodeText(page.data, tree(), weights(), node,
					      page.shown, page.value);
}

function choose(node) {
	page.chosen = node;
	describe(node);
	draw();
}

function show(node) {
	if (node !== page.shown)
		page.before.push(page.shown);
	page.shown = node;
	choose(node);
}

function goBack() {
	if (!page.before.length)
		return;
	page.shown = page.before.pop();
	choose(page.shown);
}

function setView(view) {
	page.view = view;
	byId("view").value = view;
	page.shown = page.chosen = 0;
	page.before = [];
	say();
	choose(0);
}

function setValue(value) {
	page.value = value;
	page.sort = { key: value, turn: -1 };
	say();
	choose(page.chosen);
	fillTable();
}

function search(query) {
	page.found = findFrames(page.data, query);
	page.rowsShown = FIRST_ROWS;
	say();
	draw();
	fillTable();
}

/* What was found, and what the width is. */
function say() {
	const { data, found } = page;
	const name = data.values[page.value];
	const sum = found && foundSum(data, tree(), weights(), found);
	const widths = {
		bytes: "the bytes that were asked for",
		blocks: "the number of blocks",
		unused: "what blocks have beyond what was asked for",
		retained: "what each stack's blocks retain: what blocks of " +
			"several stacks retain counts for each of them",
		pins: "free heap that the blocks keep from being given back",
	};
	const ways = {
		stacks: "callers above what they call",
		inverted: "what asked for memory above its callers",
		functions: "modules above their functions that asked for memory",
	};

	byId("found").textContent = found
		? `${(isDiff(data) ? signed : amount)(name, sum)} ${
			isDiff(data) ? "" : percent(sum, weights().up[0])}`
		: "";
	byId("legend").replaceChildren();
	if (isDiff(data)) {
		const legend = byId("legend");

		append(legend, "span", "\u25a0 grown ", { class: "grown" });
		append(legend, "span", "\u25a0 shrunk ", { class: "shrunk" });
		legend.append(`The width is how much of ${widths[name]} changed; ` +
			      `${ways[page.view]}.`);
	} else {
		byId("legend").textContent = `The width is ${widths[name]}; ${
			ways[page.view]}; a colour is a module.`;
	}
}

/* ------------------------------------------------------------------ the keys */

function moveTo(key) {
	const t = tree(), w = weights(), at = page.chosen;
	const drawn = new Set(page.boxes.map((b) => b.node));
	const beside = at ? children(w, t.parent[at]) : [at];
	const i = beside.indexOf(at);
	const to = {
		ArrowUp: () => t.parent[at],
		ArrowDown: () => children(w, at)[0],
		ArrowLeft: () => beside[i - 1],
		ArrowRight: () => beside[i + 1],
	}[key]();

	if (to !== undefined && drawn.has(to))
		choose(to);
}

function graphKey(event) {
	if (event.ctrlKey || event.altKey || event.metaKey)
		return;
	if (event.key.startsWith("Arrow"))
		moveTo(event.key);
	else if (event.key === "Enter" || event.key === " ")
		show(page.chosen);
	else if (event.key === "Backspace" || event.key === "Escape")
		goBack();
	else if (event.key === "Home")
		show(0);
	else
		return;
	event.preventDefault();
}

function pageKey(event) {
	if (event.key !== "/" || event.ctrlKey || event.altKey ||
	    event.metaKey || event.target.matches("input, select"))
		return;
	byId("search").focus();
	event.preventDefault();
}

/* ----------------------------------------------------------------- the table */

function sortBy(key) {
	const same = page.sort.key === key;

	page.sort = { key, turn: same ? -page.sort.turn
		      : typeof key === "number" ? -1 : 1 };
	fillTable();
}

function tableHead(table) {
	const row = append(append(table, "thead"), "tr");
	const keys = [...page.data.values.keys(), "name", "module"];

	for (const key of keys) {
		const number = typeof key === "number";
		const cell = append(row, "th", undefined,
				    { scope: "col", class: number ? "number" : "" });
		const title = number ? valueNames[page.data.values[key]]
			: key === "name" ? "Function" : "Module";

		append(cell, "button", title, { type: "button" })
			.addEventListener("click", () => sortBy(key));
		if (page.sort.key === key)
			cell.setAttribute("aria-sort", page.sort.turn < 0
					  ? "descending" : "ascending");
		if (key === page.data.values.length - 1)
			append(row, "th", isDiff(page.data) ? "Change" : "Share", { scope: "col", class: "share" });
	}
}

function numberCell(row, name, n) {
	const { data } = page;
	const cell = append(row, "td",
			    isDiff(data) ? signed(name, n) : amount(name, n),
			    { class: "number", title: withCommas(n) });

	if (isDiff(data))
		cell.classList.add(n < 0 ? "shrunk" : "grown");
}

/* A bar and, unless that is the largest change alone, how much it is. */
function shareCell(row, part, whole, text) {
	const cell = append(row, "td", undefined, { class: "share" });

	append(cell, "meter", "", { min: 0, max: whole || 1, value: part,
				    "aria-hidden": "true" });
	if (text)
		append(cell, "span", percent(part, whole));
}

/* Who called a function: the inverted graph, from it outwards. */
function showFunction(frame) {
	setView("inverted");
	const t = tree();
	const node = children(weights(), 0).find((i) => t.frame[i] === frame);

	if (node !== undefined)
		show(node);
	byId("flame").scrollIntoView({ block: "center" });
	byId("flame").focus({ preventScroll: true });
}

function tableRow(body, row) {
	const { data } = page;
	const line = append(body, "tr");
	const n = Math.abs(row.numbers[page.value]);

	row.numbers.forEach((number, i) =>
		numberCell(line, data.values[i], number));
	shareCell(line, n, page.most, !isDiff(data));
	append(append(line, "td"), "button", frameName(data, row.frame),
	       { type: "button", title: "Who calls it" })
		.addEventListener("click", () => showFunction(row.frame));
	append(line, "td", frameModule(data, row.frame));
}

function fillTable() {
	const { data, found } = page;
	const table = byId("functions");
	const rows = sortRows(data, page.rows, page.sort.key, page.sort.turn)
		.filter((row) => !found || isFound(data, found, row.frame));
	const left = rows.length - page.rowsShown;

	page.most = isDiff(data)
		? page.rows.reduce((most, row) => Math.max(
			most, Math.abs(row.numbers[page.value])), 0)
		: weights().up[0];
	table.replaceChildren();
	tableHead(table);
	const body = append(table, "tbody");

	for (const row of rows.slice(0, page.rowsShown))
		tableRow(body, row);
	byId("table-about").textContent = `${withCommas(rows.length)} of ${
		withCommas(page.rows.length)} functions that ${isDiff(data)
		? "changed" : "have live blocks"}`;
	byId("more").hidden = left <= 0;
	byId("more").textContent = `Show ${withCommas(Math.min(left, MORE_ROWS))
		} more`;
}

/* ------------------------------------------------------------------- the rest */

function fillHead() {
	const { data } = page;
	const about = (of) => [
		of.kind === "process" ? `process ${of.pid}`
			: of.kind + (of.pid ? ` of process ${of.pid}` : ""),
		of.time ? new Date(of.time).toISOString().slice(0, 19)
			.replace("T", " ") + " UTC" : "",
	].filter(Boolean).join(", ");
	/* a number says little; the file of a core has a name */
	const named = (of) => (of.kind === "process" && of.exe
		? `${of.exe.replace(/.*\//, "")} (${of.target})` : of.target);
	const title = (isDiff(data) ? `${named(data.old)} \u2192 ` : "") +
		named(data);

	document.title = `${title} \u2013 malloc_tracer`;
	byId("title").textContent = title;
	byId("about").textContent = (data.exe ? `${data.exe} \u00b7 ` : "") +
		(isDiff(data) ? `${about(data.old)} \u2192 ${about(data)}`
		 : about(data));
	data.values.forEach((name, i) => {
		/* the sum of what stacks retain is more than there is */
		if (name === "retained")
			return;
		const pair = append(byId("totals"), "div");

		append(pair, "dt", valueNames[name]);
		if (isDiff(data)) {
			const [old, now] = data.totals.slice(2 * i, 2 * i + 2);

			append(pair, "dd", `${signed(name, now - old)} (${
				amount(name, old)} \u2192 ${amount(name, now)})`,
			       { title: withCommas(now - old) });
		} else {
			append(pair, "dd", amount(name, data.totals[i]),
			       { title: withCommas(data.totals[i]) });
		}
	});
	byId("made").textContent = `Made by malloc_tracer ${data.version}.`;
}

function noteTexts(data) {
	const notes = [];
	const filters = Object.entries(data.filters)
		.map(([key, value]) => `${key.replace(/_/g, " ")} ${value}`);

	if (filters.length)
		notes.push(`Only some blocks are in it: ${filters.join(", ")}.`);
	for (const of of isDiff(data) ? [data.old, data] : [data]) {
		if (of.sample)
			notes.push("Numbers of stacks and functions are " +
				   "estimates: one block in " +
				   `${withCommas(of.sample)} bytes was recorded ` +
				   "with its stack.");
		if (of.damaged)
			notes.push(`${withCommas(of.damaged)} blocks have a ` +
				   "damaged record: what they are is not known.");
		notes.push(...of.warnings.map((text) => `${of.target}: ${text}`));
	}
	if (data.stripped?.length)
		notes.push("Without names of functions, for want of debug " +
			   `information: ${data.stripped.join(", ")}.`);
	if (data.depth <= 1)
		notes.push("No call stacks were recorded: of each block only " +
			   "its caller is known (run -s records them).");
	if (data.depths_differ)
		notes.push("One of the two has call stacks, and the other none.");
	if (isDiff(data) && !data.rows.length)
		notes.push("Nothing has changed.");
	if (isDiff(data))
		notes.push(`What did not change is not in it: ${
			withCommas(data.unchanged)} stacks.`);
	return notes;
}

function fillNotes() {
	for (const text of noteTexts(page.data))
		append(byId("notes"), "li", text);
}

const memoryNames = {
	requested: "requested, by live blocks",
	unused: "unused: slack, and malloc\u2019s headers",
	records: "records of the tracer, in blocks",
	free_pinned: "free heap, pinned by blocks",
	free_pages: "free heap, whole pages",
	tracer: "tables of the tracer",
	data: "data: variables of modules",
	files: "files that are mapped",
	stacks: "stacks of threads",
	other: "other memory",
	untouched: "requested, and not in memory",
	swapped: "swapped out",
	undumped: "writable, not in the core: untouched, or left out",
	huge: "of it in transparent huge pages",
	huge_tlb: "in huge pages of the system\u2019s pool",
};

function memoryRow(body, part, whole) {
	const row = append(body, "tr");
	const name = append(row, "td");

	append(row, "td", size(part.bytes),
	       { class: "number", title: withCommas(part.bytes) });
	name.append(memoryNames[part.key] ?? part.key);
	if (part.largest?.length)
		append(name, "div", part.largest.slice(0, 4).map(
			(p) => `${p.key} ${size(p.bytes)}`).join(", "),
		       { class: "faint" });
	if (whole)
		shareCell(row, part.bytes, whole, true);
	else
		append(row, "td");
}

function fillMemory() {
	const { memory, no_memory: why, old } = page.data;
	const section = byId("memory");

	section.hidden = Boolean(old);
	if (!memory) {
		append(section, "p", `Not known: ${why}.`);
		return;
	}
	append(section, "p", `${size(memory.resident)} in memory${memory.about
		? `; ${memory.about}` : ""}. Each byte of it is of one class.`);
	const body = append(append(section, "table"), "tbody");

	for (const part of memory.classes)
		memoryRow(body, part, memory.resident);
	for (const part of memory.beside.filter((p) => p.bytes))
		memoryRow(body, part, 0);
}

function leakRow(body, group) {
	const row = append(body, "tr");

	append(row, "td", group.definite ? "definite" : "indirect");
	append(row, "td", size(group.bytes),
	       { class: "number", title: withCommas(group.bytes) });
	append(row, "td", withCommas(group.blocks), { class: "number" });
	append(row, "td", group.definite ? size(group.indirect_bytes) : "",
	       { class: "number" });
	const what = append(row, "td");

	append(what, "div", group.key + (group.module && ` [${group.module}]`));
	append(what, "div", `${group.example}${group.note && `: ${group.note}`}`,
	       { class: "faint" });
	if (group.stack !== group.key)
		append(append(append(what, "details"), "summary", "stack")
			.parentNode, "code", group.stack.split(";").join(" ; "));
}

function fillLeaks() {
	const { leaks, no_leaks: why, old } = page.data;
	const section = byId("leaks");

	section.hidden = Boolean(old);
	if (!leaks) {
		append(section, "p", `Not known: ${why}.`);
		return;
	}
	append(section, "p", leaks.definite.blocks + leaks.indirect.blocks
	       ? `Nothing points to ${withCommas(leaks.definite.blocks)} blocks of ${
			size(leaks.definite.bytes)}; from these hang ${
			withCommas(leaks.indirect.blocks)} of ${
			size(leaks.indirect.bytes)}.`
	       : "Something points to every block.");
	if (leaks.missing.length)
		append(section, "p", "What only this points to looks lost, for " +
		       `it is not in the target: ${leaks.missing.join(", ")}.`);
	if (!leaks.groups.length)
		return;
	const table = append(section, "table");
	const head = append(append(table, "thead"), "tr");

	for (const [title, kind] of [["Kind", ""], ["Bytes", "number"],
				     ["Blocks", "number"],
				     ["Hang from it", "number"], ["By", ""]])
		append(head, "th", title, { scope: "col", class: kind });
	const body = append(table, "tbody");

	for (const group of leaks.groups)
		leakRow(body, group);
	if (leaks.groups_left_out)
		append(section, "p", `${withCommas(leaks.groups_left_out)} more ` +
		       "groups are not in this page.");
}

function listen() {
	const canvas = byId("flame");
	const redraw = () => draw();

	canvas.addEventListener("click", (event) => {
		const box = boxAt(event);

		if (box)
			show(box.node);
	});
	canvas.addEventListener("mousemove", (event) => {
		const box = boxAt(event);

		describe(box ? box.node : page.chosen);
	});
	canvas.addEventListener("mouseleave", () => describe(page.chosen));
	canvas.addEventListener("keydown", graphKey);
	document.addEventListener("keydown", pageKey);
	byId("view").addEventListener("change", (e) => setView(e.target.value));
	byId("value").addEventListener("change",
				       (e) => setValue(Number(e.target.value)));
	byId("search").addEventListener("input", (e) => search(e.target.value));
	byId("back").addEventListener("click", goBack);
	byId("whole").addEventListener("click", () => show(0));
	byId("more").addEventListener("click", () => {
		page.rowsShown += MORE_ROWS;
		fillTable();
	});
	addEventListener("resize", redraw);
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
								    redraw);
	addEventListener("beforeprint", () => {
		page.printing = true;
		draw();
	});
	addEventListener("afterprint", () => {
		page.printing = false;
		draw();
	});
}

function start() {
	const data = page.data = JSON.parse(byId("data").textContent);

	page.value = Math.max(data.values.indexOf(data.value), 0);
	page.sort.key = page.value;
	page.rows = functionRows(data);
	data.values.forEach((name, i) => append(
		byId("value"), "option", valueNames[name].toLowerCase(),
		{ value: i }));
	byId("value").value = page.value;
	fillHead();
	fillNotes();
	say();
	choose(0);
	fillTable();
	fillMemory();
	fillLeaks();
	listen();
}

if (typeof document === "undefined")
	module.exports = { stacksTree, invertedTree, functionsTree, weigh, width,
			   children, layout, way, findFrames, foundSum,
			   functionRows, sortRows, size, noteTexts, frameName };
else
	start();
