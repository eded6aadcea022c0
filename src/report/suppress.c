/* SPDX-License-Identifier: MIT */
/*
 * See suppress.h for the contract.
 */
#include "report/suppress.h"

#include <string.h>

/* ---------------------------------------------------------------- patterns */

/* Where the piece of @n bytes is in @text first, or NULL. */
static const char *piece_find(const char *text, const char *piece, size_t n)
{
	return memmem(text, strlen(text), piece, n);
}

static bool ends_with(const char *text, const char *piece, size_t n)
{
	size_t length = strlen(text);

	return length >= n && memcmp(text + length - n, piece, n) == 0;
}

/* Piece by piece between the stars, each as early as it goes. */
bool mtr_pattern_matches(const char *pattern, const char *text)
{
	bool fixed = *pattern == '^';

	for (pattern += fixed; *pattern; fixed = false) {
		size_t n = strcspn(pattern, "*");
		bool last = !pattern[n];

		if (last && n && pattern[n - 1] == '$') {
			n--;
			return (!fixed || strlen(text) == n) &&
			       ends_with(text, pattern, n);
		}
		if (fixed && strncmp(text, pattern, n) != 0)
			return false;
		if (!fixed)
			text = piece_find(text, pattern, n);
		if (!text)
			return false;
		text += n;
		pattern += n + !last;
	}
	return true;
}

/* ------------------------------------------------------------------ the file
 */

/* It would match whatever there is; who wants that writes a star. */
static bool says_nothing(const char *pattern)
{
	pattern += *pattern == '^';
	return !*pattern || strcmp(pattern, "$") == 0;
}

static struct mtr_error *line_add(struct mtr_suppressions *v, char *line,
				  size_t number)
{
	static const char type[] = "leak:";
	struct mtr_suppression *slot;
	char *end;

	line += strspn(line, " \t\r");
	end = line + strlen(line);
	while (end > line && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (!*line || *line == '#')
		return NULL;
	if (strncmp(line, type, sizeof(type) - 1) != 0 ||
	    says_nothing(line + sizeof(type) - 1))
		return mtr_error_create("line %zu is not \"leak:PATTERN\": %s",
					number, line);
	slot = mtr_suppression_list_push(&v->list);
	if (!slot)
		return mtr_error_nomem();
	*slot = (struct mtr_suppression){ .pattern = line + sizeof(type) - 1 };
	return NULL;
}

struct mtr_error *mtr_suppressions_parse(const char *text, size_t bytes,
					 struct mtr_suppressions *ret)
{
	struct mtr_error *error = NULL;
	size_t number = 1;

	if (memchr(text, '\0', bytes))
		return mtr_error_create("it is no text: there is a NUL byte");
	*ret = (struct mtr_suppressions){ .text = strndup(text, bytes) };
	if (!ret->text)
		return mtr_error_nomem();
	for (char *line = ret->text, *end; line && !error; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		error = line_add(ret, line, number++);
	}
	if (error)
		mtr_suppressions_fini(ret);
	return error;
}

void mtr_suppressions_fini(struct mtr_suppressions *v)
{
	mtr_suppression_list_fini(&v->list);
	free(v->text);
	*v = (struct mtr_suppressions){ 0 };
}

/* ---------------------------------------------------------------- the blocks
 */

static bool names(const char *pattern, const char *text)
{
	return text && *text && mtr_pattern_matches(pattern, text);
}

static bool frame_matches(const char *pattern, const struct mtr_frame *f)
{
	return names(pattern, f->function) || names(pattern, f->file) ||
	       (f->module && (names(pattern, f->module->path) ||
			      names(pattern, f->module->name)));
}

static bool site_matches(const char *pattern, const struct mtr_heap_view *s,
			 uint32_t number)
{
	const struct mtr_site *site = &s->sites.at[number];

	for (uint32_t i = 0; i < site->n; i++)
		if (frame_matches(pattern, &s->frames.at[site->first + i]))
			return true;
	return false;
}

struct mtr_suppression *mtr_suppression_of(const struct mtr_suppressions *v,
					   const struct mtr_heap_view *s,
					   const struct mtr_block *b)
{
	const struct mtr_stack *stack = mtr_heap_view_stack(s, b);
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n = stack ? mtr_stack_sites(&s->stacks, stack, sites) : 0;

	if (!stack)
		sites[n++] = b->site;
	for (size_t i = 0; i < v->list.n; i++)
		for (unsigned j = 0; j < n; j++)
			if (site_matches(v->list.at[i].pattern, s, sites[j]))
				return &v->list.at[i];
	return NULL;
}
