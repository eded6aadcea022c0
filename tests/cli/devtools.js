/* SPDX-License-Identifier: MIT */
/*
 * Runs in Chromium's own page of its DevTools: loads snapshots with the code of
 * the Memory panel, which has a worker for each.
 *
 *	await snapshots.ready()		false: this DevTools has it elsewhere
 *	snapshots.write(text)		a piece of a file
 *	await snapshots.load()		its number: all pieces are there
 *	await snapshots.blocks(number)	what it has of each object
 */
"use strict";

/* Where the module that starts the worker has been; below the page's folder. */
const places = ["models/heap_snapshot/heap_snapshot.js",
		"panels/profiler/profiler.js"];

let proxies, model;
let pieces = [];
const loaded = [];
const complaints = [];

const broken = { error: (text) => complaints.push(text) };

async function ready() {
	for (const place of places) {
		const url = new URL(place, document.baseURI).href;
		const found = await import(url).catch(() => null);

		proxies = found?.HeapSnapshotProxy;
		model = found?.HeapSnapshotModel ?? await import(new URL(
			"models/heap_snapshot_model/heap_snapshot_model.js",
			document.baseURI).href).then(
			(m) => m.HeapSnapshotModel, () => null);
		if (proxies?.HeapSnapshotWorkerProxy && model?.NodeFilter)
			return true;
	}
	return false;
}

async function load() {
	const text = pieces;

	pieces = [];
	return new Promise((done, failed) => {
		const worker = new proxies.HeapSnapshotWorkerProxy(
			(event, data) => event === "BrokenSnapshot" &&
				failed(new Error(data)), broken);
		const loader = worker.createLoader(
			loaded.length + 1,
			(snapshot) => done(loaded.push(snapshot) - 1));

		(async () => {
			for (const piece of text)
				await loader.write(piece);
			await loader.close();
		})().catch(failed);
	});
}

const everything = () => new model.NodeFilter();

/* All that a provider has; the panel asks for pieces of it. */
async function items(provider) {
	const range = await provider.serializeItemsRange(0, 1e9);

	return range.items;
}

/* The classes of the summary: { name, count, self, key }. */
async function classes(number) {
	const found = await loaded[number].aggregatesWithFilter(everything());

	return Object.entries(found).map(([key, c]) => ({
		key, name: c.name, count: c.count, self: c.self }));
}

/* The objects of all classes. */
async function objects(number) {
	const list = [];

	for (const { key, name } of await classes(number)) {
		const provider = loaded[number].createNodesProviderForClass(
			key, everything());

		for (const n of await items(provider))
			list.push({ class: name, id: n.id, name: n.name,
				    self: n.selfSize, retained: n.retainedSize,
				    index: n.nodeIndex });
	}
	return list;
}

/* What refers to an object: { id, from, name }. */
async function retainers(number, index) {
	const edges = await items(
		loaded[number].createRetainingEdgesProvider(index));

	return edges.map((e) => ({ id: e.node.id, from: e.node.name,
				   name: e.name }));
}

/* Who asked for it, the innermost first. */
async function stack(number, index) {
	const frames = await loaded[number].allocationStack(index);

	return frames && frames.map((f) => ({ name: f.functionName,
					      script: f.scriptName,
					      line: f.line }));
}

/* By class what is there in @now alone, and in @old alone. */
async function comparison(old, now) {
	const definitions = await loaded[now].interfaceDefinitions();
	const before = await loaded[old].aggregatesForDiff(definitions);
	const diff = await loaded[now].calculateSnapshotDiff(
		loaded[old].uid, before);

	return Object.values(diff).map((d) => ({
		name: d.name, added: d.addedCount, removed: d.removedCount,
		addedSize: d.addedSize, removedSize: d.removedSize,
		count: d.countDelta, size: d.sizeDelta }));
}

globalThis.snapshots = {
	ready, load, classes, objects, retainers, stack, comparison, complaints,
	write: (text) => void pieces.push(text),
	size: (number) => ({ nodes: loaded[number].nodeCount,
			     bytes: loaded[number].totalSize }),
};
