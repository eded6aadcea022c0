/* SPDX-License-Identifier: MIT */
/* Memos: found as long as all words are what they were, given up otherwise. */
#include "preload/memo.h"

#include "unit.h"

enum { WORDS = 6 };

static struct mtr_memos memos;
static uintptr_t stack[MTR_MEMO_WORDS + 1];

static const struct mtr_site site = { .pc = 0x1000, .sp = 0x2000, .fp = 3 };

/* The id that is known of @at; 0: none, and *@place is the key for one. */
static uint32_t look(const struct mtr_site *at, uint64_t *place)
{
	uint64_t key = mtr_memo_key(at);
	const struct mtr_memo *m;

	for (int i = 0; i < MTR_MEMO_PROBES; i++) {
		*place = key;
		if (mtr_memo_is(&memos, at, &key, &m))
			return m->node;
		if (!m)
			return 0;
	}
	return 0;
}

static uint32_t find(const struct mtr_site *at)
{
	uint64_t key;

	return look(at, &key);
}

static void add(const struct mtr_site *at, bool needs_fp, uint32_t node,
		unsigned int n)
{
	struct mtr_word word[MTR_MEMO_WORDS + 1];
	uint64_t key;

	for (unsigned int i = 0; i < n; i++)
		word[i] = (struct mtr_word){ &stack[i], stack[i] };
	look(at, &key);
	mtr_memo_add(&memos, key, at, needs_fp, node, word, n);
}

/* As a thread that is new. */
static void none(void)
{
	memos.table = NULL;
	memos.hits = memos.misses = memos.rest = memos.newest = 0;
	mtr_memos_forget(&memos);
	mtr_memos_forget(&memos);
}

START_TEST(found_while_all_words_stand)
{
	none();
	for (unsigned int n = 0; n <= MTR_MEMO_WORDS; n++) {
		mtr_memos_forget(&memos);
		add(&site, false, 100 + n, n);
		ck_assert_uint_eq(find(&site), 100 + n);
		for (unsigned int i = 0; i < n; i++) {
			stack[i]++;
			ck_assert_uint_eq(find(&site), 0);
			stack[i]--;
		}
	}
	mtr_memos_forget(&memos);
	add(&site, false, 7, MTR_MEMO_WORDS + 1);
	ck_assert_uint_eq(find(&site), 0);
}
END_TEST

/* A word is looked at only if all that are inwards of it stand. */
START_TEST(outer_words_are_not_read)
{
	struct mtr_word word[WORDS];
	uint64_t key;

	for (int changed = 1; changed < WORDS; changed++) {
		none();
		for (int i = 0; i < WORDS; i++)
			word[i] = (struct mtr_word){ i < changed ? NULL
								 : &stack[i],
						     stack[i] };
		look(&site, &key);
		mtr_memo_add(&memos, key, &site, false, 9, word, WORDS);
		stack[changed]++;
		ck_assert_uint_eq(find(&site), 0);
		stack[changed]--;
	}
}
END_TEST

START_TEST(key)
{
	struct mtr_site other = site;

	none();
	add(&site, true, 20, WORDS);
	ck_assert_uint_eq(find(&site), 20);
	other.fp++;
	ck_assert_uint_eq(find(&other), 0);
	add(&site, false, 21, WORDS);
	mtr_memos_forget(&memos);
	add(&site, false, 21, WORDS);
	ck_assert_uint_eq(find(&other), 21);
	other = site;
	other.pc++;
	ck_assert_uint_eq(find(&other), 0);
	other = site;
	other.sp++;
	ck_assert_uint_eq(find(&other), 0);
}
END_TEST

/* As of a program in which one function allocates, called from anywhere. */
START_TEST(many_of_a_kind)
{
	enum { EACH = 4, ALL = EACH * EACH * EACH };

	none();
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < ALL; i++) {
			stack[WORDS - 1] = i % EACH;
			stack[WORDS - 2] = i / EACH % EACH;
			stack[WORDS - 4] = i / EACH / EACH;
			ck_assert_uint_eq(find(&site), round ? 30 + i : 0);
			if (!round)
				add(&site, false, 30 + i, WORDS);
		}
	/* the way to one leads past a few others */
	for (uint32_t i = 0; i < 300; i++) {
		stack[0] = i;
		add(&site, false, 1000 + i, WORDS);
		ck_assert_uint_eq(find(&site), 1000 + i);
	}
}
END_TEST

/* A stack that is nobody else's. */
static struct mtr_site site_of(uint32_t i)
{
	return (struct mtr_site){ .pc = site.pc + i * 16,
				  .sp = site.sp + i % 7 * 8 };
}

/* All that are there are right, and the newest are. */
static void check_space(uint32_t n, uint32_t newest)
{
	for (uint32_t i = 0; i < n; i++) {
		struct mtr_site at = site_of(i);

		stack[0] = i;
		add(&at, false, 1 + i, i % 50);
		ck_assert_uint_eq(find(&at), 1 + i);
	}
	for (uint32_t i = 0; i < n; i++) {
		struct mtr_site at = site_of(i);
		uint32_t id;

		stack[0] = i;
		id = find(&at);
		ck_assert(id == 1 + i || (id == 0 && i + newest < n));
	}
}

START_TEST(the_oldest_give_way)
{
	none();
	/* nothing that was known before is missed: the space does */
	check_space(5000, 10);
	ck_assert_ptr_eq(memos.table, &memos.small);
}
END_TEST

START_TEST(grows_where_they_are_missed)
{
	none();
	memos.misses = 100;
	memos.hits = 100;
	check_space(5000, 10);
	ck_assert_ptr_ne(memos.table, &memos.small);
	ck_assert_uint_gt(memos.table->size, memos.small.size);
	check_space(40000, 100);
	mtr_memos_forget(&memos);
	check_space(40000, 100);
}
END_TEST

START_TEST(forgotten)
{
	none();
	add(&site, false, 40, WORDS);
	mtr_memos_forget(&memos);
	ck_assert_uint_eq(find(&site), 0);
	add(&site, false, 41, WORDS);
	ck_assert_uint_eq(find(&site), 41);
}
END_TEST

static void miss(unsigned int n, uint32_t hits_each)
{
	for (unsigned int i = 0; i < n; i++) {
		memos.hits += hits_each;
		mtr_memos_missed(&memos, 1);
	}
}

START_TEST(given_up_where_they_miss)
{
	none();
	/* what is new is no miss */
	for (uint32_t i = 0; i < 2 * MTR_MEMO_TRIAL; i++)
		mtr_memos_missed(&memos, 1 + i);
	ck_assert_uint_eq(memos.rest, 0);
	miss(2 * MTR_MEMO_TRIAL, 1);
	ck_assert_uint_eq(memos.rest, 0);
	miss(MTR_MEMO_TRIAL - 1, 0);
	ck_assert_uint_eq(memos.rest, 0);
	miss(1, 0);
	ck_assert_uint_eq(memos.rest, MTR_MEMO_REST);
}
END_TEST

Suite *memo_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("memo", &tc);

	tcase_add_test(tc, found_while_all_words_stand);
	tcase_add_test(tc, outer_words_are_not_read);
	tcase_add_test(tc, key);
	tcase_add_test(tc, many_of_a_kind);
	tcase_add_test(tc, the_oldest_give_way);
	tcase_add_test(tc, grows_where_they_are_missed);
	tcase_add_test(tc, forgotten);
	tcase_add_test(tc, given_up_where_they_miss);
	return s;
}
