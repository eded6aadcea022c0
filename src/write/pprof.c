/* SPDX-License-Identifier: MIT */
/*
 * pprof's format: one message of perftools.profiles.Profile (profile.proto of
 * github.com/google/pprof), written field by field as what it needs becomes
 * known. A field is a key, number << 3 | type, and a number (type 0) or a
 * length and as many bytes (type 2); repeated ones may stand anywhere in the
 * message.
 *
 * Tables are referred to by numbers from 1 on, strings from 0 on, where "" is.
 */
#include "write/export.h"

#include "report/name.h"
#include "write/gzip.h"

enum profile_field {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME = 9,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	PROFILE_COMMENT = 13,
	PROFILE_DEFAULT_SAMPLE_TYPE = 14,
};

enum { VALUE_TYPE = 1, VALUE_UNIT = 2 };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE = 2, SAMPLE_LABEL = 3 };
enum { LABEL_KEY = 1, LABEL_NUMBER = 3 };
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_LINE = 2 };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };
enum {
	MAPPING_ID = 1,
	MAPPING_START,
	MAPPING_LIMIT,
	MAPPING_OFFSET,
	MAPPING_FILE,
	MAPPING_BUILD_ID,
	MAPPING_HAS_FUNCTIONS,
	MAPPING_HAS_FILES,
	MAPPING_HAS_LINES,
	MAPPING_HAS_INLINED,
};

/* A piece of a module with code. */
struct mapping {
	uint64_t start, limit, offset;
	const struct mtr_module *module;
	bool functions, files, inlined; /* are named */
};

static uint64_t mapping_hash(uint64_t start)
{
	return mtr_hash_number(start, 0);
}

static bool mapping_is(const struct mapping *m, uint64_t start)
{
	return m->start == start;
}

MTR_MAP(mapping_map, struct mapping, uint64_t, mapping_hash, mapping_is);

struct function {
	uint32_t name, file; /* strings */
};

static uint64_t function_hash(struct function f)
{
	return mtr_hash_number((uint64_t)f.name << 32 | f.file, 0);
}

static bool function_is(const struct function *a, struct function b)
{
	return a->name == b.name && a->file == b.file;
}

MTR_MAP(function_map, struct function, struct function, function_hash,
	function_is);

struct pprof {
	const struct mtr_export *e;
	struct mtr_out *out;
	struct mtr_export_strings strings;
	struct function_map functions;
	struct mapping_map mappings;
	bool *located; /* of each site, whole and without wrappers: is it
			* written? */
	bool marked;   /* blocks are of several generations */
	bool failed;   /* there is no memory */
};

/* ------------------------------------------------------------- the encoding */

enum { VARINT = 10 }; /* bytes at most */

static size_t varint(char ret[VARINT], uint64_t n)
{
	size_t bytes = 0;

	for (; n >= 0x80; n >>= 7)
		ret[bytes++] = (char)(n | 0x80);
	ret[bytes++] = (char)n;
	return bytes;
}

static void put_varint(struct mtr_strbuf *b, uint64_t n)
{
	char bytes[VARINT];

	mtr_strbuf_add_bytes(b, bytes, varint(bytes, n));
}

/* What is 0 is not written: that is what a reader takes a missing one for. */
static void put_number(struct mtr_strbuf *b, unsigned field, uint64_t n)
{
	if (!n)
		return;
	put_varint(b, field << 3);
	put_varint(b, n);
}

static void put_bytes(struct mtr_strbuf *b, unsigned field,
		      const struct mtr_strbuf *inner)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, inner->len);
	mtr_strbuf_add_bytes(b, mtr_strbuf_text(inner), inner->len);
	b->failed |= inner->failed;
}

static void out_varint(struct pprof *p, uint64_t n)
{
	char *to = mtr_out_room(p->out, VARINT);

	p->out->n += varint(to, n);
}

static void out_number(struct pprof *p, enum profile_field field, uint64_t n)
{
	out_varint(p, field << 3);
	out_varint(p, n);
}

static void out_text(struct pprof *p, enum profile_field field,
		     const char *text, size_t n)
{
	out_varint(p, field << 3 | 2);
	out_varint(p, n);
	mtr_out_bytes(p->out, text, n);
}

/* A message of the profile; @m is empty again. */
static void out_message(struct pprof *p, enum profile_field field,
			struct mtr_strbuf *m)
{
	p->failed |= m->failed;
	out_text(p, field, mtr_strbuf_text(m), m->len);
	m->len = 0;
	m->failed = false;
}

/* The format wants UTF-8. */
static uint32_t string(struct pprof *p, const char *text)
{
	struct mtr_strbuf shown = { 0 };
	uint32_t ret = 0;
	bool is_new = false;

	mtr_strbuf_add_shown(&shown, text);
	if (shown.failed ||
	    !mtr_export_string(&p->strings, mtr_strbuf_text(&shown), &ret,
			       &is_new))
		p->failed = true;
	else if (is_new)
		out_text(p, PROFILE_STRING, mtr_strbuf_text(&shown), shown.len);
	mtr_strbuf_fini(&shown);
	return ret;
}

/* --------------------------------------------------------------- the tables */

static uint64_t function_id(struct pprof *p, const struct mtr_site *site,
			    const struct mtr_frame *frame)
{
	struct mtr_strbuf name = { 0 }, m = { 0 };
	struct function f, *slot;
	uint64_t id;
	bool is_new;

	mtr_export_name(p->e, &name, site, frame);
	f.name = string(p, mtr_strbuf_text(&name));
	f.file = string(p, frame->file ? frame->file : "");
	p->failed |= name.failed;
	mtr_strbuf_fini(&name);
	slot = function_map_put(&p->functions, f, &is_new);
	if (!slot) {
		p->failed = true;
		return 0;
	}
	id = slot - p->functions.at + 1;
	if (!is_new)
		return id;
	*slot = f;
	put_number(&m, FUNCTION_ID, id);
	put_number(&m, FUNCTION_NAME, f.name);
	put_number(&m, FUNCTION_SYSTEM_NAME, f.name);
	put_number(&m, FUNCTION_FILE, f.file);
	out_message(p, PROFILE_FUNCTION, &m);
	mtr_strbuf_fini(&m);
	return id;
}

/* The mapping of @addr, by what the target says or, if it does not, by all that
 * the module spans. */
static struct mapping mapping_at(const struct pprof *p, uint64_t addr,
				 const struct mtr_module *m)
{
	struct mtr_target *t = p->e->s->target;
	const struct mtr_range *r =
		t && !m->gone ? mtr_target_find(t, addr) : NULL;

	if (r && r->path && strcmp(r->path, m->path) == 0)
		return (struct mapping){ r->start, r->end, r->offset, m,
					 false,	   false,  false };
	return (struct mapping){ m->start, m->end, 0, m, false, false, false };
}

/* The number of the mapping that @site is in, 0: none. */
static uint64_t mapping_id(struct pprof *p, const struct mtr_site *site)
{
	const struct mtr_frame *f = &p->e->s->frames.at[site->first];
	struct mapping m, *slot;
	bool is_new;

	if (!site->pc || !f->module)
		return 0;
	m = mapping_at(p, site->pc - !f->exact, f->module);
	slot = mapping_map_put(&p->mappings, m.start, &is_new);
	if (!slot) {
		p->failed = true;
		return 0;
	}
	if (is_new)
		*slot = m;
	slot->functions |= f->function != NULL;
	slot->files |= f->file != NULL;
	slot->inlined |= site->n > 1;
	return slot - p->mappings.at + 1;
}

/* What has no name has no line: so a server with the symbols can still tell. */
static bool has_line(const struct mtr_site *site, const struct mtr_frame *frame)
{
	return frame->function || !frame->module ||
	       site->pc <= MTR_CALLER_UNKNOWN;
}

static void put_lines(struct pprof *p, const struct mtr_site *site,
		      uint32_t skip, struct mtr_strbuf *ret)
{
	struct mtr_strbuf line = { 0 };

	for (uint32_t i = skip; i < site->n; i++) {
		const struct mtr_frame *f =
			&p->e->s->frames.at[site->first + i];

		if (!has_line(site, f))
			continue;
		put_number(&line, LINE_FUNCTION, function_id(p, site, f));
		put_number(&line, LINE_LINE, f->line > 0 ? f->line : 0);
		put_bytes(ret, LOCATION_LINE, &line);
		line.len = 0;
	}
	mtr_strbuf_fini(&line);
}

/* The number of @site's location, without the first @skip frames. */
static uint64_t location_id(struct pprof *p, uint32_t site, uint32_t skip)
{
	uint64_t id = 2 * (uint64_t)site + (skip > 0) + 1;
	const struct mtr_site *at = &p->e->s->sites.at[site];
	const struct mtr_frame *first = &p->e->s->frames.at[at->first];
	struct mtr_strbuf m = { 0 };

	if (p->located[id - 1])
		return id;
	p->located[id - 1] = true;
	put_number(&m, LOCATION_ID, id);
	put_number(&m, LOCATION_MAPPING, mapping_id(p, at));
	if (at->pc > MTR_CALLER_UNKNOWN)
		put_number(&m, LOCATION_ADDRESS, at->pc - !first->exact);
	put_lines(p, at, skip, &m);
	out_message(p, PROFILE_LOCATION, &m);
	mtr_strbuf_fini(&m);
	return id;
}

static bool is_program(const struct pprof *p, const struct mapping *m)
{
	const char *exe =
		p->e->s->target ? mtr_target_exe(p->e->s->target) : NULL;

	return exe && strcmp(exe, m->module->path) == 0;
}

static void write_mapping(struct pprof *p, const struct mapping *at)
{
	struct mtr_strbuf m = { 0 };
	char id[MTR_NAME_BUILD_ID];

	put_number(&m, MAPPING_ID, at - p->mappings.at + 1);
	put_number(&m, MAPPING_START, at->start);
	put_number(&m, MAPPING_LIMIT, at->limit);
	put_number(&m, MAPPING_OFFSET, at->offset);
	put_number(&m, MAPPING_FILE, string(p, at->module->path));
	if (at->module->build_id.n)
		put_number(&m, MAPPING_BUILD_ID,
			   string(p, mtr_name_build_id(id,
						       &at->module->build_id)));
	put_number(&m, MAPPING_HAS_FUNCTIONS, at->functions);
	put_number(&m, MAPPING_HAS_FILES, at->files);
	put_number(&m, MAPPING_HAS_LINES, at->files);
	put_number(&m, MAPPING_HAS_INLINED, at->inlined);
	out_message(p, PROFILE_MAPPING, &m);
	mtr_strbuf_fini(&m);
}

/* The first one is taken for the program's. */
static void write_mappings(struct pprof *p)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < p->mappings.n; i++)
			if (is_program(p, &p->mappings.at[i]) == !pass)
				write_mapping(p, &p->mappings.at[i]);
}

/* -------------------------------------------------------------- the numbers */

struct type {
	const char *name, *unit;
	enum mtr_value value;
};

static const struct type types[] = {
	{ "inuse_objects", "count", MTR_VALUE_BLOCKS },
	{ "inuse_space", "bytes", MTR_VALUE_BYTES },
	{ "unused_space", "bytes", MTR_VALUE_UNUSED },
	{ "retained_space", "bytes", MTR_VALUE_RETAINED },
	{ "pinned_space", "bytes", MTR_VALUE_PINS },
};

enum { TYPES = sizeof(types) / sizeof(*types) };

/* The first three are always known. */
static bool is_known(const struct pprof *p, const struct type *t)
{
	return (t->value != MTR_VALUE_RETAINED && t->value != MTR_VALUE_PINS) ||
	       p->e->value == t->value;
}

static void put_type(struct pprof *p, struct mtr_strbuf *m, const char *name,
		     const char *unit)
{
	put_number(m, VALUE_TYPE, string(p, name));
	put_number(m, VALUE_UNIT, string(p, unit));
}

static void write_types(struct pprof *p)
{
	struct mtr_strbuf m = { 0 };

	for (size_t i = 0; i < TYPES; i++) {
		const struct type *t = &types[i];

		if (!is_known(p, t))
			continue;
		put_type(p, &m, t->name, t->unit);
		out_message(p, PROFILE_SAMPLE_TYPE, &m);
		if (p->e->value == t->value)
			out_number(p, PROFILE_DEFAULT_SAMPLE_TYPE,
				   string(p, t->name));
	}
	put_type(p, &m, "space", "bytes");
	out_message(p, PROFILE_PERIOD_TYPE, &m);
	mtr_strbuf_fini(&m);
}

static void put_label(struct pprof *p, unsigned generation,
		      struct mtr_strbuf *m)
{
	struct mtr_strbuf label = { 0 };

	put_number(&label, LABEL_KEY, string(p, "generation"));
	put_number(&label, LABEL_NUMBER, generation);
	put_bytes(m, SAMPLE_LABEL, &label);
	mtr_strbuf_fini(&label);
}

/* Numbers of one field, one behind the other. */
static void put_packed(struct mtr_strbuf *m, unsigned field,
		       const uint64_t *numbers, size_t n)
{
	char bytes[(MTR_STACK_FRAMES_MAX + TYPES) * VARINT];
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += varint(bytes + used, numbers[i]);
	put_varint(m, field << 3 | 2);
	put_varint(m, used);
	mtr_strbuf_add_bytes(m, bytes, used);
}

static void write_sample(struct pprof *p, const struct mtr_profile_row *row,
			 struct mtr_strbuf *m)
{
	struct mtr_profile_stack stack;
	uint64_t ids[MTR_STACK_FRAMES_MAX], values[TYPES];
	size_t n = 0;

	mtr_profile_stack(p->e->s, row->stack, row->site, &stack);
	for (unsigned i = 0; i < stack.n; i++)
		ids[i] = location_id(p, stack.sites[i], i ? 0 : stack.skip);
	for (size_t i = 0; i < TYPES; i++)
		if (is_known(p, &types[i]))
			values[n++] = mtr_profile_value(row, types[i].value);
	put_packed(m, SAMPLE_LOCATION, ids, stack.n);
	put_packed(m, SAMPLE_VALUE, values, n);
	if (p->marked)
		put_label(p, row->generation, m);
	out_message(p, PROFILE_SAMPLE, m);
}

static void write_samples(struct pprof *p)
{
	const struct mtr_profile_rows *rows = &p->e->profile->rows;
	struct mtr_strbuf m = { 0 };

	for (size_t i = 0; i < rows->n && !p->marked; i++)
		p->marked = rows->at[i].generation;
	for (size_t i = 0; i < rows->n; i++)
		write_sample(p, &rows->at[i], &m);
	mtr_strbuf_fini(&m);
}

/* ---------------------------------------------------------------- the whole */

static void write_comments(struct pprof *p)
{
	const struct mtr_heap_view *s = p->e->s;
	struct mtr_strbuf b = { 0 };

	mtr_strbuf_printf(&b, "%s: live blocks of %s", PACKAGE_STRING, s->name);
	out_number(p, PROFILE_COMMENT, string(p, mtr_strbuf_text(&b)));
	p->failed |= b.failed;
	mtr_strbuf_fini(&b);
	if (s->heap.descriptor.sample)
		out_number(p, PROFILE_COMMENT,
			   string(p, "numbers of one stack are estimates"));
	for (size_t i = 0; i < s->warnings.n; i++)
		out_number(p, PROFILE_COMMENT, string(p, s->warnings.at[i]));
}

static void write_all(struct pprof *p)
{
	const struct mtr_descriptor *d = &p->e->s->heap.descriptor;

	string(p, "");
	write_types(p);
	out_number(p, PROFILE_PERIOD, d->sample ? d->sample : 1);
	if (p->e->time)
		out_number(p, PROFILE_TIME, p->e->time);
	write_comments(p);
	write_samples(p);
	write_mappings(p);
}

struct mtr_error *mtr_export_pprof(const struct mtr_export *e)
{
	mtr_auto_free bool *located =
		calloc(2 * e->s->sites.n + 2, sizeof(*located));
	struct pprof p = { .e = e, .located = located };
	struct mtr_gzip *z;

	if (!located)
		return mtr_error_nomem();
	MTR_TRY(mtr_gzip_create(e->out, &z));
	p.out = mtr_gzip_out(z);
	write_all(&p);
	mtr_gzip_finish(z);
	mtr_gzip_destroy(z);
	mtr_export_strings_free(&p.strings);
	function_map_fini(&p.functions);
	mapping_map_fini(&p.mappings);
	return p.failed ? mtr_error_nomem() : NULL;
}
