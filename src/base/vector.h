/* SPDX-License-Identifier: MIT */
/*
 * Growing arrays of one type.
 *
 *	MTR_VECTOR(names, const char *);	struct names { at, n, room }
 *	struct names v = { 0 };
 *	const char **slot = names_push(&v);	NULL: no memory
 *	names_fini(&v);
 */
#ifndef MTR_BASE_VECTOR_H
#define MTR_BASE_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/huge.h"

/* Room for @n items of @size bytes at *at; false: no memory, nothing changed */
static inline bool mtr_vector_reserve(void **at, size_t *room, size_t n,
				      size_t size)
{
	size_t want = *room ? *room : 16;
	void *grown;

	if (n <= *room)
		return true;
	while (want < n)
		if (__builtin_mul_overflow(want, (size_t)2, &want))
			return false;
	grown = reallocarray(*at, want, size);
	if (!grown)
		return false;
	*at = mtr_huge(grown, want * size);
	*room = want;
	return true;
}

#define MTR_VECTOR(name, type)                                                 \
	struct name {                                                          \
		type *at;                                                      \
		size_t n, room;                                                \
	};                                                                     \
	__attribute__((unused)) static inline bool name##_reserve(             \
		struct name *v, size_t n)                                      \
	{                                                                      \
		void *at = v->at;                                              \
		bool ok = mtr_vector_reserve(&at, &v->room, n, sizeof(type));  \
                                                                               \
		v->at = at;                                                    \
		return ok;                                                     \
	}                                                                      \
	__attribute__((unused)) static inline type *name##_push(               \
		struct name *v)                                                \
	{                                                                      \
		if (!name##_reserve(v, v->n + 1))                              \
			return NULL;                                           \
		return &v->at[v->n++];                                         \
	}                                                                      \
	__attribute__((unused)) static inline void name##_fini(struct name *v) \
	{                                                                      \
		free(v->at);                                                   \
		*v = (struct name){ 0 };                                       \
	}                                                                      \
	struct name

#endif
