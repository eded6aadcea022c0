/* SPDX-License-Identifier: MIT */
/*
 * Finding the unwind information of an address. See cfi_object.h for the
 * contract.
 *
 * Sources: the Linux Standard Base's chapters on .eh_frame and .eh_frame_hdr.
 */
#include "preload/cfi_object.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

enum {
	PE_OMIT = 0xff,
	PE_TABLE = 0x3b, /* datarel | sdata4 */
};

/* Where the unwind information that covers an address lies. */
struct object {
	struct mtr_bytes header; /* .eh_frame_hdr to its segment's end */
	const uint8_t *segment, *segment_end;
};

/* The segment of @from that its .eh_frame_hdr is in. */
static bool object_open(const struct mtr_object *from, struct object *ret)
{
	const ElfW(Phdr) *end = from->headers + from->n_headers, *ph;
	uint64_t header = 0;

	for (ph = from->headers; ph < end; ph++)
		if (ph->p_type == PT_GNU_EH_FRAME)
			header = from->bias + ph->p_vaddr;
	for (ph = from->headers; header && ph < end; ph++) {
		uint64_t start = from->bias + ph->p_vaddr;

		if (ph->p_type != PT_LOAD || header < start ||
		    header - start >= ph->p_memsz)
			continue;
		ret->segment = (const uint8_t *)start;
		ret->segment_end = ret->segment + ph->p_memsz;
		ret->header.at = (const uint8_t *)header;
		ret->header.end = ret->segment_end;
		return true;
	}
	return false;
}

/* CIE and FDE. */

/* The body of the entry at @at. False: the end, or malformed. */
static bool entry_open(const struct object *o, const uint8_t *at,
		       struct mtr_bytes *ret, bool *wide)
{
	struct mtr_bytes b = { at, o->segment_end, false };
	uint64_t length = mtr_bytes_u32(&b);

	*wide = length == 0xffffffff;
	if (*wide)
		length = mtr_bytes_u64(&b);
	if (b.bad || length == 0 || length > (uint64_t)(b.end - b.at))
		return false;
	*ret = (struct mtr_bytes){ b.at, b.at + length, false };
	return true;
}

static void augmentation(struct mtr_cie *cie, const char *letters,
			 struct mtr_bytes *b)
{
	for (const char *c = letters; *c && !b->bad; c++) {
		uint8_t encoding;

		switch (*c) {
		case 'R':
			cie->fde_encoding = mtr_bytes_u8(b);
			break;
		case 'P':
			encoding = mtr_bytes_u8(b);
			mtr_bytes_pointer(b, encoding & 0x7f, 0);
			break;
		case 'L':
			mtr_bytes_u8(b);
			break;
		case 'S':
			cie->signal = true;
			break;
		case 'B': /* pointer authentication with the B key */
		case 'G': /* memory tagging */
			break;
		default:
			return;
		}
	}
}

static bool cie_parse(const struct object *o, const uint8_t *at,
		      struct mtr_cie *ret)
{
	struct mtr_bytes b;
	const char *letters;
	uint8_t version;
	bool wide;

	*ret = (struct mtr_cie){ 0 };
	if (at < o->segment || at >= o->segment_end ||
	    !entry_open(o, at, &b, &wide) || mtr_bytes_u32(&b) != 0)
		return false;
	version = mtr_bytes_u8(&b);
	letters = mtr_bytes_string(&b);
	if (b.bad || (version != 1 && version != 3))
		return false;
	ret->code_align = mtr_bytes_uleb(&b);
	ret->data_align = mtr_bytes_sleb(&b);
	if (version == 1)
		mtr_bytes_u8(&b);
	else
		mtr_bytes_uleb(&b);
	if (*letters == 'z') {
		struct mtr_bytes data = mtr_bytes_block(&b);

		ret->augmented = true;
		augmentation(ret, letters + 1, &data);
		b.bad |= data.bad;
	} else if (*letters) {
		return false;
	}
	ret->program = b;
	return !b.bad;
}

/*
 * The FDE at @at, if it covers @pc. The pointer to the CIE has 4 bytes, and in
 * the 64-bit form with some producers 8.
 */
static bool fde_parse(const struct object *o, const uint8_t *at, uint64_t pc,
		      struct mtr_fde *ret)
{
	struct mtr_bytes b, wider;
	const uint8_t *field;
	uint64_t bytes;
	bool wide;

	if (at < o->segment || at >= o->segment_end ||
	    !entry_open(o, at, &b, &wide))
		return false;
	field = b.at;
	wider = b;
	if (!cie_parse(o, field - mtr_bytes_u32(&b), &ret->cie)) {
		if (!wide ||
		    !cie_parse(o, field - mtr_bytes_u64(&wider), &ret->cie))
			return false;
		b = wider;
	}
	ret->data = (uintptr_t)o->header.at;
	ret->start = mtr_bytes_pointer(&b, ret->cie.fde_encoding, ret->data);
	bytes = mtr_bytes_pointer(&b, ret->cie.fde_encoding & 0x0f, 0);
	if (ret->cie.augmented)
		mtr_bytes_block(&b);
	ret->program = b;
	return !b.bad && pc - ret->start < bytes;
}

/* Binary search in .eh_frame_hdr's table; the FDE it names, or NULL. */
static const uint8_t *table_search(const struct object *o,
				   struct mtr_bytes table, uint64_t n,
				   uint64_t pc)
{
	const uint8_t *base = o->header.at;
	uint64_t lo = 0, hi = n;
	int32_t entry[2];

	if (n == 0 || n > (uint64_t)(table.end - table.at) / sizeof(entry))
		return NULL;
	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		memcpy(entry, table.at + mid * sizeof(entry), sizeof(entry));
		if ((uintptr_t)base + (int64_t)entry[0] <= pc)
			lo = mid;
		else
			hi = mid;
	}
	memcpy(entry, table.at + lo * sizeof(entry), sizeof(entry));
	return base + entry[1];
}

/* No table: one entry after the other, until the terminator. */
static const uint8_t *linear_search(const struct object *o, const uint8_t *at,
				    uint64_t pc)
{
	struct mtr_bytes entry;
	struct mtr_fde fde;
	bool wide;

	while (at >= o->segment && at < o->segment_end &&
	       entry_open(o, at, &entry, &wide)) {
		if (fde_parse(o, at, pc, &fde))
			return at;
		at = entry.end;
	}
	return NULL;
}

/* The FDE that may cover @pc, or NULL. */
static const uint8_t *fde_look_up(const struct object *o, uint64_t pc)
{
	struct mtr_bytes b = o->header;
	uint8_t version = mtr_bytes_u8(&b);
	uint8_t frame_encoding = mtr_bytes_u8(&b);
	uint8_t count_encoding = mtr_bytes_u8(&b);
	uint8_t table_encoding = mtr_bytes_u8(&b);
	uint64_t data = (uintptr_t)o->header.at;
	uint64_t frames = mtr_bytes_pointer(&b, frame_encoding, data), n;

	if (b.bad || version != 1)
		return NULL;
	if (count_encoding == PE_OMIT || table_encoding != PE_TABLE)
		return linear_search(o, (const uint8_t *)frames, pc);
	n = mtr_bytes_pointer(&b, count_encoding, data);
	return table_search(o, b, n, pc);
}

bool mtr_fde_find(uint64_t pc, struct mtr_fde *ret, enum mtr_object_kind *kind)
{
	struct mtr_object found;
	struct object o = { 0 };
	const uint8_t *fde;

	*kind = mtr_objects_find(pc, &found);
	if (*kind == MTR_OBJECT_NONE || !object_open(&found, &o))
		return false;
	fde = fde_look_up(&o, pc);
	return fde && fde_parse(&o, fde, pc, ret);
}
