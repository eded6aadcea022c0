/* SPDX-License-Identifier: MIT */
/*
 * Errors: NULL is success, anything else says in one sentence what is wrong.
 *
 * Whoever gets an error owns it: hands it on, or destroys it. Out of memory is
 * a static object, which may be destroyed like any other. No function here
 * prints.
 */
#ifndef MTR_BASE_ERROR_H
#define MTR_BASE_ERROR_H

#include "base/cleanup.h"

struct mtr_error;

/* No memory for an error: the static one of mtr_error_nomem is returned. */
struct mtr_error *mtr_error_create(const char *format, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));

/* "<format>: <strerror(code)>" */
struct mtr_error *mtr_error_errno(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

struct mtr_error *mtr_error_nomem(void) __attribute__((returns_nonnull));

/* Put "<format>: " before what @error says. */
struct mtr_error *mtr_error_prefix(struct mtr_error *error, const char *format,
				   ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

const char *mtr_error_text(const struct mtr_error *error);
void mtr_error_destroy(struct mtr_error *error);

static inline void mtr_cleanup_error(struct mtr_error **error)
{
	mtr_error_destroy(*error);
}

#define mtr_auto_error mtr_cleanup(mtr_cleanup_error)

/* Return the error of @call, if it has one. */
#define MTR_TRY(call)                          \
	do {                                   \
		struct mtr_error *e_ = (call); \
		if (e_)                        \
			return e_;             \
	} while (0)

#endif
