/* SPDX-License-Identifier: MIT */
/*
 * See save.h for the contract.
 */
#include "target/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "format/saved.h"
#include "target/target_impl.h"
#include "target/unpack.h"

void mtr_save_fini(struct mtr_save *save)
{
	for (size_t i = 0; i < save->parts.n; i++)
		free(save->parts.at[i].at);
	mtr_saved_list_fini(&save->parts);
}

struct mtr_error *mtr_save_bytes(struct mtr_save *save, unsigned kind,
				 const void *at, size_t bytes)
{
	struct mtr_saved_bytes *slot, p = {
		.kind = kind,
		.packing = MTR_SAVED_ZSTD,
		.whole = bytes,
	};

	if (!bytes)
		return NULL;
	slot = mtr_saved_list_push(&save->parts);
	if (!slot)
		return mtr_error_nomem();
	p.at = mtr_pack_zstd(at, bytes, &p.bytes);
	if (!p.at) {
		p.packing = MTR_SAVED_STORED;
		p.bytes = bytes;
		p.at = malloc(bytes);
		if (p.at)
			memcpy(p.at, at, bytes);
	}
	*slot = p;
	return p.at ? NULL : mtr_error_nomem();
}

struct mtr_error *mtr_save_pack(struct mtr_save *save, unsigned kind,
				struct mtr_pack *p)
{
	struct mtr_error *error =
		p->failed ? mtr_error_nomem()
			  : mtr_save_bytes(save, kind, p->at, p->n);

	mtr_pack_fini(p);
	return error;
}

/* -------------------------------------------------------------- the target */

static struct mtr_error *save_ranges(struct mtr_save *save,
				     struct mtr_target *t)
{
	const struct mtr_ranges *v = mtr_target_ranges(t);
	struct mtr_pack p = { 0 };
	const char *path = NULL;
	uint64_t end = 0;

	mtr_pack_number(&p, mtr_target_source(t));
	mtr_pack_number(&p, mtr_target_resident(t));
	mtr_pack_number(&p, v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_range *r = &v->at[i];
		bool again = i && r->path == path;

		mtr_pack_number(&p, r->start - end);
		mtr_pack_number(&p, r->end - r->start);
		mtr_pack_number(&p, r->offset);
		mtr_pack_number(&p, (uint64_t)(r->prot + 1) << 2 |
					    (unsigned)r->readable << 1 | again);
		if (!again)
			mtr_pack_text(&p, r->path);
		path = r->path;
		end = r->end;
	}
	return mtr_save_pack(save, MTR_SAVED_RANGES, &p);
}

/* Of each file that is mapped from its beginning. */
static struct mtr_error *save_build_ids(struct mtr_save *save,
					struct mtr_target *t)
{
	const struct mtr_ranges *v = mtr_target_ranges(t);
	struct mtr_pack p = { 0 };

	for (size_t i = 0; i < v->n; i++) {
		struct mtr_snapshot_module m = { .start = v->at[i].start };
		struct mtr_build_id id;

		if (!v->at[i].path || v->at[i].offset)
			continue;
		mtr_target_build_id(t, m.start, &id);
		if (!id.n || id.n > sizeof(m.id))
			continue;
		m.id_bytes = id.n;
		memcpy(m.id, id.bytes, id.n);
		mtr_pack_bytes(&p, &m, sizeof(m));
	}
	return mtr_save_pack(save, MTR_PART_MODULES, &p);
}

static struct mtr_error *save_threads(struct mtr_save *save,
				      struct mtr_target *t)
{
	const struct mtr_threads *v = &t->threads;
	struct mtr_pack p = { 0 };

	if (!t->threads_known)
		return NULL;
	mtr_pack_number(&p, mtr_target_threads_missing(t));
	mtr_pack_number(&p, v->n);
	for (size_t i = 0; i < v->n; i++) {
		const struct mtr_thread *thread = &v->at[i];

		mtr_pack_signed(&p, thread->tid);
		mtr_pack_text(&p, thread->name);
		mtr_pack_number(&p, thread->pc);
		mtr_pack_number(&p, thread->sp);
		mtr_pack_number(&p, thread->tp);
		mtr_pack_number(&p, thread->stack_start);
		mtr_pack_number(&p, thread->stack_end);
		mtr_pack_number(&p, thread->bounded);
	}
	return mtr_save_pack(save, MTR_SAVED_THREADS, &p);
}

struct mtr_error *mtr_save_target(struct mtr_save *save, struct mtr_target *t)
{
	const char *exe = mtr_target_exe(t);
	uint8_t start[MTR_START_BYTES];

	if (mtr_target_start(t, start))
		MTR_TRY(mtr_save_bytes(save, MTR_SAVED_START, start,
				       sizeof(start)));
	MTR_TRY(save_ranges(save, t));
	MTR_TRY(save_build_ids(save, t));
	MTR_TRY(save_threads(save, t));
	return mtr_save_bytes(save, MTR_PART_EXE, exe, exe ? strlen(exe) : 0);
}

struct mtr_error *mtr_save_pages(struct mtr_save *save,
				 const struct mtr_pages *pages)
{
	struct mtr_pack p = { 0 };
	uint64_t end = 0;

	mtr_pack_number(&p, pages->page);
	mtr_pack_number(&p, pages->doubt);
	mtr_pack_number(&p, pages->undumped);
	mtr_pack_number(&p, pages->areas.n);
	for (size_t i = 0; i < pages->areas.n; i++) {
		const struct mtr_area *a = &pages->areas.at[i];

		mtr_pack_number(&p, a->start - end);
		mtr_pack_number(&p, a->end - a->start);
		end = a->end;
	}
	mtr_pack_number(&p, pages->mappings.n);
	end = 0;
	for (size_t i = 0; i < pages->mappings.n; i++) {
		const struct mtr_mapping_pages *m = &pages->mappings.at[i];

		mtr_pack_number(&p, m->start - end);
		mtr_pack_number(&p, m->end - m->start);
		mtr_pack_number(&p, m->resident);
		mtr_pack_number(&p, m->swapped);
		mtr_pack_number(&p, m->huge);
		mtr_pack_number(&p, m->huge_tlb);
		end = m->end;
	}
	return mtr_save_pack(save, MTR_SAVED_RESIDENT, &p);
}

/* ---------------------------------------------------------------- the file */

static struct mtr_error *write_all(int fd, const void *from, size_t bytes)
{
	const char *at = from;

	while (bytes) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mtr_error_errno(errno, "it cannot be written");
		at += n;
		bytes -= (size_t)n;
	}
	return NULL;
}

/* The header, and the table of parts behind it. */
static struct mtr_error *write_head(const struct mtr_save *save,
				    const struct mtr_target *t, int fd)
{
	uint64_t at = sizeof(struct mtr_saved_header) +
		      save->parts.n * sizeof(struct mtr_saved_part);
	struct mtr_saved_header h = {
		.magic = MTR_SNAPSHOT_MAGIC,
		.version = MTR_SAVED_VERSION,
		.size = sizeof(h),
		.pid = (uint32_t)mtr_target_pid(t),
		.machine = (uint32_t)mtr_target_machine(t),
		.time = t->time ? t->time : (uint64_t)time(NULL),
		.table = sizeof(h),
		.parts = (uint32_t)save->parts.n,
		.entry = sizeof(struct mtr_saved_part),
	};

	MTR_TRY(write_all(fd, &h, sizeof(h)));
	for (size_t i = 0; i < save->parts.n; i++) {
		const struct mtr_saved_bytes *from = &save->parts.at[i];
		struct mtr_saved_part p = {
			.kind = from->kind,
			.packing = from->packing,
			.offset = at,
			.bytes = from->bytes,
			.whole = from->whole,
		};

		MTR_TRY(write_all(fd, &p, sizeof(p)));
		at += from->bytes;
	}
	return NULL;
}

static struct mtr_error *write_file(const struct mtr_save *save,
				    const struct mtr_target *t, int fd)
{
	MTR_TRY(write_head(save, t, fd));
	for (size_t i = 0; i < save->parts.n; i++)
		MTR_TRY(write_all(fd, save->parts.at[i].at,
				  save->parts.at[i].bytes));
	return NULL;
}

/* A pipe, a terminal, a device. */
static struct mtr_error *write_there(const struct mtr_save *save,
				     const struct mtr_target *t,
				     const char *path)
{
	mtr_auto_close int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return mtr_error_errno(errno, "it cannot be written");
	return write_file(save, t, fd);
}

static struct mtr_error *write_beside(const struct mtr_save *save,
				      const struct mtr_target *t,
				      const char *path, char *part)
{
	mtr_auto_close int fd = mkostemps(part, 5, O_CLOEXEC);
	struct mtr_error *error;

	if (fd < 0)
		return mtr_error_errno(errno, "it cannot be written");
	error = write_file(save, t, fd);
	if (!error && rename(part, path))
		error = mtr_error_errno(errno, "it cannot be written");
	if (error)
		unlink(part);
	return error;
}

struct mtr_error *mtr_save_write(const struct mtr_save *save,
				 const struct mtr_target *t, const char *path)
{
	mtr_auto_free char *part = NULL;
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return mtr_error_errno(EISDIR, "it cannot be written");
		if (!S_ISREG(st.st_mode))
			return write_there(save, t, path);
	}
	if (asprintf(&part, "%s.XXXXXX.part", path) < 0) {
		part = NULL;
		return mtr_error_nomem();
	}
	return write_beside(save, t, path, part);
}
