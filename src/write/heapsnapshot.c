/* SPDX-License-Identifier: MIT */
/*
 * V8's heap snapshot, as Chrome's DevTools and memlab read it: one object of
 * JSON, whose members come in this order and are mostly long arrays of numbers.
 *
 *	snapshot		what the numbers mean, and how many there are
 *	nodes			seven each; edges of one behind those of the
 *				one before
 *	edges			three each; a node is where it begins in nodes
 *	trace_function_infos	six each: the frames of call stacks
 *	trace_tree		id, frame, blocks, bytes, [those of the calls
 *				from there, one behind the other]
 *	strings			what numbers stand for elsewhere
 *
 * The nodes are a root, what all places that hold blocks hang from, these
 * places, what nothing leads to, and then each block. DevTools keeps all
 * numbers in 32 bits.
 */
#include "write/export.h"

#include <inttypes.h>

#include "graph/graph.h"
#include "report/name.h"
#include "report/references.h"
#include "write/emitter.h"

/* As node_types and edge_types below have them. */
enum node_type { NODE_NATIVE = 8, NODE_SYNTHETIC = 9 };
enum edge_type { EDGE_ELEMENT = 1, EDGE_PROPERTY = 2 };

enum {
	NODE_FIELDS = 7,
	FIRST_TRACE = 1, /* the root of the tree */
	NODE_ROOT = 0,
	NODE_ROOTS = 1,
	NODE_PLACES = 2,
};

static const char meta[] =
	"\"meta\":{\"node_fields\":[\"type\",\"name\",\"id\",\"self_size\","
	"\"edge_count\",\"trace_node_id\",\"detachedness\"],"
	"\"node_types\":[[\"hidden\",\"array\",\"string\",\"object\",\"code\","
	"\"closure\",\"regexp\",\"number\",\"native\",\"synthetic\","
	"\"concatenated string\",\"sliced string\",\"symbol\",\"bigint\","
	"\"object shape\"],\"string\",\"number\",\"number\",\"number\","
	"\"number\",\"number\"],"
	"\"edge_fields\":[\"type\",\"name_or_index\",\"to_node\"],"
	"\"edge_types\":[[\"context\",\"element\",\"property\",\"internal\","
	"\"hidden\",\"shortcut\",\"weak\"],\"string_or_number\",\"node\"],"
	"\"trace_function_info_fields\":[\"function_id\",\"name\","
	"\"script_name\",\"script_id\",\"line\",\"column\"],"
	"\"trace_node_fields\":[\"id\",\"function_info_index\",\"count\","
	"\"size\",\"children\"],"
	"\"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],"
	"\"location_fields\":[\"object_index\",\"script_id\",\"line\","
	"\"column\"]}";

/* A frame of stacks. */
struct info {
	uint32_t name, script; /* strings */
	int line;
};

static uint64_t info_hash(struct info i)
{
	return mtr_hash_number((uint64_t)i.name << 32 | i.script,
			       mtr_hash_number(i.line, 0));
}

static bool info_is(const struct info *a, struct info b)
{
	return a->name == b.name && a->script == b.script && a->line == b.line;
}

MTR_MAP(info_map, struct info, struct info, info_hash, info_is);

/* Of a stack's frame, or of a caller without a stack. */
struct trace {
	uint32_t id;		    /* of the outermost of its frames */
	uint32_t first_child, next; /* 1 + their numbers; 0: none */
	uint64_t blocks, bytes;
};

enum { ID_BITS = 31 };

struct snapshot {
	const struct mtr_export *e;
	struct mtr_out *out;
	struct mtr_export_strings strings;
	struct info_map infos;
	uint32_t *info_of; /* of each of the view's frames */
	/* calls, then sites. Of each site the ones without a stack. */
	struct trace *traces;
	uint32_t n_calls;
	uint32_t *site_names, *type_names; /* 1 + their strings; 0: none yet */
	uint32_t *word_names; /* the same of each offset / 8; those that come
			       * first */
	uint32_t *ids;	 /* that are taken, 1 + half of each; 0: a free slot */
	size_t ids_mask; /* one less than the slots, which are a power of two
			  * and more than twice as many as ids */
	bool first;	 /* of an array's items is next */
	bool failed;	 /* there is no memory */
};

enum { WORD_NAMES = 1 << 13 };

/* ---------------------------------------------------------------- the pieces
 */

static uint32_t string(struct snapshot *w, const char *text)
{
	uint32_t ret = 0;

	if (!mtr_export_string(&w->strings, text, &ret, NULL))
		w->failed = true;
	return ret;
}

static uint32_t string_take(struct snapshot *w, struct mtr_strbuf *b)
{
	uint32_t ret = string(w, mtr_strbuf_text(b));

	w->failed |= b->failed;
	mtr_strbuf_fini(b);
	return ret;
}

static void array(struct snapshot *w, const char *name)
{
	mtr_out_text(w->out, ",\n\"");
	mtr_out_text(w->out, name);
	mtr_out_text(w->out, "\":[");
	w->first = true;
}

static void array_end(struct snapshot *w)
{
	mtr_out_char(w->out, ']');
}

/* The numbers of one item, in a line. */
static void item(struct snapshot *w, const uint64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!w->first)
			mtr_out_char(w->out, ',');
		w->first = false;
		mtr_out_dec(w->out, numbers[i]);
	}
	mtr_out_char(w->out, '\n');
}

#define ITEM(w, ...)                               \
	item(w, (const uint64_t[]){ __VA_ARGS__ }, \
	     sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* -------------------------------------------------------------------- the ids
 */

/* Is it free? Then it is taken now. */
static bool take_id(struct snapshot *w, uint32_t half)
{
	size_t at = mtr_hash_number(half, 0) & w->ids_mask;

	while (w->ids[at] && w->ids[at] != half + 1)
		at = (at + 1) & w->ids_mask;
	if (w->ids[at])
		return false;
	w->ids[at] = half + 1;
	return true;
}

/*
 * An odd number of 32 bits for what is always the same of one thing. Of two
 * million things some hundreds have that of another one, and get the next that
 * is free on a way of their own.
 */
static uint64_t id_of(struct snapshot *w, uint64_t hash)
{
	uint32_t mask = (UINT32_C(1) << ID_BITS) - 1, half = hash & mask;
	uint32_t step = hash >> ID_BITS | 1;

	while (!take_id(w, half))
		half = (half + step) & mask;
	return 2 * (uint64_t)half + 1;
}

/* What hash maps have is another one in each process; this is splitmix64's. */
static uint64_t mix(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

/*
 * Of a block, by all that diff compares to tell that it was kept (is_kept in
 * report/diff_blocks.c): who compares two files looks at ids alone, and would
 * miss a block that realloc changed in its place.
 */
static uint64_t block_id(struct snapshot *w, const struct mtr_block *b)
{
	const struct mtr_heap_view *s = w->e->s;
	uint64_t stack = b->stack ? s->stacks.list.at[b->stack].id : 0;

	stack = mix(stack << 16 | b->generation << 1 | b->damaged);
	return id_of(w, mix(b->addr ^
			    mix(b->size ^
				mix(b->usable ^
				    mix(s->sites.at[b->site].pc ^ stack)))));
}

/* FNV-1a. */
static uint64_t text_id(struct snapshot *w, const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return id_of(w, mix(hash));
}

/* Slots for the ids of all nodes. */
static uint32_t *make_ids(const struct mtr_export *e, size_t *ret_mask)
{
	size_t nodes = e->s->heap.blocks.n + e->holders->list.n + NODE_PLACES;
	size_t room = 64;

	while (room <= 2 * nodes)
		room *= 2;
	*ret_mask = room - 1;
	return calloc(room, sizeof(uint32_t));
}

/* ---------------------------------------------------------------- the stacks
 */

static uint32_t find_info(struct snapshot *w, const struct mtr_site *site,
			  const struct mtr_frame *f)
{
	struct mtr_strbuf name = { 0 };
	struct info i = { .line = f->line > 0 ? f->line : 0 }, *slot;
	bool is_new;

	mtr_export_name(w->e, &name, site, f);
	i.name = string_take(w, &name);
	i.script = string(w, f->file	 ? f->file
			     : f->module ? f->module->path
					 : "");
	slot = info_map_put(&w->infos, i, &is_new);
	if (!slot) {
		w->failed = true;
		return 0;
	}
	*slot = i;
	return slot - w->infos.at;
}

static void find_infos(struct snapshot *w)
{
	const struct mtr_heap_view *s = w->e->s;
	const struct info root = { .name = string(w, "(root)") };
	bool is_new;
	struct info *slot = info_map_put(&w->infos, root, &is_new);

	if (!slot) {
		w->failed = true;
		return;
	}
	*slot = root;
	for (size_t i = 0; i < s->sites.n; i++)
		for (uint32_t k = 0; k < s->sites.at[i].n; k++) {
			uint32_t frame = s->sites.at[i].first + k;

			w->info_of[frame] = find_info(w, &s->sites.at[i],
						      &s->frames.at[frame]);
		}
}

static uint32_t trace_site(const struct snapshot *w, uint32_t trace)
{
	return trace < w->n_calls ? w->e->s->stacks.calls.at[trace].site
				  : trace - w->n_calls;
}

static uint32_t trace_of(const struct snapshot *w, const struct mtr_block *b)
{
	const struct mtr_stack *stack = mtr_heap_view_stack(w->e->s, b);

	return stack ? stack->call : w->n_calls + b->site;
}

static void trace_link(struct trace *parent, struct trace *at, uint32_t number)
{
	at->next = parent->first_child;
	parent->first_child = number + 1;
}

/* Frame 0 is none, and so stands for the root of the tree. */
static void find_traces(struct snapshot *w)
{
	const struct mtr_heap_view *s = w->e->s;
	size_t n = w->n_calls + s->sites.n;
	uint32_t id = FIRST_TRACE + 1;

	for (size_t i = 0; i < s->heap.blocks.n; i++) {
		struct trace *t =
			&w->traces[trace_of(w, &s->heap.blocks.at[i])];

		t->blocks++;
		t->bytes += s->heap.blocks.at[i].size;
	}
	for (size_t i = 1; i < n; i++) {
		w->traces[i].id = id;
		id += s->sites.at[trace_site(w, i)].n;
	}
	for (size_t i = n - 1; i > 0; i--) {
		bool call = i < w->n_calls;

		if (call || w->traces[i].blocks)
			trace_link(
				&w->traces[call ? s->stacks.calls.at[i].parent
						: 0],
				&w->traces[i], i);
	}
}

/* Of the function that was the last to be called. */
static uint64_t trace_id(const struct snapshot *w, const struct mtr_block *b)
{
	uint32_t trace = trace_of(w, b);

	return w->traces[trace].id + w->e->s->sites.at[trace_site(w, trace)].n -
	       1;
}

static void write_infos(struct snapshot *w)
{
	array(w, "trace_function_infos");
	for (size_t i = 0; i < w->infos.n; i++) {
		const struct info *info = &w->infos.at[i];

		ITEM(w, i, info->name, info->script, info->script, info->line,
		     0);
	}
	array_end(w);
}

static void write_trace_head(struct snapshot *w, uint64_t id, uint64_t info,
			     uint64_t blocks, uint64_t bytes)
{
	const uint64_t numbers[] = { id, info, blocks, bytes };

	for (size_t i = 0; i < 4; i++) {
		mtr_out_dec(w->out, numbers[i]);
		mtr_out_char(w->out, ',');
	}
	mtr_out_char(w->out, '[');
}

/* @trace with what is below it; no deeper than a stack, which is bounded. */
static void write_trace(struct snapshot *w, uint32_t trace, unsigned depth)
{
	const struct trace *t = &w->traces[trace];
	const struct mtr_site *site = &w->e->s->sites.at[trace_site(w, trace)];

	for (uint32_t i = site->n; i > 0; i--) {
		bool last = i == 1;

		write_trace_head(w, t->id + site->n - i,
				 w->info_of[site->first + i - 1],
				 last ? t->blocks : 0, last ? t->bytes : 0);
	}
	for (uint32_t i = t->first_child; i && depth < MTR_STACK_FRAMES_MAX;
	     i = w->traces[i - 1].next) {
		if (i != t->first_child)
			mtr_out_char(w->out, ',');
		write_trace(w, i - 1, depth + 1);
	}
	for (uint32_t i = site->n; i > 0; i--)
		mtr_out_char(w->out, ']');
	mtr_out_char(w->out, '\n');
}

static void write_traces(struct snapshot *w)
{
	array(w, "trace_tree");
	mtr_out_text(w->out, "1,0,0,0,[");
	for (uint32_t i = w->traces[0].first_child; i;
	     i = w->traces[i - 1].next) {
		if (i != w->traces[0].first_child)
			mtr_out_char(w->out, ',');
		write_trace(w, i - 1, 1);
	}
	mtr_out_char(w->out, ']');
	array_end(w);
}

/* ----------------------------------------------------------------- the nodes
 */

/* Places, with what is lost, but for that if nothing is. */
static size_t n_places(const struct snapshot *w)
{
	const struct mtr_holders *h = w->e->holders;
	size_t lost = h->list.n - 1;

	return h->roots.first[lost] < h->roots.first[lost + 1] ? lost + 1
							       : lost;
}

static bool has_lost(const struct snapshot *w)
{
	return n_places(w) == w->e->holders->list.n;
}

/* What "global g_cache [app]" is to people; without its address, so that it is
 * the same in another run. */
static uint32_t place_name(struct snapshot *w, const struct mtr_holder *h,
			   uint64_t *ret_id)
{
	const struct mtr_reference r = { .addr = 1, .place = h->place };
	struct mtr_strbuf name = { 0 };

	mtr_reference_name(&name, &r);
	*ret_id = text_id(w, mtr_strbuf_text(&name));
	return string_take(w, &name);
}

static void write_places(struct snapshot *w)
{
	const struct mtr_holders *h = w->e->holders;
	size_t named = h->list.n - 1;

	for (size_t i = 0; i < named; i++) {
		uint64_t id;
		uint32_t name = place_name(w, &h->list.at[i], &id);

		ITEM(w, NODE_SYNTHETIC, name, id, 0,
		     h->roots.first[i + 1] - h->roots.first[i], 0, 0);
	}
	if (has_lost(w))
		ITEM(w, NODE_SYNTHETIC, string(w, "(lost)"),
		     text_id(w, "(lost)"), 0,
		     h->roots.first[named + 1] - h->roots.first[named], 0, 0);
}

static uint32_t owner_name(struct snapshot *w, uint32_t site)
{
	const struct mtr_heap_view *s = w->e->s;
	struct mtr_strbuf name = { 0 };

	if (!w->site_names[site]) {
		mtr_export_name(w->e, &name, &s->sites.at[site],
				mtr_heap_view_owner(s, &s->sites.at[site]));
		w->site_names[site] = string_take(w, &name) + 1;
	}
	return w->site_names[site] - 1;
}

/* Its class, else the function that asked for it. */
static uint32_t block_name(struct snapshot *w, size_t block)
{
	const struct mtr_heap_view *s = w->e->s;
	uint32_t type = s->types.of ? s->types.of[block] : 0;

	if (!type)
		return owner_name(
			w, mtr_heap_view_site(s, &s->heap.blocks.at[block]));
	if (!w->type_names[type])
		w->type_names[type] = string(w, s->types.names.at[type]) + 1;
	return w->type_names[type] - 1;
}

static void write_nodes(struct snapshot *w)
{
	const struct mtr_blocks *blocks = &w->e->s->heap.blocks;
	const struct mtr_edges *e = &w->e->graph->edges;
	size_t places = w->e->holders->list.n - 1;

	array(w, "nodes");
	ITEM(w, NODE_SYNTHETIC, 0, id_of(w, 0), 0, 1 + has_lost(w), 0, 0);
	ITEM(w, NODE_SYNTHETIC, string(w, "(GC roots)"), id_of(w, 1), 0, places,
	     0, 0);
	write_places(w);
	for (size_t i = 0; i < blocks->n && !w->out->error; i++)
		ITEM(w, NODE_NATIVE, block_name(w, i),
		     block_id(w, &blocks->at[i]), blocks->at[i].size,
		     e->first[i + 1] - e->first[i], trace_id(w, &blocks->at[i]),
		     0);
	array_end(w);
}

/* ----------------------------------------------------------------- the edges
 */

static uint64_t place_node(size_t place)
{
	return (NODE_PLACES + (uint64_t)place) * NODE_FIELDS;
}

static uint64_t block_node(const struct snapshot *w, uint32_t block)
{
	return place_node(n_places(w)) + (uint64_t)block * NODE_FIELDS;
}

static uint32_t offset_name(struct snapshot *w, uint64_t offset)
{
	struct mtr_strbuf name = { 0 };

	mtr_strbuf_printf(&name, "+0x%" PRIx64, offset);
	return string_take(w, &name);
}

static uint32_t word_name(struct snapshot *w, uint32_t word)
{
	if (word == MTR_EDGE_FAR)
		return string(w, "+?");
	if (word >= WORD_NAMES)
		return offset_name(w, word * sizeof(uint64_t));
	if (!w->word_names[word])
		w->word_names[word] =
			offset_name(w, word * sizeof(uint64_t)) + 1;
	return w->word_names[word] - 1;
}

/* Where in a place a pointer lies. */
static uint32_t ref_name(struct snapshot *w, const struct mtr_ref *ref,
			 const struct mtr_root_place *place)
{
	struct mtr_strbuf name = { 0 };

	if (!ref->addr)
		return string(w, "register");
	if (place->start)
		return offset_name(w, ref->addr - place->start);
	mtr_strbuf_printf(&name, "%#" PRIx64, ref->addr);
	return string_take(w, &name);
}

static void write_root_edges(struct snapshot *w)
{
	const struct mtr_holders *h = w->e->holders;
	size_t places = h->list.n - 1;

	ITEM(w, EDGE_ELEMENT, 0, (uint64_t)NODE_ROOTS * NODE_FIELDS);
	if (has_lost(w))
		ITEM(w, EDGE_ELEMENT, 1, place_node(places));
	for (size_t i = 0; i < places; i++)
		ITEM(w, EDGE_ELEMENT, i, place_node(i));
}

static void write_place_edges(struct snapshot *w)
{
	const struct mtr_holders *h = w->e->holders;
	const struct mtr_edges *e = &h->roots;
	size_t places = h->list.n - 1;

	for (size_t i = 0; i < places; i++)
		for (uint64_t k = e->first[i]; k < e->first[i + 1]; k++)
			ITEM(w, EDGE_PROPERTY,
			     ref_name(w, &w->e->graph->refs.at[h->refs[k]],
				      &h->list.at[i].place),
			     block_node(w, e->to[k]));
	for (uint64_t k = e->first[places]; k < e->first[places + 1]; k++)
		ITEM(w, EDGE_ELEMENT, k - e->first[places],
		     block_node(w, e->to[k]));
}

static void write_edges(struct snapshot *w)
{
	const struct mtr_edges *e = &w->e->graph->edges;
	uint64_t first = place_node(n_places(w));

	array(w, "edges");
	write_root_edges(w);
	write_place_edges(w);
	for (uint64_t i = 0; i < e->n && !w->out->error; i++)
		ITEM(w, EDGE_PROPERTY, word_name(w, e->words[i]),
		     first + (uint64_t)e->to[i] * NODE_FIELDS);
	array_end(w);
}

static uint64_t n_edges(const struct snapshot *w)
{
	const struct mtr_holders *h = w->e->holders;

	return 1 + n_places(w) + h->roots.n + w->e->graph->edges.n;
}

/* ---------------------------------------------------------------- the whole */

static void write_head(struct snapshot *w)
{
	mtr_out_text(w->out, "{\"snapshot\":{");
	mtr_out_text(w->out, meta);
	mtr_out_text(w->out, ",\n\"node_count\":");
	mtr_out_dec(w->out, NODE_PLACES + n_places(w) + w->e->s->heap.blocks.n);
	mtr_out_text(w->out, ",\"edge_count\":");
	mtr_out_dec(w->out, n_edges(w));
	mtr_out_text(w->out, ",\"trace_function_count\":");
	mtr_out_dec(w->out, w->infos.n);
	mtr_out_text(w->out, ",\"extra_native_bytes\":0}");
}

static void write_strings(struct snapshot *w)
{
	array(w, "strings");
	for (size_t i = 0; i < w->strings.n; i++) {
		struct mtr_strbuf b = { 0 };

		mtr_emit_quote(&b, w->strings.at[i].text);
		w->failed |= b.failed;
		mtr_out_text(w->out, i ? ",\n" : "");
		mtr_out_text(w->out, mtr_strbuf_text(&b));
		mtr_strbuf_fini(&b);
	}
	array_end(w);
}

static void write_all(struct snapshot *w)
{
	string(w, "");
	find_infos(w);
	find_traces(w);
	if (w->failed)
		return;
	write_head(w);
	write_nodes(w);
	write_edges(w);
	write_infos(w);
	write_traces(w);
	array(w, "samples");
	array_end(w);
	array(w, "locations");
	array_end(w);
	write_strings(w);
	mtr_out_text(w->out, "}\n");
}

struct mtr_error *mtr_export_heapsnapshot(const struct mtr_export *e)
{
	const struct mtr_heap_view *s = e->s;
	size_t n_calls = s->stacks.calls.n ? s->stacks.calls.n : 1;
	mtr_auto_free uint32_t *info_of =
		calloc(s->frames.n + 1, sizeof(*info_of));
	mtr_auto_free struct trace *traces =
		calloc(n_calls + s->sites.n + 1, sizeof(*traces));
	mtr_auto_free uint32_t *site_names =
		calloc(s->sites.n + 1, sizeof(*site_names));
	mtr_auto_free uint32_t *type_names =
		calloc(s->types.names.n + 1, sizeof(*type_names));
	mtr_auto_free uint32_t *word_names =
		calloc(WORD_NAMES, sizeof(*word_names));
	size_t ids_mask;
	mtr_auto_free uint32_t *ids = make_ids(e, &ids_mask);
	struct snapshot w = {
		.e = e,
		.out = e->out,
		.info_of = info_of,
		.traces = traces,
		.n_calls = n_calls,
		.site_names = site_names,
		.type_names = type_names,
		.word_names = word_names,
		.ids = ids,
		.ids_mask = ids_mask,
	};

	if (!info_of || !traces || !site_names || !type_names || !word_names ||
	    !ids)
		return mtr_error_nomem();
	write_all(&w);
	mtr_export_strings_free(&w.strings);
	info_map_fini(&w.infos);
	return w.failed ? mtr_error_nomem() : NULL;
}
