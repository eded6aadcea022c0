/* SPDX-License-Identifier: MIT */
/*
 * The notes of a core: which files were mapped, whose it was. See target_core.h
 * for the contract.
 */
#include <elf.h>
#include <string.h>

#include "target/elf_note.h"
#include "target/target_core.h"

/*
 * NT_FILE:  count | page size | count x (start, end, offset in pages) | paths
 */
struct file_note {
	const unsigned char *entry;
	const char *path, *end;
	uint64_t count, page;
};

enum { FILE_HEAD = 16, FILE_ENTRY = 24 };

static bool file_note_open(const struct mtr_note *note, struct file_note *ret)
{
	if (note->desc_bytes < FILE_HEAD)
		return false;
	memcpy(&ret->count, note->desc, 8);
	memcpy(&ret->page, note->desc + 8, 8);
	if (ret->count > (note->desc_bytes - FILE_HEAD) / FILE_ENTRY)
		return false;
	ret->entry = note->desc + FILE_HEAD;
	ret->path = (const char *)ret->entry + ret->count * FILE_ENTRY;
	ret->end = (const char *)note->desc + note->desc_bytes;
	return true;
}

/* False: what is left of the note is damaged. */
static bool file_note_next(struct file_note *f, struct mapping *ret)
{
	const char *end = memchr(f->path, '\0', f->end - f->path);

	if (!end)
		return false;
	memcpy(&ret->start, f->entry, 8);
	memcpy(&ret->end, f->entry + 8, 8);
	memcpy(&ret->offset, f->entry + 16, 8);
	ret->path = f->path;
	f->entry += FILE_ENTRY;
	f->path = end + 1;
	f->count--;
	return true;
}

static struct mtr_error *
mappings_read(struct core *c, const struct mtr_note *note, struct damage *d)
{
	struct file_note f;

	if (!file_note_open(note, &f)) {
		d->mappings++;
		return NULL;
	}
	while (f.count) {
		struct mapping m, *slot;

		if (!file_note_next(&f, &m)) {
			d->mappings += f.count;
			break;
		}
		if (m.start >= m.end ||
		    __builtin_mul_overflow(m.offset, f.page, &m.offset)) {
			d->mappings++;
			continue;
		}
		m.path = mtr_target_path(&c->target, m.path, strlen(m.path));
		slot = m.path ? mappings_push(&c->mappings) : NULL;
		if (!slot)
			return mtr_error_nomem();
		*slot = m;
	}
	return NULL;
}

/* The two structures are the same on x86-64 and AArch64. */
enum { PRPSINFO_PID = 24, PRSTATUS_PID = 32 };

static void pid_read(struct core *c, const struct mtr_note *note, size_t at)
{
	int32_t pid;

	if (c->target.pid || note->desc_bytes < at + sizeof(pid))
		return;
	memcpy(&pid, note->desc + at, sizeof(pid));
	c->target.pid = pid > 0 ? pid : 0;
}

/* A PRSTATUS has the number of a thread: not more than a stopgap. */
static struct mtr_error *note_read(struct core *c, const struct mtr_note *note,
				   struct mtr_note *status, struct damage *d)
{
	if (mtr_note_is(note, "CORE", NT_FILE))
		return mappings_read(c, note, d);
	if (mtr_note_is(note, "CORE", NT_PRPSINFO))
		pid_read(c, note, PRPSINFO_PID);
	if (mtr_note_is(note, "CORE", NT_PRSTATUS) && !status->desc)
		*status = *note;
	if (mtr_note_is(note, "CORE", NT_AUXV) && !c->target.auxv.known)
		mtr_target_auxv(&c->target, note->desc, note->desc_bytes);
	return NULL;
}

static struct mtr_error *segment_notes(struct core *c, const Elf64_Phdr *ph,
				       struct mtr_note *status,
				       struct damage *d)
{
	struct mtr_notes notes = { .align = ph->p_align == 8 ? 8 : 4 };
	struct mtr_note note;
	uint64_t have = mtr_core_claim(c, ph->p_offset, ph->p_filesz, d);

	notes.at = have ? c->target.map.at + ph->p_offset : NULL;
	notes.bytes = have;
	while (mtr_notes_next(&notes, &note))
		MTR_TRY(note_read(c, &note, status, d));
	if (notes.bytes || have < ph->p_filesz)
		d->notes++;
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void mtr_core_mappings_sort(struct core *c, struct damage *d)
{
	struct mappings *v = &c->mappings;
	size_t kept = 0;

	if (v->n)
		qsort(v->at, v->n, sizeof(*v->at), by_start);
	for (size_t i = 0; i < v->n; i++)
		if (kept && v->at[i].start < v->at[kept - 1].end)
			d->mappings++;
		else
			v->at[kept++] = v->at[i];
	v->n = kept;
}

struct mtr_error *mtr_core_notes_read(struct core *c, const struct mtr_phdrs *p,
				      struct damage *d)
{
	struct mtr_note status = { 0 };

	for (uint64_t i = 0; i < p->n; i++) {
		Elf64_Phdr ph = mtr_phdr_at(p, i);

		if (ph.p_type == PT_NOTE)
			MTR_TRY(segment_notes(c, &ph, &status, d));
	}
	if (status.desc)
		pid_read(c, &status, PRSTATUS_PID);
	return NULL;
}
