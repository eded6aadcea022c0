/* SPDX-License-Identifier: MIT */
/*
 * Folded stacks: a line for each, with the functions from the outermost one
 * inwards, and a number.
 *
 *	main;work;f 4096
 *
 * A ";" ends a name, and the last space of a line the stack. flamegraph.pl
 * takes a second number at the end of a line for one of a difference.
 */
#include "write/export.h"

#include "base/utf8.h"

struct folded {
	const struct mtr_export *e;
	char **sites; /* what each says, owned; NULL: nobody asked */
};

/* Where a number at the end of @text begins that has a space before it. */
static size_t number_at(const char *text, size_t n)
{
	size_t at = n;

	while (at && (strchr("0123456789.", text[at - 1])))
		at--;
	return at && at < n && text[at - 1] == ' ' ? at : n;
}

/* @text as a name that none of the tools takes apart. */
static void add_name(struct mtr_strbuf *b, const char *text)
{
	size_t number = number_at(text, strlen(text));
	const char *at = text;

	if (!*text)
		mtr_strbuf_add(b, "?");
	while (*at) {
		char shown[MTR_UTF8_SHOWN];
		int columns;
		size_t n = mtr_utf8_show(at, shown, &columns);

		if (*at == ';')
			mtr_strbuf_add(b, ":");
		else if (*at == ' ' && at + 1 == text + number)
			mtr_strbuf_add(b, "_");
		else
			mtr_strbuf_add(b, shown);
		at += n;
	}
}

static void add_site(struct folded *f, struct mtr_strbuf *b,
		     const struct mtr_site *site)
{
	for (uint32_t i = site->n; i > 0; i--) {
		struct mtr_strbuf name = { 0 };

		mtr_export_name(f->e, &name, site,
				&f->e->s->frames.at[site->first + i - 1]);
		if (i < site->n)
			mtr_strbuf_add(b, ";");
		add_name(b, mtr_strbuf_text(&name));
		b->failed |= name.failed;
		mtr_strbuf_fini(&name);
	}
}

/* The functions at a site, made once; NULL: no memory. */
static const char *site_text(struct folded *f, uint32_t site)
{
	struct mtr_strbuf b = { 0 };

	if (f->sites[site])
		return f->sites[site];
	add_site(f, &b, &f->e->s->sites.at[site]);
	if (b.failed || !b.text) {
		mtr_strbuf_fini(&b);
		return NULL;
	}
	f->sites[site] = b.text;
	return b.text;
}

static struct mtr_error *write_row(struct folded *f,
				   const struct mtr_profile_row *row)
{
	const struct mtr_heap_view *s = f->e->s;
	uint64_t value = mtr_profile_value(row, f->e->value);
	uint32_t sites[MTR_STACK_FRAMES_MAX] = { row->site - s->sites.at };
	unsigned n =
		row->stack ? mtr_stack_sites(&s->stacks, row->stack, sites) : 1;

	if (!value)
		return NULL;
	for (unsigned i = n; i > 0; i--) {
		const char *text = site_text(f, sites[i - 1]);

		if (!text)
			return mtr_error_nomem();
		if (i < n)
			mtr_out_char(f->e->out, ';');
		mtr_out_text(f->e->out, text);
	}
	mtr_out_char(f->e->out, ' ');
	mtr_out_dec(f->e->out, value);
	mtr_out_char(f->e->out, '\n');
	return NULL;
}

struct mtr_error *mtr_export_folded(const struct mtr_export *e)
{
	struct folded f = { .e = e };
	struct mtr_error *error = NULL;

	f.sites = calloc(e->s->sites.n + 1, sizeof(*f.sites));
	if (!f.sites)
		return mtr_error_nomem();
	for (size_t i = 0; i < e->profile->rows.n && !error; i++)
		error = write_row(&f, &e->profile->rows.at[i]);
	for (size_t i = 0; i < e->s->sites.n; i++)
		free(f.sites[i]);
	free(f.sites);
	return error;
}
