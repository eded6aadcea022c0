/* SPDX-License-Identifier: MIT */
/* Memos: found as long as all words are what they were, given up otherwise. */
#include "preload/memo.h"

#include "unit.h"

enum { WORDS = 6 };

static struct mtr_memos memos;
static uintptr_t stack[MTR_MEMO_WORDS + 1];

static const struct mtr_site site = { .pc = 0x1000, .sp = 0x2000, .fp = 3 };

static struct mtr_memo_set *set_of(const struct mtr_site *at)
{
	struct mtr_memo_set *set = mtr_memos_for(&memos, at);

	ck_assert_ptr_nonnull(set);
	return set;
}

static void add(const struct mtr_site *at, bool needs_fp, uint32_t node,
		unsigned int n)
{
	struct mtr_word word[MTR_MEMO_WORDS + 1];

	for (unsigned int i = 0; i < n; i++)
		word[i] = (struct mtr_word){ &stack[i], stack[i] };
	mtr_memo_add(&memos, set_of(at), at, needs_fp, node, word, n);
}

/* The id that is known of @at; 0: none. */
static uint32_t find(const struct mtr_site *at)
{
	const struct mtr_memo *m = mtr_memo_find(set_of(at), at);

	return m ? m->node : 0;
}

START_TEST(found_while_all_words_stand)
{
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
	add(&site, false, 7, MTR_MEMO_WORDS + 1);
	ck_assert_uint_ne(find(&site), 7);
}
END_TEST

START_TEST(key)
{
	struct mtr_site other = site;

	add(&site, true, 20, WORDS);
	other.fp++;
	ck_assert_uint_eq(find(&other), 0);
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

/* Of three that have caller and stack pointer in common the last two stay. */
START_TEST(two_of_a_kind)
{
	for (uint32_t i = 1; i <= 3; i++) {
		stack[0] = i;
		add(&site, false, 30 + i, WORDS);
	}
	for (uint32_t i = 1; i <= 3; i++) {
		stack[0] = i;
		ck_assert_uint_eq(find(&site), i == 1 ? 0 : 30 + i);
	}
}
END_TEST

START_TEST(forgotten)
{
	mtr_memos_forget(&memos);
	add(&site, false, 40, WORDS);
	mtr_memos_forget(&memos);
	ck_assert_uint_eq(find(&site), 0);
	add(&site, false, 41, WORDS);
	ck_assert_uint_eq(find(&site), 41);
}
END_TEST

/* How often memos are tried in @n captures. */
static unsigned int tries(unsigned int n)
{
	unsigned int tried = 0;

	for (unsigned int i = 0; i < n; i++)
		tried += mtr_memos_for(&memos, &site) != NULL;
	return tried;
}

START_TEST(given_up_where_they_miss)
{
	ck_assert_uint_eq(tries(640), 640);
	for (int i = 0; i < 1000; i++) {
		memos.worth += 3; /* three hits for each miss */
		mtr_memos_missed(&memos);
	}
	ck_assert_uint_eq(tries(640), 640 / MTR_MEMOS_TRIED);
	for (int i = 0; i < 1000; i++) {
		memos.worth += 9;
		mtr_memos_missed(&memos);
	}
	ck_assert_uint_eq(tries(640), 640);
	/* what was good for long is given up as soon */
	memos.worth = INT64_C(1) << 40;
	for (int i = 0; i < 1000; i++)
		mtr_memos_missed(&memos);
	memos.worth += 200;
	ck_assert_uint_eq(tries(640), 640 / MTR_MEMOS_TRIED);
}
END_TEST

Suite *memo_suite(void)
{
	TCase *tc;
	Suite *s = unit_suite("memo", &tc);

	tcase_add_test(tc, found_while_all_words_stand);
	tcase_add_test(tc, key);
	tcase_add_test(tc, two_of_a_kind);
	tcase_add_test(tc, forgotten);
	tcase_add_test(tc, given_up_where_they_miss);
	return s;
}
