/* SPDX-License-Identifier: MIT */
/*
 * Errors as values. See error.h for the contract.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct mtr_error {
	char *text;
	enum mtr_error_code code;
};

static char nomem_text[] = "out of memory";
static struct mtr_error nomem = { nomem_text, MTR_ERROR_NOMEM };

/* Takes @text over. */
static struct mtr_error *error_of(enum mtr_error_code code, char *text)
{
	struct mtr_error *error = text ? malloc(sizeof(*error)) : NULL;

	if (!error) {
		free(text);
		return &nomem;
	}
	*error = (struct mtr_error){ text, code };
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
	return error_of(MTR_ERROR_OTHER, text);
}

struct mtr_error *mtr_error_coded(enum mtr_error_code code, const char *format,
				  ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = text_of(format, ap);
	va_end(ap);
	return error_of(code, text);
}

static enum mtr_error_code code_of(int number)
{
	switch (number) {
	case ENOMEM:
		return MTR_ERROR_NOMEM;
	case ENOENT:
		return MTR_ERROR_NOT_FOUND;
	case ESRCH:
		return MTR_ERROR_GONE;
	case EACCES:
	case EPERM:
		return MTR_ERROR_NOT_PERMITTED;
	default:
		return MTR_ERROR_OTHER;
	}
}

struct mtr_error *mtr_error_errno(int number, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = text_of(format, ap);
	va_end(ap);
	return error_of(code_of(number), text_join(text, strerror(number)));
}

struct mtr_error *mtr_error_nomem(void)
{
	return &nomem;
}

struct mtr_error *mtr_error_prefix(struct mtr_error *error, const char *format,
				   ...)
{
	enum mtr_error_code code = error->code;
	va_list ap;
	char *text;

	va_start(ap, format);
	text = text_join(text_of(format, ap), error->text);
	va_end(ap);
	mtr_error_destroy(error);
	return error_of(code, text);
}

enum mtr_error_code mtr_error_code(const struct mtr_error *error)
{
	return error->code;
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
