/* SPDX-License-Identifier: MIT */
/*
 * Errors: NULL is success, anything else says in one sentence what is wrong,
 * and has a code for who has to act on it.
 *
 * Whoever gets an error owns it: hands it on, or destroys it. Out of memory is
 * a static object, which may be destroyed like any other. No function here
 * prints.
 */
#ifndef MTR_BASE_ERROR_H
#define MTR_BASE_ERROR_H

#include "base/cleanup.h"

struct mtr_error;

/* What kind of thing is wrong, for who acts on it: nobody reads sentences. */
enum mtr_error_code {
	MTR_ERROR_OTHER,
	MTR_ERROR_NOMEM,
	MTR_ERROR_NOT_FOUND,	 /* no such file or process */
	MTR_ERROR_GONE,		 /* the process has ended */
	MTR_ERROR_NOT_PERMITTED, /* somebody else's file or process */
	MTR_ERROR_NOT_TRACED,	 /* there is no record in it */
	MTR_ERROR_DAMAGED,	 /* cut off, or makes no sense */
	MTR_ERROR_UNSUPPORTED,	 /* sound, but of a kind that we do not read */
};

/* No memory for an error: the static one of mtr_error_nomem is returned. */
struct mtr_error *mtr_error_create(const char *format, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));

/* The same, of a kind other than MTR_ERROR_OTHER. */
struct mtr_error *mtr_error_coded(enum mtr_error_code code, const char *format,
				  ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* "<format>: <strerror(number)>", and the code that fits @number. */
struct mtr_error *mtr_error_errno(int number, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

struct mtr_error *mtr_error_nomem(void) __attribute__((returns_nonnull));

/* Put "<format>: " before what @error says; its code stays. */
struct mtr_error *mtr_error_prefix(struct mtr_error *error, const char *format,
				   ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

enum mtr_error_code mtr_error_code(const struct mtr_error *error);
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
