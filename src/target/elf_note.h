/* SPDX-License-Identifier: MIT */
/*
 * Going through ELF notes that nobody vouches for: those of a core, and those
 * of a module in a target's memory.
 *
 *   | namesz | descsz | type | name, padded | desc, padded |     4-byte words
 */
#ifndef MTR_TARGET_ELF_NOTE_H
#define MTR_TARGET_ELF_NOTE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct mtr_note {
	uint32_t type;
	const char *name; /* not terminated, if damaged */
	size_t name_bytes;
	const unsigned char *desc;
	size_t desc_bytes;
};

/* Notes yet to be taken; .align is 4, or 8 where the segment's is. */
struct mtr_notes {
	const unsigned char *at;
	size_t bytes;
	size_t align;
};

/* Take the next one. False: no more, or, if .bytes is not 0, damage. */
static inline bool mtr_notes_next(struct mtr_notes *n, struct mtr_note *ret)
{
	Elf64_Nhdr head;
	uint64_t desc, end;

	if (n->bytes < sizeof(head))
		return false;
	memcpy(&head, n->at, sizeof(head));
	desc = sizeof(head) + (uint64_t)head.n_namesz;
	desc = (desc + n->align - 1) & -(uint64_t)n->align;
	end = desc + head.n_descsz;
	if (end > n->bytes)
		return false;
	*ret = (struct mtr_note){
		.type = head.n_type,
		.name = (const char *)n->at + sizeof(head),
		.name_bytes = head.n_namesz,
		.desc = n->at + desc,
		.desc_bytes = head.n_descsz,
	};
	/* the last one's padding is often left out */
	end = (end + n->align - 1) & -(uint64_t)n->align;
	end = end < n->bytes ? end : n->bytes;
	n->at += end;
	n->bytes -= end;
	return true;
}

static inline bool mtr_note_is(const struct mtr_note *note, const char *name,
			       uint32_t type)
{
	size_t bytes = strlen(name) + 1;

	return note->type == type && note->name_bytes == bytes &&
	       memcmp(note->name, name, bytes) == 0;
}

#endif
