/* SPDX-License-Identifier: MIT */
/*
 * Names are judged once for each site, not for each block. See filter.h.
 */
#include "report/filter.h"

#include <regex.h>
#include <string.h>

#include "report/name.h"

static bool module_is(const struct mtr_module *m, const char *name)
{
	return m && (strcmp(m->name, name) == 0 || strcmp(m->path, name) == 0);
}

/* False: no memory. */
static bool function_matches(const struct mtr_site *site,
			     const struct mtr_frame *owner, const regex_t *re,
			     bool *ret)
{
	struct mtr_strbuf name = { 0 };
	bool ok;

	mtr_name_frame(&name, site->pc, owner);
	ok = !name.failed;
	*ret = regexec(re, mtr_strbuf_text(&name), 0, NULL, 0) == 0;
	mtr_strbuf_fini(&name);
	return ok;
}

static struct mtr_error *judge(const struct mtr_heap_view *s, const regex_t *re,
			       struct mtr_filter *f)
{
	for (size_t i = 0; i < s->sites.n; i++) {
		const struct mtr_site *site = &s->sites.at[i];
		const struct mtr_frame *owner = mtr_heap_view_owner(s, site);
		const char *module = f->spec.module;

		f->sites[i] = !module || module_is(owner->module, module);
		if (re && f->sites[i] &&
		    !function_matches(site, owner, re, &f->sites[i]))
			return mtr_error_nomem();
	}
	return NULL;
}

static struct mtr_error *regex_error(int code, const regex_t *re,
				     const char *text)
{
	char what[128];

	regerror(code, re, what, sizeof(what));
	return mtr_error_create("'%s' is not a regular expression: %s", text,
				what);
}

static struct mtr_error *judge_names(const struct mtr_heap_view *s,
				     struct mtr_filter *f)
{
	struct mtr_error *error;
	regex_t re;
	int code;

	if (!f->spec.function)
		return judge(s, NULL, f);
	code = regcomp(&re, f->spec.function, REG_EXTENDED | REG_NOSUB);
	if (code)
		return regex_error(code, &re, f->spec.function);
	error = judge(s, &re, f);
	regfree(&re);
	return error;
}

struct mtr_error *mtr_filter_init(const struct mtr_heap_view *s,
				  const struct mtr_filter_spec *spec,
				  struct mtr_filter *ret)
{
	struct mtr_error *error;

	*ret = (struct mtr_filter){ .spec = *spec, .s = s };
	if (!mtr_filter_needs_names(spec))
		return NULL;
	ret->sites = calloc(s->sites.n + 1, sizeof(*ret->sites));
	if (!ret->sites)
		return mtr_error_nomem();
	error = judge_names(s, ret);
	if (error)
		mtr_filter_fini(ret);
	return error;
}

void mtr_filter_fini(struct mtr_filter *f)
{
	free(f->sites);
	f->sites = NULL;
}
