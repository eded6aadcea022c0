/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer why: the block that holds an address, or that a global points
 * to.
 */
#include "cli/command.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"

/* Hexadecimal: as gdb prints it, or as chap does, without 0x. */
static bool parse_address(const char *text, uint64_t *ret)
{
	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	if (!*text || text[strspn(text, "0123456789abcdefABCDEF")])
		return false;
	errno = 0;
	*ret = strtoull(text, NULL, 16);
	return !errno;
}

/* ------------------------------------------------------------------ globals */

static const char neither[] =
	"'%s' is neither an address, a hexadecimal number with or without 0x, "
	"nor the name of a global variable";

static bool may_be_name(const char *text)
{
	return *text && !strchr("0123456789 \t", *text);
}

/* The list is for people: the first few will do. */
static struct mtr_error *several(const char *name,
				 const struct mtr_data_list *v)
{
	enum { FEW = 4 };
	struct mtr_strbuf b = { 0 };
	struct mtr_error *error;

	for (size_t i = 0; i < v->n && i < FEW; i++)
		mtr_strbuf_printf(&b, "%s%s [%s] at %#" PRIx64, i ? ", " : "",
				  v->at[i].name, v->at[i].module->name,
				  v->at[i].start);
	error = mtr_error_create("'%s' may be any of %zu: %s%s", name, v->n,
				 mtr_strbuf_text(&b),
				 v->n > FEW ? ", ..." : "");
	mtr_strbuf_fini(&b);
	return error;
}

static void cleanup_blocks(struct mtr_tls_blocks *v)
{
	mtr_tls_blocks_fini(v);
}

static void cleanup_data_list(struct mtr_data_list *v)
{
	mtr_data_list_fini(v);
}

/* Where the thread of @tp has the variable at @offset in @m's block; or 0. */
static struct mtr_error *place_in_thread(const struct mtr_heap_view *s,
					 uint64_t tp, const struct mtr_data *d,
					 uint64_t *ret)
{
	mtr_cleanup(cleanup_blocks) struct mtr_tls_blocks blocks = { 0 };

	*ret = 0;
	MTR_TRY(mtr_symbols_tls_blocks(s->symbols, tp, &blocks));
	for (size_t i = 0; i < blocks.n; i++)
		if (blocks.at[i].module == d->module)
			*ret = blocks.at[i].start + d->start;
	return NULL;
}

/* A thread-local variable: that of the only thread which has it. */
static struct mtr_error *find_in_threads(const struct mtr_heap_view *s,
					 struct mtr_why *ret)
{
	enum { FEW = 4 };
	struct mtr_data *d = &ret->global;
	const struct mtr_threads *threads;
	struct mtr_strbuf b = { 0 };
	struct mtr_error *error;
	uint64_t addr, found = 0;
	size_t n = 0;

	MTR_TRY(mtr_target_threads(s->target, &threads));
	for (size_t i = 0; i < threads->n; i++) {
		MTR_TRY(place_in_thread(s, threads->at[i].tp, d, &addr));
		if (!addr)
			continue;
		found = addr;
		ret->tid = threads->at[i].tid;
		if (n++ < FEW)
			mtr_strbuf_printf(&b, "%s %d at %#" PRIx64,
					  n > 1 ? "," : ": thread", ret->tid,
					  addr);
	}
	if (n == 1)
		d->start = found;
	error = n == 1 ? NULL
		       : mtr_error_create(
				 "%s [%s] is thread-local, and %zu threads "
				 "have it%s%s",
				 d->name, d->module->name, n,
				 mtr_strbuf_text(&b), n > FEW ? ", ..." : "");
	mtr_strbuf_fini(&b);
	return error;
}

/* A name that could be a number has a "&" before it. */
static struct mtr_error *find_global(const struct mtr_heap_view *s,
				     const char *name, struct mtr_why *ret)
{
	mtr_cleanup(cleanup_data_list) struct mtr_data_list v = { 0 };

	name += *name == '&';
	MTR_TRY(mtr_symbols_data_named(s->symbols, name, &v));
	if (!v.n)
		return mtr_error_create(neither, name);
	if (v.n > 1)
		return several(name, &v);
	ret->global = v.at[0];
	return ret->global.of_thread ? find_in_threads(s, ret) : NULL;
}

/* A snapshot does not have the word, but may have the block. */
static bool follow_saved(const struct mtr_heap_graph *g, struct mtr_why *ret)
{
	const struct mtr_refs *v = &g->graph.refs;

	if (g->view.kind != MTR_TARGET_SNAPSHOT)
		return false;
	for (size_t i = 0; i < v->n; i++) {
		if (v->at[i].addr != ret->global.start)
			continue;
		ret->asked = g->view.heap.blocks.at[v->at[i].block].addr;
		mtr_block_find(&g->view, ret->asked, &ret->found);
		return true;
	}
	return false;
}

/* What the global points to, if that is a block, or else itself. */
static void follow_global(const struct mtr_heap_view *s, struct mtr_why *ret)
{
	const struct mtr_data *d = &ret->global;

	ret->asked = d->start;
	if (d->size >= sizeof(ret->word))
		ret->has_word =
			mtr_target_read(s->target, d->start, &ret->word,
					sizeof(ret->word)) == sizeof(ret->word);
	mtr_block_find(s, ret->has_word ? ret->word : d->start, &ret->found);
	if (ret->found.block)
		ret->asked = ret->word;
	else
		mtr_block_find(s, ret->asked, &ret->found);
}

/* ------------------------------------------------------------------- answer */

/* The bytes of its block or, where there is none, some from @asked on. */
static void dump(struct mtr_target *t, unsigned char *room, struct mtr_why *ret)
{
	enum { ROW = 16, SOME = 64 };
	const struct mtr_block *b = ret->found.block;
	uint64_t start = ret->asked / ROW * ROW, end = start;

	if (b) {
		start = b->addr;
		end = b->addr + b->usable;
	} else if (ret->mapping) {
		end = ret->mapping->end - start < SOME ? ret->mapping->end
						       : start + SOME;
	}
	mtr_block_window(ret->asked, start, end, &ret->dump_at,
			 &ret->dump_bytes);
	ret->dump = room;
	ret->dump_bytes =
		mtr_target_read(t, ret->dump_at, room, ret->dump_bytes);
}

static struct mtr_error *find(const struct mtr_heap_graph *g, const char *text,
			      struct mtr_why *ret)
{
	const struct mtr_heap_view *s = &g->view;

	if (parse_address(text, &ret->asked)) {
		mtr_block_find(s, ret->asked, &ret->found);
		if (!ret->found.block)
			MTR_TRY(mtr_symbols_data(s->symbols, ret->asked,
						 &ret->global));
	} else {
		MTR_TRY(find_global(s, text, ret));
		if (!follow_saved(g, ret))
			follow_global(s, ret);
	}
	ret->mapping = mtr_target_find(s->target, ret->asked);
	ret->module = mtr_symbols_module(s->symbols, ret->asked);
	return mtr_heap_view_type_of(s, ret->found.block, &ret->type);
}

/* ------------------------------------------------------------ who holds it */

/* A target. Where it is not known what refers to what, all else still is. */
struct asked {
	struct mtr_heap_graph g;
	struct mtr_error *no_graph;
	struct mtr_references references;
};

static void asked_fini(struct asked *a)
{
	mtr_references_fini(&a->references);
	mtr_error_destroy(a->no_graph);
	mtr_heap_graph_fini(&a->g);
}

static struct mtr_error *read_graph(struct mtr_heap_graph *g)
{
	const struct mtr_graph_options options = { .places = true };

	MTR_TRY(mtr_graph_read(g->view.target, &g->view.heap, &options,
			       &g->graph));
	return mtr_lost_find(&g->graph, false, &g->lost);
}

static struct mtr_error *read_all(const struct mtr_args *args, struct asked *a)
{
	struct mtr_heap_graph *g = &a->g;

	MTR_TRY(mtr_heap_view_open(args->operands[0], &g->view));
	a->no_graph = mtr_target_stop(g->view.target);
	MTR_TRY(mtr_heap_view_read(&g->view));
	if (!a->no_graph) {
		a->no_graph = read_graph(g);
		MTR_TRY(mtr_target_resume(g->view.target));
	}
	return mtr_heap_view_name(&g->view, &args->view);
}

static size_t top(const struct mtr_args *args)
{
	enum { TOP = 10 };

	if (args->top != UINT64_MAX)
		return args->top;
	return args->format == MTR_FORMAT_TEXT ? TOP : 0;
}

static struct mtr_error *find_references(const struct mtr_args *args,
					 struct asked *a, struct mtr_why *ret)
{
	const struct mtr_heap_view *s = &a->g.view;
	const struct mtr_data *d = &ret->global;
	struct mtr_subject subject = { MTR_NO_BLOCK, d->start,
				       d->start + d->size };

	if (ret->found.state == MTR_STATE_LIVE)
		subject.block = ret->found.block - s->heap.blocks.at;
	else if (ret->found.block || !d->name)
		return NULL;
	if (a->no_graph) {
		ret->no_references = mtr_error_text(a->no_graph);
		return NULL;
	}
	MTR_TRY(mtr_references_find(s, &a->g.graph, &a->g.lost, &subject,
				    top(args), &a->references));
	ret->references = &a->references;
	return NULL;
}

static int why(const struct mtr_args *args)
{
	mtr_cleanup(asked_fini) struct asked a = { 0 };
	const struct mtr_heap_view *s = &a.g.view;
	unsigned char room[MTR_BLOCK_WINDOW];
	struct mtr_why why = { 0 };
	struct mtr_error *error;
	struct mtr_writer w;

	if (!parse_address(args->operands[1], &why.asked) &&
	    !may_be_name(args->operands[1])) {
		mtr_say(neither, args->operands[1]);
		return MTR_EXIT_FAILED;
	}
	mtr_progress_begin(args->operands[0]);
	error = read_all(args, &a);
	if (!error)
		error = find(&a.g, args->operands[1], &why);
	if (!error)
		error = find_references(args, &a, &why);
	mtr_progress_end();
	if (error)
		return mtr_fail(args->operands[0], error);
	dump(s->target, room, &why);
	mtr_say_warnings(s);
	mtr_writer_init(&w, args, s);
	w.ops->why(&w, &why);
	return mtr_writer_finish(&w);
}

const struct mtr_command mtr_cmd_why = {
	.name = "why",
	.operands = "TARGET ADDR|SYMBOL",
	.summary =
		"The block that holds an address, which code allocated it, and "
		"who holds it",
	.about = "\nADDR is hexadecimal, with or without 0x. SYMBOL is a "
		 "global variable: the\nblock that it points to, or what it "
		 "is. A process is stopped while its memory is\nread.\n",
	.takes = MTR_TAKES_TOP | MTR_TAKES_NAMES | MTR_TAKES_JSON,
	.formats = 1 << MTR_FORMAT_TEXT | 1 << MTR_FORMAT_JSON,
	.least = 2,
	.most = 2,
	.run = why,
};
