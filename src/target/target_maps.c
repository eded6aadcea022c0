/* SPDX-License-Identifier: MIT */
/*
 * The text of /proc/PID/maps, of a process or saved in a snapshot.
 *
 *   start-end perms offset major:minor inode                    path
 */
#include <string.h>

#include "target/target_impl.h"

struct cursor {
	const char *at, *end;
};

static bool take_hex(struct cursor *c, uint64_t *ret)
{
	const char *start = c->at;
	uint64_t sum = 0;

	for (; c->at < c->end; c->at++) {
		char ch = *c->at;
		int digit;

		if (ch >= '0' && ch <= '9')
			digit = ch - '0';
		else if (ch >= 'a' && ch <= 'f')
			digit = ch - 'a' + 10;
		else
			break;
		if (sum >> 60)
			return false;
		sum = sum << 4 | digit;
	}
	*ret = sum;
	return c->at > start;
}

static bool take_char(struct cursor *c, char ch)
{
	if (c->at == c->end || *c->at != ch)
		return false;
	c->at++;
	return true;
}

static bool take_prot(struct cursor *c, int *ret)
{
	if (c->end - c->at < 4)
		return false;
	*ret = (c->at[0] == 'r' ? MTR_PROT_READ : 0) |
	       (c->at[1] == 'w' ? MTR_PROT_WRITE : 0) |
	       (c->at[2] == 'x' ? MTR_PROT_EXEC : 0);
	c->at += 4;
	return true;
}

static void skip_word(struct cursor *c)
{
	while (c->at < c->end && *c->at != ' ')
		c->at++;
	while (c->at < c->end && *c->at == ' ')
		c->at++;
}

/* What is left is the path, a newline in it as \012. NULL: no memory. */
static const char *take_path(struct mtr_target *t, struct cursor *c)
{
	static const char newline[] = "\\012";
	size_t left = strnlen(c->at, c->end - c->at),
	       tail = sizeof(newline) - 1;
	mtr_auto_free char *path = malloc(left + 1);
	const char *from = c->at;
	size_t n = 0;

	if (!path)
		return NULL;
	while (left) {
		bool hit = left >= tail && memcmp(from, newline, tail) == 0;
		size_t step = hit ? tail : 1;

		path[n++] = hit ? '\n' : *from;
		from += step;
		left -= step;
	}
	return mtr_target_path(t, path, n);
}

/* The kernel's own pages, which process_vm_readv(2) does not give. */
static bool path_is_special(const char *path)
{
	return path && (strncmp(path, "[vvar", 5) == 0 ||
			strncmp(path, "[vsyscall", 9) == 0);
}

static bool take_line(struct cursor *c, struct mtr_range *r)
{
	if (!take_hex(c, &r->start) || !take_char(c, '-') ||
	    !take_hex(c, &r->end) || !take_char(c, ' ') ||
	    !take_prot(c, &r->prot) || !take_char(c, ' ') ||
	    !take_hex(c, &r->offset) || !take_char(c, ' '))
		return false;
	skip_word(c);
	skip_word(c);
	return r->start < r->end;
}

static struct mtr_error *add_line(struct mtr_target *t, struct cursor c,
				  bool readable, bool *bad)
{
	struct mtr_ranges *have = &t->ranges;
	struct mtr_range r = { 0 };

	*bad = !take_line(&c, &r) ||
	       (have->n && r.start < have->at[have->n - 1].end);
	if (*bad)
		return NULL;
	if (c.at < c.end) {
		r.path = take_path(t, &c);
		if (!r.path)
			return mtr_error_nomem();
	}
	r.readable =
		readable && r.prot & MTR_PROT_READ && !path_is_special(r.path);
	return mtr_target_add_range(t, &r) ? NULL : mtr_error_nomem();
}

struct mtr_error *mtr_target_add_maps(struct mtr_target *t, const char *text,
				      size_t bytes, bool readable)
{
	const char *end = text + bytes;
	size_t damaged = 0;

	while (text < end) {
		const char *line_end = memchr(text, '\n', end - text);
		struct cursor c = { text, line_end ? line_end : end };
		bool bad;

		MTR_TRY(add_line(t, c, readable, &bad));
		damaged += bad;
		text = line_end ? line_end + 1 : end;
	}
	if (damaged)
		mtr_target_warn(t, "%zu lines of its memory map make no sense",
				damaged);
	return NULL;
}
