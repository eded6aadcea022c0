/* SPDX-License-Identifier: MIT */
/*
 * MALLOC_TRACER_OPTIONS. See options.h for the contract.
 */
#include "preload/options.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "format/depot.h"
#include "preload/line.h"

struct word {
	const char *at;
	size_t len;
};

static bool word_is(struct word w, const char *s)
{
	return w.len == strlen(s) && memcmp(w.at, s, w.len) == 0;
}

static bool parse_flag(struct word value, bool *ret)
{
	if (value.len != 1 || (*value.at != '0' && *value.at != '1'))
		return false;
	*ret = *value.at == '1';
	return true;
}

static bool parse_depth(struct word value, unsigned int *ret)
{
	unsigned int n = 0;

	if (value.len == 0 || value.len > 2)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		n = 10 * n + (value.at[i] - '0');
	}
	if (n > MTR_STACK_DEPTH_MAX)
		return false;
	*ret = n;
	return true;
}

/* Bytes, with K, M or G: 1 to 2^40. */
static bool parse_bytes(struct word value, uint64_t *ret)
{
	static const char units[] = "KMG";
	const uint64_t max = UINT64_C(1) << 40;
	const char *unit = value.len ? memchr(units, value.at[value.len - 1],
					      sizeof(units) - 1)
				     : NULL;
	unsigned int shift = unit ? 10 * (1 + (unit - units)) : 0;
	uint64_t n = 0;

	if (unit)
		value.len--;
	if (value.len == 0)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9' || n > max)
			return false;
		n = 10 * n + (value.at[i] - '0');
	}
	if (n == 0 || n > max >> shift)
		return false;
	*ret = n << shift;
	return true;
}

/* Sizes with colons between them, each once. */
static bool parse_sizes(struct word value, struct mtr_options *ret)
{
	uint64_t sizes[MTR_SNAPSHOT_SIZES] = { 0 };
	size_t n = 0;

	for (;;) {
		const char *colon = memchr(value.at, ':', value.len);
		struct word one = { value.at, colon ? (size_t)(colon - value.at)
						    : value.len };

		if (n == MTR_SNAPSHOT_SIZES || !parse_bytes(one, &sizes[n++]))
			return false;
		if (!colon)
			break;
		value.len -= one.len + 1;
		value.at = colon + 1;
	}
	memcpy(ret->snapshot_sizes, sizes, sizeof(sizes));
	return true;
}

/*
 * One that a handler may take, and that nobody but the program raises: not
 * those of faults, nor libc's own two.
 */
static bool parse_signal(struct word value, int *ret)
{
	static const char no[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS,
				   SIGFPE, SIGKILL, SIGSEGV, SIGSTOP,
				   SIGSYS, 32,	    33 };
	int n = 0;

	if (value.len == 0 || value.len > 2)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		n = 10 * n + (value.at[i] - '0');
	}
	if (n < 1 || n > 64 || memchr(no, n, sizeof(no)))
		return false;
	*ret = n;
	return true;
}

/* %p, %n, %e and %%, and nothing else after a %. */
static bool parse_pattern(struct word value, struct mtr_options *ret)
{
	if (value.len == 0 || value.len >= sizeof(ret->snapshot_file))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] != '%')
			continue;
		if (++i == value.len || !memchr("pne%", value.at[i], 4))
			return false;
	}
	memcpy(ret->snapshot_file, value.at, value.len);
	ret->snapshot_file[value.len] = '\0';
	return true;
}

static bool parse_record(struct word value, bool *ret)
{
	*ret = word_is(value, "16");
	return *ret;
}

static bool parse_log(struct word value, struct mtr_options *ret)
{
#ifdef MTR_DEBUG
	if (value.len == 0 || value.len >= sizeof(ret->log))
		return false;
	memcpy(ret->log, value.at, value.len);
	ret->log[value.len] = '\0';
	if (word_is(value, "stderr"))
		ret->log[0] = '\0';
	return true;
#else
	(void)value;
	(void)ret;
	return false;
#endif
}

static bool parse_one(struct word key, struct word value,
		      struct mtr_options *ret)
{
	if (word_is(key, "stacks"))
		return parse_depth(value, &ret->stacks);
	if (word_is(key, "sample"))
		return parse_bytes(value, &ret->sample);
	if (word_is(key, "record"))
		return parse_record(value, &ret->long_record);
	if (word_is(key, "caller")) {
		ret->direct = word_is(value, "direct");
		return ret->direct;
	}
	if (word_is(key, "frees"))
		return parse_flag(value, &ret->frees);
	if (word_is(key, "follow"))
		return parse_flag(value, &ret->follow);
	if (word_is(key, "snapshot_at"))
		return parse_sizes(value, ret);
	if (word_is(key, "snapshot_signal"))
		return parse_signal(value, &ret->snapshot_signal);
	if (word_is(key, "snapshot_file"))
		return parse_pattern(value, ret);
	if (word_is(key, "log"))
		return parse_log(value, ret);
	return false;
}

/* A complaint stays one line, and gives a terminal no orders. */
static char printable(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f ? '?' : c;
}

static void complain_about(struct word item, mtr_complain *complain)
{
	struct mtr_line l = { 0 };

	mtr_line_text(&l, "malloc_tracer: " MTR_OPTIONS_VARIABLE ": ignored: ");
	for (size_t i = 0; i < item.len; i++)
		mtr_line_text(&l, (char[]){ printable(item.at[i]), '\0' });
	mtr_line_end(&l);
	complain(l.text, l.len);
}

void mtr_options_parse(const char *text, mtr_complain *complain,
		       struct mtr_options *ret)
{
	while (*text) {
		struct word item = { text, strcspn(text, ",") };
		const char *equals = memchr(text, '=', item.len);

		text += item.len;
		text += *text == ',';
		if (item.len == 0)
			continue;
		if (equals) {
			size_t key = equals - item.at;

			if (parse_one((struct word){ item.at, key },
				      (struct word){ equals + 1,
						     item.len - key - 1 },
				      ret))
				continue;
		}
		complain_about(item, complain);
	}
}

const char *mtr_options_text(void)
{
	static const char name[] = MTR_OPTIONS_VARIABLE "=";

	if (getauxval(AT_SECURE) || !environ)
		return NULL;
	for (char **e = environ; *e; e++)
		if (strncmp(*e, name, sizeof(name) - 1) == 0)
			return *e + sizeof(name) - 1;
	return NULL;
}

void mtr_options_unpreload(char *list, const char *library)
{
	static const char separators[] = " :";
	char *to = list;

	for (char *from = list; *from;) {
		struct word w = { from, strcspn(from, separators) };
		const char *slash = memrchr(w.at, '/', w.len);
		struct word base = w;

		if (slash) {
			base.at = slash + 1;
			base.len = w.at + w.len - base.at;
		}
		from += w.len;
		from += *from != '\0';
		if (w.len == 0 || word_is(w, library) || word_is(base, library))
			continue;
		if (to > list)
			*to++ = ':';
		memmove(to, w.at, w.len);
		to += w.len;
	}
	*to = '\0';
}
