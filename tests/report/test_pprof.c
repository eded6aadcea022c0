/* SPDX-License-Identifier: MIT */
/* pprof's format, taken apart again. */
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "exported.h"

#ifdef HAVE_ZLIB

/* ------------------------------------------------------- pprof, read again */

struct bytes {
	const unsigned char *at, *end;
};

static uint64_t varint(struct bytes *b)
{
	uint64_t n = 0;

	for (unsigned shift = 0;; shift += 7) {
		ck_assert(b->at < b->end && shift < 64);
		n |= (uint64_t)(*b->at & 0x7f) << shift;
		if (!(*b->at++ & 0x80))
			return n;
	}
}

/* The next field: its number, with a number or bytes; 0: there is none. */
static unsigned field(struct bytes *b, uint64_t *number, struct bytes *inner)
{
	uint64_t key;

	if (b->at == b->end)
		return 0;
	key = varint(b);
	*number = varint(b);
	if ((key & 7) == 2) {
		ck_assert_uint_le(*number, b->end - b->at);
		*inner = (struct bytes){ b->at, b->at + *number };
		b->at += *number;
	} else {
		ck_assert_uint_eq(key & 7, 0);
	}
	return key >> 3;
}

static struct bytes unpack(unsigned char room[1 << 14], enum mtr_value value)
{
	size_t n;
	char *text = export(mtr_export_pprof, value, &n);
	z_stream z = { .next_in = (Bytef *)text,
		       .avail_in = n,
		       .next_out = room,
		       .avail_out = 1 << 14 };

	ck_assert_int_eq(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	free(text);
	return (struct bytes){ room, z.next_out };
}

enum { STRINGS = 64, ROOM = 256 };

struct read_again {
	char strings[STRINGS][ROOM];
	unsigned n_strings, n_types, n_samples, n_mappings, n_comments;
	uint64_t types[4], values[16][4], generation[16], main_type;
	uint64_t locations[16]; /* how many of each sample */
	uint64_t time, period;
	char stacks[16][ROOM]; /* of each sample, by the names of its lines */
	struct bytes location[64], function[64], mapping[64];
};

static struct bytes in_table(const struct bytes *table, uint64_t id)
{
	ck_assert_uint_lt(id, 64);
	ck_assert_ptr_nonnull(table[id].at);
	return table[id];
}

static uint64_t number_in(struct bytes message, unsigned wanted)
{
	struct bytes inner;
	uint64_t n;
	unsigned f;

	while ((f = field(&message, &n, &inner)))
		if (f == wanted)
			return n;
	return 0;
}

static void add_location(struct read_again *r, struct bytes location, char *ret)
{
	struct bytes rest = location, inner;
	uint64_t n;
	unsigned f;

	while ((f = field(&rest, &n, &inner))) {
		struct bytes function;

		if (f != 4)
			continue;
		function = in_table(r->function, number_in(inner, 1));
		snprintf(ret + strlen(ret), ROOM - strlen(ret), "%s:%u<",
			 r->strings[number_in(function, 2)],
			 (unsigned)number_in(inner, 2));
	}
	if (!number_in(location, 2))
		strcat(ret, "!");
	strcat(ret, "|");
}

static void add_sample(struct read_again *r, struct bytes sample)
{
	struct bytes inner;
	uint64_t n;
	unsigned f, i = r->n_samples++, k = 0;

	while ((f = field(&sample, &n, &inner))) {
		if (f == 1)
			while (inner.at < inner.end)
				add_location(
					r,
					in_table(r->location, varint(&inner)),
					r->stacks[i]);
		if (f == 2)
			while (inner.at < inner.end)
				r->values[i][k++] = varint(&inner);
		if (f == 3) {
			ck_assert_str_eq(r->strings[number_in(inner, 1)],
					 "generation");
			r->generation[i] = number_in(inner, 3);
		}
	}
}

static void read_again(struct bytes all, struct read_again *r)
{
	struct bytes at = all, inner;
	uint64_t n;
	unsigned f;

	memset(r, 0, sizeof(*r));
	while ((f = field(&at, &n, &inner))) {
		if (f == 6)
			memcpy(r->strings[r->n_strings++], inner.at, n);
		if (f == 4)
			r->location[number_in(inner, 1)] = inner;
		if (f == 5)
			r->function[number_in(inner, 1)] = inner;
		if (f == 3)
			r->mapping[number_in(inner, 1)] = inner;
		if (f == 1)
			r->types[r->n_types++] = number_in(inner, 1);
		r->main_type = f == 14 ? n : r->main_type;
		r->time = f == 9 ? n : r->time;
		r->period = f == 12 ? n : r->period;
		r->n_mappings += f == 3;
		r->n_comments += f == 13;
	}
	at = all;
	while ((f = field(&at, &n, &inner)))
		if (f == 2)
			add_sample(r, inner);
}

/* Each location is where the call is, and its mapping says who has names. */
static void check_places(const struct read_again *r)
{
	unsigned n = 0;

	for (uint64_t id = 1; id < 64; id++) {
		const struct mtr_site *site;
		const struct mtr_frame *f;
		uint64_t mapping;

		if (!r->location[id].at)
			continue;
		site = &s->sites.at[(id - 1) / 2];
		f = &s->frames.at[site->first];
		if (site->pc <= MTR_CALLER_UNKNOWN)
			continue;
		n++;
		ck_assert_uint_eq(number_in(r->location[id], 3),
				  site->pc - !f->exact);
		mapping = number_in(r->location[id], 2);
		ck_assert_uint_eq(mapping != 0, f->module != NULL);
		if (!mapping)
			continue;
		ck_assert_uint_eq(number_in(in_table(r->mapping, mapping), 2),
				  f->module->start);
		ck_assert_uint_eq(number_in(in_table(r->mapping, mapping), 3),
				  f->module->end);
		if (f->function)
			ck_assert_uint_eq(
				number_in(in_table(r->mapping, mapping), 7), 1);
	}
	ck_assert_uint_ge(n, 4);
}

START_TEST(pprof)
{
	static struct read_again r;
	unsigned char room[1 << 14];

	make(MTR_VALUE_BYTES, true);
	read_again(unpack(room, MTR_VALUE_BYTES), &r);
	ck_assert_str_eq(r.strings[0], "");
	ck_assert_uint_eq(r.n_types, 3);
	ck_assert_str_eq(r.strings[r.types[0]], "inuse_objects");
	ck_assert_str_eq(r.strings[r.types[1]], "inuse_space");
	ck_assert_str_eq(r.strings[r.types[2]], "unused_space");
	ck_assert_str_eq(r.strings[r.main_type], "inuse_space");
	ck_assert_uint_eq(r.time, 1234);
	ck_assert_uint_eq(r.period, 1);
	ck_assert_uint_eq(r.n_samples, 7);
	ck_assert_uint_eq(r.n_mappings, 2);
	check_places(&r);
	ck_assert_uint_eq(r.n_comments, 2);
	ck_assert_uint_eq(r.values[0][0], 1);
	ck_assert_uint_eq(r.values[0][1], 500);
	ck_assert_uint_eq(r.values[0][2], 500);
	ck_assert_uint_eq(r.generation[0], 2);
	ck_assert_str_eq(r.stacks[0], "f(int, \"x\"):5<work:30<|"
				      "f(int, \"x\"):5<work:30<|"
				      "main:10<|start:0<|");
	ck_assert_uint_eq(r.values[1][0], 2);
	ck_assert_uint_eq(r.values[1][1], 119);
	ck_assert_uint_eq(r.generation[1], 0);
	ck_assert_str_eq(r.stacks[1], "f(int, \"x\"):5<work:30<|"
				      "main:10<|start:0<|");
	/* in no module; without a name, so that another one may find it;
	 * damaged */
	ck_assert_str_eq(r.stacks[2], "0x9999:0<!|");
	ck_assert_str_eq(r.stacks[5], "|");
	ck_assert_str_eq(r.stacks[6], "(corrupt):0<!|");
}
END_TEST

START_TEST(pprof_values)
{
	static struct read_again r;
	unsigned char room[1 << 14];

	hold(true);
	make(MTR_VALUE_RETAINED, true);
	read_again(unpack(room, MTR_VALUE_RETAINED), &r);
	ck_assert_uint_eq(r.n_types, 4);
	ck_assert_str_eq(r.strings[r.main_type], "retained_space");
	ck_assert_uint_eq(r.values[1][3], 108);
	mtr_holders_fini(&holders);
	s->heap.descriptor.sample = 4096;
	make(MTR_VALUE_BLOCKS, true);
	read_again(unpack(room, MTR_VALUE_BLOCKS), &r);
	ck_assert_str_eq(r.strings[r.main_type], "inuse_objects");
	ck_assert_uint_eq(r.period, 4096);
	ck_assert_uint_eq(r.n_comments, 3);
}
END_TEST

#else

START_TEST(no_pprof)
{
	const struct mtr_export e = { .s = s };
	struct mtr_error *error = mtr_export_pprof(&e);

	ck_assert_ptr_nonnull(error);
	ck_assert_int_eq(mtr_error_code(error), MTR_ERROR_UNSUPPORTED);
	mtr_error_destroy(error);
}
END_TEST

#endif

static void add(TCase *t)
{
	tcase_add_checked_fixture(t, setup, teardown);
#ifdef HAVE_ZLIB
	tcase_add_test(t, pprof);
	tcase_add_test(t, pprof_values);
#else
	tcase_add_test(t, no_pprof);
#endif
}

int main(void)
{
	return sample_run("pprof", add);
}
