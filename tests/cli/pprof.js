/* SPDX-License-Identifier: MIT */
/*
 * What npm's pprof-format decodes of a profile:
 *
 *	node pprof.js PPROF-FORMAT PROFILE
 *
 * Prints lines for the shell, of which a test takes those that it wants:
 *
 *	total TYPE UNIT NUMBER		of all samples
 *	default TYPE			what is shown first
 *	label KEY NUMBER BLOCKS		of each value of a label
 *	function NAME TYPE NUMBER	by the innermost one that has a name
 *	mapping PATH BUILD-ID		each once; "-" where there is none
 *	program PATH			the first one
 *	inlined OUTER INNER		functions of one place
 *
 * What the format asks for is checked as it goes: numbers that lead nowhere, or
 * a place that lies outside of its mapping, end it.
 */
"use strict";

const assert = require("assert");
const fs = require("fs");
const zlib = require("zlib");

const [library, file] = process.argv.slice(2);
const { Profile } = require(library);
const profile = Profile.decode(zlib.gunzipSync(fs.readFileSync(file)));
const text = (i) => {
	assert.ok(Number(i) < profile.stringTable.strings.length, "no string");
	return profile.stringTable.strings[Number(i)];
};

function byId(list) {
	const map = new Map(list.map((x) => [Number(x.id), x]));

	assert.ok(map.size === list.length && !map.has(0), "ids");
	return map;
}

const functions = byId(profile.function);
const locations = byId(profile.location);
const mappings = byId(profile.mapping);
const types = profile.sampleType.map((t) => text(t.type));
const nameOf = (line) => text(functions.get(Number(line.functionId)).name);

assert.strictEqual(text(0), "");

/* ---------------------------------------------------------------- the places */

for (const place of profile.location) {
	const mapping = mappings.get(Number(place.mappingId));
	const addr = BigInt(place.address);
	const names = place.line.map(nameOf);

	assert.ok(mapping || !Number(place.mappingId), "no mapping");
	if (mapping && addr)
		assert.ok(addr >= BigInt(mapping.memoryStart) &&
			  addr < BigInt(mapping.memoryLimit),
			  "a place is not in its mapping");
	/* the innermost is the first */
	for (let i = 1; i < names.length; i++)
		console.log(`inlined ${names[i]} ${names[i - 1]}`);
	if (names.length > 1)
		assert.ok(mapping.hasInlineFrames, "inlined, but not said");
}
for (const m of profile.mapping)
	console.log(`mapping ${text(m.filename)} ${text(m.buildId) || "-"}`);
if (profile.mapping.length)
	console.log(`program ${text(profile.mapping[0].filename)}`);

/* --------------------------------------------------------------- the numbers */

const totals = types.map(() => 0);
const sums = new Map();
const labels = new Map();

function add(map, key, number) {
	map.set(key, (map.get(key) ?? 0) + number);
}

for (const sample of profile.sample) {
	const values = sample.value.map(Number);
	const places = sample.locationId.map((id) => locations.get(Number(id)));

	assert.strictEqual(values.length, types.length);
	assert.ok(places.length && places.every(Boolean), "no such place");
	const named = places[0].line[0];

	values.forEach((v, i) => {
		totals[i] += v;
		if (named)
			add(sums, `${nameOf(named)} ${types[i]}`, v);
	});
	for (const label of sample.label)
		add(labels, `${text(label.key)} ${Number(label.num)}`,
		    values[types.indexOf("inuse_objects")]);
}
profile.sampleType.forEach((t, i) => console.log(
	`total ${types[i]} ${text(t.unit)} ${totals[i]}`));
console.log(`default ${text(profile.defaultSampleType)}`);
for (const [key, number] of labels)
	console.log(`label ${key} ${number}`);
for (const [key, number] of sums)
	console.log(`function ${key} ${number}`);
