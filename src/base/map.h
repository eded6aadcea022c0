/* SPDX-License-Identifier: MIT */
/*
 * Hash maps of one type.
 *
 *	MTR_MAP(words, struct word, const char *, word_hash, word_is);
 *
 *	uint64_t word_hash(const char *key);
 *	bool word_is(const struct word *item, const char *key);
 *
 *	struct words v = { 0 };			{ at, n, room, slots }
 *	struct word *w = words_find(&v, key);	NULL: it is not there
 *	w = words_put(&v, key, &is_new);	NULL: no memory
 *	words_fini(&v);
 *
 * The items lie in .at, in the order in which they were put in, and may be gone
 * through there. A new one is zero; whoever put it in makes an item of that key
 * of it before the next call. A pointer to an item is good until the next one
 * is put in.
 *
 * Hashes are made with a secret that each process draws anew: nobody can write
 * a file all of whose keys fall together. So they must not reach any output.
 */
#ifndef MTR_BASE_MAP_H
#define MTR_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/vector.h"

extern uint64_t mtr_hash_secret[2];

__extension__ typedef unsigned __int128 mtr_hash_wide;

/* Both halves of the product. */
static inline uint64_t mtr_hash_fold(uint64_t a, uint64_t b)
{
	mtr_hash_wide product = (mtr_hash_wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Each bit of @a reaches all of the result. With one product alone, about one
 * secret in a hundred puts keys that rise evenly close together.
 */
static inline uint64_t mtr_hash_mix(uint64_t a)
{
	return mtr_hash_fold(
		mtr_hash_fold(a ^ mtr_hash_secret[0], mtr_hash_secret[1]),
		UINT64_C(0x9e3779b97f4a7c15));
}

/* @before: the hash of what else belongs to the key, or 0. */
static inline uint64_t mtr_hash_number(uint64_t number, uint64_t before)
{
	return mtr_hash_mix(number ^ before);
}

static inline uint64_t mtr_hash_bytes(const void *bytes, size_t n,
				      uint64_t before)
{
	const unsigned char *at = bytes;
	uint64_t hash = before ^ n, word;

	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mtr_hash_mix(hash ^ word);
	}
	word = 0;
	memcpy(&word, at, n);
	return mtr_hash_mix(hash ^ word);
}

static inline uint64_t mtr_hash_text(const char *text, uint64_t before)
{
	return mtr_hash_bytes(text, strlen(text), before);
}

/* -------------------------------------------------- what all maps share */

struct mtr_slot {
	uint32_t hash;
	uint32_t item; /* 1 + its index; 0: a free slot */
};

struct mtr_slots {
	struct mtr_slot *at;
	size_t room; /* a power of two, more than twice the items; or 0 */
};

/*
 * Room for one more than @n items. False: no memory, and nothing has changed.
 */
static inline bool mtr_slots_reserve(struct mtr_slots *s, size_t n)
{
	struct mtr_slots grown = { .room = s->room ? s->room * 2 : 64 };

	if ((n + 1) * 2 < s->room)
		return true;
	if (n >= UINT32_MAX)
		return false;
	grown.at = calloc(grown.room, sizeof(*grown.at));
	if (!grown.at)
		return false;
	for (size_t i = 0; i < s->room; i++) {
		size_t to = s->at[i].hash & (grown.room - 1);

		if (!s->at[i].item)
			continue;
		while (grown.at[to].item)
			to = (to + 1) & (grown.room - 1);
		grown.at[to] = s->at[i];
	}
	free(s->at);
	*s = grown;
	return true;
}

/*
 * 1 + the next item that may have @hash, from slot *at on, which is moved
 * behind it; 0: there are no more, and *at is the free slot for it.
 */
static inline uint32_t mtr_slots_next(const struct mtr_slots *s, uint32_t hash,
				      size_t *at)
{
	size_t i = *at & (s->room - 1);

	for (; s->at[i].item; i = (i + 1) & (s->room - 1)) {
		if (s->at[i].hash == hash) {
			*at = i + 1;
			return s->at[i].item;
		}
	}
	*at = i;
	return 0;
}

#define MTR_MAP(name, type, key_type, hash_of, is)                             \
	struct name {                                                          \
		type *at;                                                      \
		size_t n, room;                                                \
		struct mtr_slots slots;                                        \
	};                                                                     \
	/* As mtr_slots_next has them, in *ret_slot the free one. */           \
	static inline type *name##_seek(const struct name *m, key_type key,    \
					uint32_t hash, size_t *ret_slot)       \
	{                                                                      \
		uint32_t item;                                                 \
                                                                               \
		*ret_slot = hash;                                              \
		while ((item = mtr_slots_next(&m->slots, hash, ret_slot)))     \
			if (is(&m->at[item - 1], key))                         \
				return &m->at[item - 1];                       \
		return NULL;                                                   \
	}                                                                      \
	__attribute__((unused)) static inline type *name##_find(               \
		const struct name *m, key_type key)                            \
	{                                                                      \
		size_t slot;                                                   \
                                                                               \
		return m->n ? name##_seek(m, key, (uint32_t)hash_of(key),      \
					  &slot)                               \
			    : NULL;                                            \
	}                                                                      \
	__attribute__((unused)) static inline type *name##_put(                \
		struct name *m, key_type key, bool *ret_new)                   \
	{                                                                      \
		uint32_t hash = (uint32_t)hash_of(key);                        \
		void *at = m->at;                                              \
		size_t slot;                                                   \
		type *item;                                                    \
                                                                               \
		*ret_new = false;                                              \
		if (!mtr_slots_reserve(&m->slots, m->n))                       \
			return NULL;                                           \
		item = name##_seek(m, key, hash, &slot);                       \
		if (item)                                                      \
			return item;                                           \
		if (!mtr_vector_reserve(&at, &m->room, m->n + 1,               \
					sizeof(type)))                         \
			return NULL;                                           \
		m->at = at;                                                    \
		item = &m->at[m->n++];                                         \
		memset(item, 0, sizeof(*item));                                \
		m->slots.at[slot] = (struct mtr_slot){ hash, (uint32_t)m->n }; \
		*ret_new = true;                                               \
		return item;                                                   \
	}                                                                      \
	__attribute__((unused)) static inline void name##_fini(struct name *m) \
	{                                                                      \
		free(m->at);                                                   \
		free(m->slots.at);                                             \
		*m = (struct name){ 0 };                                       \
	}                                                                      \
	struct name

/* The items of @map become those of @vector; the map is empty. */
#define MTR_MAP_TAKE(vector, map)               \
	do {                                    \
		(vector)->at = (map)->at;       \
		(vector)->n = (map)->n;         \
		(vector)->room = (map)->room;   \
		free((map)->slots.at);          \
		memset(map, 0, sizeof(*(map))); \
	} while (0)

#endif
