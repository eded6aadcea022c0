/* SPDX-License-Identifier: MIT */
/*
 * Errors as values. See error.h for the contract.
 */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

struct mtr_error {
	char *text;
};

static char nomem_text[] = "out of memory";
static struct mtr_error nomem = { nomem_text };

static struct mtr_error *error_of(char *text)
{
	struct mtr_error *error = text ? malloc(sizeof(*error)) : NULL;

	if (!error) {
		free(text);
		return &nomem;
	}
	error->text = text;
	return error;
}

static char *text_of(const char *format, va_list ap)
	__attribute__((format(printf, 1, 0)));

static char *text_of(const char *format, va_list ap)
{
	char *text;

	return vasprintf(&text, format, ap) < 0 ? NULL : text;
}

/* "<front>: <back>"; takes @front over. */
static char *text_join(char *front, const char *back)
{
	char *text = NULL;

	if (front && asprintf(&text, "%s: %s", front, back) < 0)
		text = NULL;
	free(front);
	return text;
}

struct mtr_error *mtr_error_create(const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = text_of(format, ap);
	va_end(ap);
	return error_of(text);
}

struct mtr_error *mtr_error_errno(int code, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = text_of(format, ap);
	va_end(ap);
	return error_of(text_join(text, strerror(code)));
}

struct mtr_error *mtr_error_nomem(void)
{
	return &nomem;
}

struct mtr_error *mtr_error_prefix(struct mtr_error *error, const char *format,
				   ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = text_join(text_of(format, ap), error->text);
	va_end(ap);
	mtr_error_destroy(error);
	return error_of(text);
}

const char *mtr_error_text(const struct mtr_error *error)
{
	return error->text;
}

void mtr_error_destroy(struct mtr_error *error)
{
	if (!error || error == &nomem)
		return;
	free(error->text);
	free(error);
}
