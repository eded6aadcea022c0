/* SPDX-License-Identifier: MIT */
/*
 * The threads of a core, from its notes. The NT_PRSTATUS of each comes first,
 * with its general registers; the notes behind are the same thread's, up to the
 * next.
 */
#include <string.h>

#include "target/elf_note.h"
#include "target/target_core.h"
#include "target/threads_impl.h"

/* The same on x86-64 and AArch64: struct elf_prstatus, struct elf_prpsinfo. */
enum { STATUS_PID = 32, STATUS_REGS = 112, INFO_NAME = 40, NAME_BYTES = 16 };

enum { SETS_MAX = 8 }; /* of one thread: there are three kinds */

struct reading {
	struct mtr_target *target;
	struct mtr_threads *threads;
	struct mtr_thread *last; /* whose notes these are; NULL: nobody's */
	int sets;		 /* of registers that it has beside */
	char name[NAME_BYTES];	 /* of the process */
};

static bool take_status(struct reading *r, const struct mtr_note *note)
{
	int machine = r->target->machine;
	int32_t tid;

	r->last = NULL;
	r->sets = 0;
	if (note->desc_bytes < STATUS_REGS + mtr_general_bytes(machine))
		return true;
	memcpy(&tid, note->desc + STATUS_PID, sizeof(tid));
	r->last = mtr_thread_add(r->threads, machine, tid,
				 note->desc + STATUS_REGS);
	return r->last;
}

static void take_name(struct reading *r, const struct mtr_note *note)
{
	if (note->desc_bytes < INFO_NAME + NAME_BYTES)
		return;
	memcpy(r->name, note->desc + INFO_NAME, NAME_BYTES - 1);
}

static void take_pointer(struct reading *r, const struct mtr_note *note)
{
	if (note->desc_bytes >= sizeof(r->last->tp))
		memcpy(&r->last->tp, note->desc, sizeof(r->last->tp));
}

static bool is_more(const struct mtr_note *note)
{
	return mtr_note_is(note, "CORE", NT_FPREGSET) ||
	       mtr_note_is(note, "LINUX", NT_X86_XSTATE) ||
	       mtr_note_is(note, "LINUX", NT_ARM_SVE);
}

/* False: no memory. */
static bool take_note(struct reading *r, const struct mtr_note *note)
{
	if (mtr_note_is(note, "CORE", NT_PRSTATUS))
		return take_status(r, note);
	if (mtr_note_is(note, "CORE", NT_PRPSINFO))
		take_name(r, note);
	if (!r->last)
		return true;
	if (mtr_note_is(note, "LINUX", NT_ARM_TLS))
		take_pointer(r, note);
	if (is_more(note) && ++r->sets <= SETS_MAX)
		return mtr_thread_more(r->last, note->desc, note->desc_bytes);
	return true;
}

static bool take_segment(struct reading *r, const Elf64_Phdr *ph,
			 struct damage *d)
{
	struct mtr_notes notes = { .align = ph->p_align == 8 ? 8 : 4 };
	struct mtr_note note;

	notes.bytes = mtr_core_claim(core_of(r->target), ph->p_offset,
				     ph->p_filesz, d);
	if (!notes.bytes)
		return true;
	notes.at = r->target->map.at + ph->p_offset;
	while (mtr_notes_next(&notes, &note))
		if (!take_note(r, &note))
			return false;
	return true;
}

/* The process has the name of its first thread. */
static void name_first(struct reading *r)
{
	for (size_t i = 0; i < r->threads->n; i++)
		if (r->threads->at[i].tid == r->target->pid)
			memcpy(r->threads->at[i].name, r->name,
			       sizeof(r->name));
}

struct mtr_error *mtr_core_threads(struct mtr_target *t,
				   struct mtr_threads *ret)
{
	struct reading r = { .target = t, .threads = ret };
	/* what was damaged has been warned about */
	struct damage d = { .unclaimed = 2 * (uint64_t)t->map.bytes };
	struct mtr_phdrs p;
	Elf64_Ehdr eh;

	MTR_TRY(mtr_core_header(&t->map, &eh));
	MTR_TRY(mtr_core_phdrs(&t->map, &eh, &p));
	for (uint64_t i = 0; i < p.n; i++) {
		Elf64_Phdr ph = mtr_phdr_at(&p, i);

		if (ph.p_type == PT_NOTE && !take_segment(&r, &ph, &d))
			return mtr_error_nomem();
	}
	name_first(&r);
	return NULL;
}
