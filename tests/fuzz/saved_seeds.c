/* SPDX-License-Identifier: MIT */
/*
 * Snapshots of version 2, as `malloc_tracer snapshot` makes them of the cores
 * of the other corpus, but for one thing: no part is packed, for a fuzzer does
 * not get through zstd's checks.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/saved.h"
#include "graph/saved.h"
#include "saved_seeds.h"
#include "snapshot/save.h"
#include "target/open.h"
#include "target/unpack.h"

static void must(struct mtr_error *error, const char *what)
{
	if (error)
		errx(1, "%s: %s", what, mtr_error_text(error));
}

static void unpack(struct mtr_saved_bytes *p)
{
	void *whole;

	if (p->packing != MTR_SAVED_ZSTD)
		return;
	whole = malloc(p->whole);
	if (!whole)
		err(1, "a part");
	must(mtr_unpack_zstd(p->at, p->bytes, whole, p->whole, p->kind),
	     "a part");
	free(p->at);
	p->at = whole;
	p->bytes = p->whole;
	p->packing = MTR_SAVED_STORED;
}

static void save_memory(struct mtr_heap_view *s, struct mtr_save *save)
{
	mtr_cleanup(mtr_pages_fini) struct mtr_pages pages = { 0 };
	mtr_cleanup(mtr_regions_fini) struct mtr_regions regions = { 0 };

	must(mtr_target_pages(s->target, &pages), "pages");
	must(mtr_regions_find(s->target, &s->heap, &regions), "regions");
	must(mtr_save_pages(save, &pages), "pages");
	must(mtr_regions_save(&regions, save), "regions");
}

static void save_graph(struct mtr_heap_view *s, struct mtr_save *save)
{
	const struct mtr_graph_options options = { .places = true };
	mtr_cleanup(mtr_graph_fini) struct mtr_graph g = { 0 };
	mtr_cleanup(mtr_lost_list_fini) struct mtr_lost_list lost = { 0 };

	must(mtr_graph_read(s->target, &s->heap, &options, &g), "a graph");
	must(mtr_lost_find(&g, true, &lost), "what is lost");
	must(mtr_graph_save(&g, &lost, mtr_target_warnings(s->target), save),
	     "a graph");
}

static void save_core(const char *core, bool graph, const char *path)
{
	const struct mtr_heap_view_options options = { .types = true };
	mtr_cleanup(mtr_save_fini) struct mtr_save save = { 0 };
	mtr_cleanup(mtr_heap_view_fini) struct mtr_heap_view s = { 0 };
	const struct mtr_threads *threads;
	struct mtr_target *t;

	must(mtr_target_open(core, &t), core);
	mtr_heap_view_begin(t, &s);
	must(mtr_heap_view_read(&s), core);
	if (graph)
		save_memory(&s, &save);
	must(mtr_heap_view_type(&s, &options), core);
	must(mtr_target_threads(t, &threads), core);
	mtr_target_resident(t);
	must(mtr_heap_view_name(&s, &options), core);
	must(mtr_heap_view_save(&s, NULL, NULL, &save), core);
	if (graph)
		save_graph(&s, &save);
	for (size_t i = 0; i < save.parts.n; i++)
		unpack(&save.parts.at[i]);
	must(mtr_save_write(&save, t, path), path);
}

void saved_seeds(const char *directory)
{
	static const char *const cores[] = { "blocks", "stacks", "notes",
					     "pointers" };
	char core[4096], path[4096];

	for (size_t i = 0; i < sizeof(cores) / sizeof(*cores); i++)
		for (int graph = 0; graph < 2; graph++) {
			snprintf(core, sizeof(core), "%s/core/%s", directory,
				 cores[i]);
			snprintf(path, sizeof(path), "%s/snapshot/saved_%s%s",
				 directory, cores[i], graph ? "_graph" : "");
			save_core(core, graph, path);
		}
}
