/* SPDX-License-Identifier: MIT */
/*
 * Reading unwind rules from .eh_frame. See cfi.h for the contract.
 *
 * Sources: the Linux Standard Base's chapter on .eh_frame, DWARF 5 section 6.4,
 * and the two processors' DWARF register numbers.
 */
#include "cfi.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>

#include "preload/cfi_bytes.h"
#include "preload/objects.h"

#ifdef __x86_64__
enum { REG_FP = 6, REG_SP = 7, REG_RA = 16, REG_RA_IS_PC = true };
#else
enum { REG_FP = 29, REG_SP = 31, REG_RA = 30, REG_RA_IS_PC = false };
#endif

enum { STATES = 16, OPERANDS = 8 };

enum {
	PE_OMIT = 0xff,
	PE_PCREL = 0x10,
	PE_DATAREL = 0x30,
	PE_TABLE = 0x3b, /* datarel | sdata4 */
};

struct mtr_rule_kept mtr_rules[1 << MTR_RULE_BITS];
_Atomic uint64_t mtr_rule_slots[1 << MTR_RULE_SLOT_BITS];

/* A value, as far as it is known when the rule is read. */
enum base { BASE_CONST, BASE_SP, BASE_FP, BASE_SP_DEREF, BASE_FP_DEREF };

struct value {
	enum base base;
	int64_t n; /* added to the base; for _DEREF before it is read */
};

/* How a register of the caller is found. */
enum how { HOW_SAME, HOW_UNDEFINED, HOW_CFA, HOW_EXPRESSION, HOW_OTHER };

struct reg {
	enum how how;
	int64_t n;	 /* HOW_CFA: saved at CFA + n */
	struct value at; /* HOW_EXPRESSION: saved there */
};

struct row {
	bool cfa_known;
	struct value cfa;
	struct reg fp, ra;
};

struct cie {
	struct mtr_bytes program;
	uint64_t code_align;
	int64_t data_align;
	uint8_t fde_encoding;
	bool augmented, signal;
};

/* What the instructions run on. */
struct machine {
	struct row row, initial;
	struct row kept[STATES];
	unsigned int n_kept;
	uint64_t loc, pc; /* rows up to and with @pc count */
	const struct cie *cie;
	uint64_t data; /* base of datarel pointers */
	bool bad;      /* malformed, or not known */
};

/* Where the unwind information that covers an address lies. */
struct object {
	const void *map;	 /* its link_map, if that is known */
	struct mtr_bytes header; /* .eh_frame_hdr to its segment's end */
	const uint8_t *segment, *segment_end;
};

static struct mtr_rule rule_end(enum mtr_root why)
{
	return (struct mtr_rule){ .kind = MTR_RULE_END,
				  .flags = MTR_RULE_ENDS,
				  .cfa = why };
}

static bool object_set(const ElfW(Phdr) * ph, size_t n, uint64_t bias,
		       uint64_t header, struct object *ret)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t start = bias + ph[i].p_vaddr;

		if (ph[i].p_type != PT_LOAD || header < start ||
		    header - start >= ph[i].p_memsz)
			continue;
		ret->segment = (const uint8_t *)start;
		ret->segment_end = ret->segment + ph[i].p_memsz;
		ret->header.at = (const uint8_t *)header;
		ret->header.end = ret->segment_end;
		return true;
	}
	return false;
}

#ifdef HAVE__DL_FIND_OBJECT
/*
 * The headers are in the first page of what linkers make. Of a program whose
 * segments are not next to each other only the one is found that holds the
 * address; its headers the kernel has named.
 */
static size_t headers_of(const struct dl_find_object *found,
			 const ElfW(Phdr) * *ret)
{
	const ElfW(Ehdr) *ehdr = found->dlfo_map_start;

	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0) {
		if (found->dlfo_link_map != _r_debug.r_map)
			return 0;
		*ret = (const ElfW(Phdr) *)getauxval(AT_PHDR);
		return getauxval(AT_PHNUM);
	}
	if (ehdr->e_phentsize != sizeof(**ret) ||
	    ehdr->e_phoff + ehdr->e_phnum * sizeof(**ret) > 4096)
		return 0;
	*ret = (const ElfW(Phdr) *)((const char *)ehdr + ehdr->e_phoff);
	return ehdr->e_phnum;
}

static bool object_find(uint64_t pc, struct object *ret)
{
	struct dl_find_object found;
	const ElfW(Phdr) *ph = NULL;
	size_t n;

	if (_dl_find_object((void *)pc, &found))
		return false;
	ret->map = found.dlfo_link_map;
	if (!found.dlfo_eh_frame)
		return false;
	n = headers_of(&found, &ph);
	return object_set(ph, n, found.dlfo_link_map->l_addr,
			  (uintptr_t)found.dlfo_eh_frame, ret);
}
#else
struct wanted {
	uint64_t pc;
	struct object *ret;
};

static int object_visit(struct dl_phdr_info *info, size_t size, void *context)
{
	const struct wanted *w = context;
	uint64_t header = 0;
	bool covers = false;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uint64_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_GNU_EH_FRAME)
			header = start;
		if (ph->p_type == PT_LOAD && w->pc - start < ph->p_memsz)
			covers = true;
	}
	if (!covers)
		return 0;
	w->ret->map = w->ret; /* none of the list: may be unloaded */
	return header && object_set(info->dlpi_phdr, info->dlpi_phnum,
				    info->dlpi_addr, header, w->ret)
		       ? 1
		       : -1;
}

static bool object_find(uint64_t pc, struct object *ret)
{
	struct wanted w = { pc, ret };

	return dl_iterate_phdr(object_visit, &w) > 0;
}
#endif

/* Expressions: as many as compilers and libc's assembler use in CFI. */

struct operands {
	struct value v[OPERANDS];
	unsigned int n;
	bool bad;
};

static void push(struct operands *o, enum base base, int64_t n)
{
	if (o->n == OPERANDS) {
		o->bad = true;
		return;
	}
	o->v[o->n++] = (struct value){ base, n };
}

static struct value pop(struct operands *o)
{
	if (o->n == 0) {
		o->bad = true;
		return (struct value){ 0 };
	}
	return o->v[--o->n];
}

static void push_register(struct operands *o, uint64_t reg, int64_t n,
			  uint64_t pc)
{
	if (reg == REG_SP)
		push(o, BASE_SP, n);
	else if (reg == REG_FP)
		push(o, BASE_FP, n);
	else if (reg == REG_RA && REG_RA_IS_PC)
		push(o, BASE_CONST, pc + n);
	else
		o->bad = true;
}

static void dereference(struct operands *o)
{
	struct value v = pop(o);

	if (v.base == BASE_SP)
		push(o, BASE_SP_DEREF, v.n);
	else if (v.base == BASE_FP)
		push(o, BASE_FP_DEREF, v.n);
	else
		o->bad = true;
}

/* One operand may have a base, for a sum; none for the rest. */
static void binary(struct operands *o, uint8_t op)
{
	struct value b = pop(o), a = pop(o);

	if (op == 0x22 && a.base == BASE_CONST) {
		struct value swap = a;

		a = b;
		b = swap;
	}
	if (b.base != BASE_CONST || a.base >= BASE_SP_DEREF ||
	    (a.base != BASE_CONST && op != 0x22 && op != 0x1c)) {
		o->bad = true;
		return;
	}
	switch (op) {
	case 0x1a:
		push(o, BASE_CONST, a.n & b.n);
		break;
	case 0x1c:
		push(o, a.base, (int64_t)((uint64_t)a.n - (uint64_t)b.n));
		break;
	case 0x22:
		push(o, a.base, (int64_t)((uint64_t)a.n + (uint64_t)b.n));
		break;
	case 0x24:
		push(o, BASE_CONST,
		     b.n >= 0 && b.n < 64 ? (int64_t)((uint64_t)a.n << b.n)
					  : 0);
		break;
	case 0x2a:
		push(o, BASE_CONST, a.n >= b.n);
		break;
	}
}

static void operation(struct operands *o, uint8_t op, struct mtr_bytes *b,
		      uint64_t pc)
{
	switch (op) {
	case 0x30 ... 0x4f: /* lit0 .. lit31 */
		push(o, BASE_CONST, op - 0x30);
		break;
	case 0x70 ... 0x8f: /* breg0 .. breg31 */
		push_register(o, op - 0x70, mtr_bytes_sleb(b), pc);
		break;
	case 0x06: /* deref */
		dereference(o);
		break;
	case 0x08: /* const1u */
		push(o, BASE_CONST, mtr_bytes_u8(b));
		break;
	case 0x09: /* const1s */
		push(o, BASE_CONST, (int8_t)mtr_bytes_u8(b));
		break;
	case 0x23: /* plus_uconst */
		push(o, BASE_CONST, mtr_bytes_uleb(b));
		binary(o, 0x22);
		break;
	case 0x1a: /* and */
	case 0x1c: /* minus */
	case 0x22: /* plus */
	case 0x24: /* shl */
	case 0x2a: /* ge */
		binary(o, op);
		break;
	default:
		o->bad = true;
	}
}

/* False: not one that is understood. */
static bool evaluate(struct mtr_bytes b, uint64_t pc, struct value *ret)
{
	struct operands o = { .n = 0 };

	while (b.at < b.end && !b.bad && !o.bad)
		operation(&o, mtr_bytes_u8(&b), &b, pc);
	*ret = pop(&o);
	return !o.bad && !b.bad;
}

/* The instructions. */

static struct reg *reg_of(struct row *row, uint64_t number)
{
	if (number == REG_FP)
		return &row->fp;
	if (number == REG_RA)
		return &row->ra;
	return NULL;
}

static void set_reg(struct machine *m, uint64_t number, enum how how, int64_t n)
{
	struct reg *reg = reg_of(&m->row, number);

	if (reg)
		*reg = (struct reg){ .how = how, .n = n };
}

static void restore_reg(struct machine *m, uint64_t number)
{
	struct reg *reg = reg_of(&m->row, number);

	if (reg)
		*reg = *reg_of(&m->initial, number);
}

static void set_cfa(struct machine *m, uint64_t number, int64_t n)
{
	m->row.cfa_known = number == REG_SP || number == REG_FP;
	m->row.cfa.base = number == REG_SP ? BASE_SP : BASE_FP;
	m->row.cfa.n = n;
}

static void set_expression(struct machine *m, uint64_t number,
			   struct mtr_bytes block)
{
	struct reg *reg = reg_of(&m->row, number);

	if (!reg)
		return;
	reg->how =
		evaluate(block, m->pc, &reg->at) ? HOW_EXPRESSION : HOW_OTHER;
}

static int64_t factored(const struct machine *m, int64_t n)
{
	int64_t product;

	return __builtin_mul_overflow(n, m->cie->data_align, &product)
		       ? 0
		       : product;
}

static void advance(struct machine *m, uint64_t n)
{
	m->loc += n * m->cie->code_align;
}

static void keep_state(struct machine *m)
{
	if (m->n_kept == STATES)
		m->bad = true;
	else
		m->kept[m->n_kept++] = m->row;
}

static void restore_state(struct machine *m)
{
	if (m->n_kept == 0)
		m->bad = true;
	else
		m->row = m->kept[--m->n_kept];
}

/* The instructions that say where a register or the CFA is. */
static void define(struct machine *m, uint8_t op, struct mtr_bytes *b)
{
	uint64_t reg;

	switch (op) {
	case 0x0c: /* def_cfa */
		reg = mtr_bytes_uleb(b);
		set_cfa(m, reg, mtr_bytes_uleb(b));
		break;
	case 0x12: /* def_cfa_sf */
		reg = mtr_bytes_uleb(b);
		set_cfa(m, reg, factored(m, mtr_bytes_sleb(b)));
		break;
	case 0x0d: /* def_cfa_register */
		set_cfa(m, mtr_bytes_uleb(b), m->row.cfa.n);
		break;
	case 0x0e: /* def_cfa_offset */
		m->row.cfa.n = mtr_bytes_uleb(b);
		break;
	case 0x13: /* def_cfa_offset_sf */
		m->row.cfa.n = factored(m, mtr_bytes_sleb(b));
		break;
	case 0x0f: /* def_cfa_expression */
		m->row.cfa_known =
			evaluate(mtr_bytes_block(b), m->pc, &m->row.cfa);
		break;
	case 0x10: /* expression */
		reg = mtr_bytes_uleb(b);
		set_expression(m, reg, mtr_bytes_block(b));
		break;
	case 0x16: /* val_expression */
		set_reg(m, mtr_bytes_uleb(b), HOW_OTHER, 0);
		mtr_bytes_block(b);
		break;
	default:
		m->bad = true;
	}
}

static void save(struct machine *m, uint8_t op, struct mtr_bytes *b)
{
	uint64_t reg = mtr_bytes_uleb(b);

	switch (op) {
	case 0x05: /* offset_extended */
		set_reg(m, reg, HOW_CFA, factored(m, mtr_bytes_uleb(b)));
		break;
	case 0x11: /* offset_extended_sf */
		set_reg(m, reg, HOW_CFA, factored(m, mtr_bytes_sleb(b)));
		break;
	case 0x2f: /* GNU_negative_offset_extended */
		set_reg(m, reg, HOW_CFA, -factored(m, mtr_bytes_uleb(b)));
		break;
	case 0x06: /* restore_extended */
		restore_reg(m, reg);
		break;
	case 0x07: /* undefined */
		set_reg(m, reg, HOW_UNDEFINED, 0);
		break;
	case 0x08: /* same_value */
		set_reg(m, reg, HOW_SAME, 0);
		break;
	case 0x09: /* register */
	case 0x14: /* val_offset */
	case 0x15: /* val_offset_sf: the width of either operand is the same */
		set_reg(m, reg, HOW_OTHER, 0);
		mtr_bytes_uleb(b);
		break;
	}
}

static void instruction(struct machine *m, struct mtr_bytes *b)
{
	uint8_t op = mtr_bytes_u8(b);

	switch (op) {
	case 0x40 ... 0x7f: /* advance_loc */
		advance(m, op & 0x3f);
		break;
	case 0x80 ... 0xbf: /* offset */
		set_reg(m, op & 0x3f, HOW_CFA, factored(m, mtr_bytes_uleb(b)));
		break;
	case 0xc0 ... 0xff: /* restore */
		restore_reg(m, op & 0x3f);
		break;
	case 0x00: /* nop */
	case 0x2d: /* AARCH64_negate_ra_state: pcs are stripped anyway */
		break;
	case 0x01: /* set_loc */
		m->loc = mtr_bytes_pointer(b, m->cie->fde_encoding, m->data);
		break;
	case 0x02: /* advance_loc1, 2, 4 */
		advance(m, mtr_bytes_u8(b));
		break;
	case 0x03:
		advance(m, mtr_bytes_u16(b));
		break;
	case 0x04:
		advance(m, mtr_bytes_u32(b));
		break;
	case 0x0a:
		keep_state(m);
		break;
	case 0x0b:
		restore_state(m);
		break;
	case 0x2e: /* GNU_args_size */
		mtr_bytes_uleb(b);
		break;
	case 0x05 ... 0x09:
	case 0x11:
	case 0x14:
	case 0x15:
	case 0x2f:
		save(m, op, b);
		break;
	default:
		define(m, op, b);
	}
}

/* An advance beyond @pc leaves the row as it is: it is the one. */
static void run(struct machine *m, struct mtr_bytes program)
{
	while (program.at < program.end && m->loc <= m->pc && !m->bad) {
		instruction(m, &program);
		m->bad |= program.bad;
	}
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

static void augmentation(struct cie *cie, const char *letters,
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
		      struct cie *ret)
{
	struct mtr_bytes b;
	const char *letters;
	uint8_t version;
	bool wide;

	*ret = (struct cie){ 0 };
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
 * The FDE at @at, if it covers @pc: its CIE, program and start. The pointer to
 * the CIE has 4 bytes, and in the 64-bit form with some producers 8.
 */
static bool fde_parse(const struct object *o, const uint8_t *at, uint64_t pc,
		      struct cie *cie, struct mtr_bytes *program,
		      uint64_t *start)
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
	if (!cie_parse(o, field - mtr_bytes_u32(&b), cie)) {
		if (!wide || !cie_parse(o, field - mtr_bytes_u64(&wider), cie))
			return false;
		b = wider;
	}
	*start = mtr_bytes_pointer(&b, cie->fde_encoding,
				   (uintptr_t)o->header.at);
	bytes = mtr_bytes_pointer(&b, cie->fde_encoding & 0x0f, 0);
	if (cie->augmented)
		mtr_bytes_block(&b);
	*program = b;
	return !b.bad && pc - *start < bytes;
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
	struct mtr_bytes entry, program;
	struct cie cie;
	uint64_t start;
	bool wide;

	while (at >= o->segment && at < o->segment_end &&
	       entry_open(o, at, &entry, &wide)) {
		if (fde_parse(o, at, pc, &cie, &program, &start))
			return at;
		at = entry.end;
	}
	return NULL;
}

static const uint8_t *fde_find(const struct object *o, uint64_t pc)
{
	struct mtr_bytes b = o->header;
	uint8_t version = mtr_bytes_u8(&b);
	uint8_t frame_encoding = mtr_bytes_u8(&b);
	uint8_t count_encoding = mtr_bytes_u8(&b);
	uint8_t table_encoding = mtr_bytes_u8(&b);
	uint64_t data = (uintptr_t)o->header.at;
	uint64_t frames = mtr_bytes_pointer(&b, frame_encoding, data);

	if (b.bad || version != 1)
		return NULL;
	if (count_encoding == PE_OMIT || table_encoding != PE_TABLE)
		return linear_search(o, (const uint8_t *)frames, pc);
	return table_search(o, b, mtr_bytes_pointer(&b, count_encoding, data),
			    pc);
}

/* From a row to a rule. */

static bool fits(int64_t n, int bits)
{
	return n >= -((int64_t)1 << (bits - 1)) && n < (int64_t)1 << (bits - 1);
}

static bool rule_set_cfa(const struct row *row, struct mtr_rule *r)
{
	static const uint8_t kind[] = {
		[BASE_CONST] = MTR_RULE_END,
		[BASE_SP] = MTR_RULE_SP,
		[BASE_FP] = MTR_RULE_FP,
		[BASE_SP_DEREF] = MTR_RULE_SP_DEREF,
		[BASE_FP_DEREF] = MTR_RULE_FP_DEREF,
	};

	r->kind = kind[row->cfa.base];
	r->cfa = row->cfa.n;
	if (r->kind == MTR_RULE_FP || r->kind == MTR_RULE_FP_DEREF)
		r->flags |= MTR_RULE_USES_FP;
	return row->cfa_known && r->kind != MTR_RULE_END &&
	       fits(row->cfa.n, 32);
}

/* Where a register is saved, in words from what it counts from. */
static bool saved_at(const struct reg *reg, const struct mtr_rule *r,
		     bool *at_fp, int64_t *ret)
{
	int64_t n;

	*at_fp = false;
	if (reg->how == HOW_CFA && r->kind != MTR_RULE_SP_DEREF) {
		n = reg->n;
	} else if (reg->how == HOW_EXPRESSION && reg->at.base == BASE_FP) {
		*at_fp = true;
		n = reg->at.n;
	} else if (reg->how == HOW_EXPRESSION && reg->at.base == BASE_SP &&
		   r->kind == MTR_RULE_SP_DEREF) {
		n = reg->at.n;
	} else {
		return false;
	}
	*ret = n / 8;
	return n % 8 == 0 && fits(*ret, 16);
}

/* What the fast road of a step takes for granted. */
static bool rule_is_plain(const struct mtr_rule *r)
{
	int low = r->ra;

	if (r->flags & (MTR_RULE_EXACT | MTR_RULE_FP_AT_FP) ||
	    r->cfa % 8 != 0 || r->ra >= 0)
		return false;
	if (r->flags & MTR_RULE_SAVES_FP) {
		if (r->fp >= 0)
			return false;
		low = low < r->fp ? low : r->fp;
	}
#ifdef __x86_64__
	if (r->ra != -1)
		return false;
#endif
	return r->kind == MTR_RULE_FP ||
	       (r->kind == MTR_RULE_SP && r->cfa + 8 * low >= 0);
}

static struct mtr_rule rule_from(const struct row *row, bool signal)
{
	struct mtr_rule r = { .flags = signal ? MTR_RULE_EXACT : 0 };
	int64_t words;
	bool at_fp;

	if (row->ra.how == HOW_UNDEFINED)
		return rule_end(MTR_ROOT_COMPLETE);
	if (!rule_set_cfa(row, &r) || !saved_at(&row->ra, &r, &at_fp, &words) ||
	    at_fp)
		return rule_end(MTR_ROOT_EXPRESSION);
	r.ra = words;
	if (row->fp.how != HOW_SAME && row->fp.how != HOW_UNDEFINED) {
		if (!saved_at(&row->fp, &r, &at_fp, &words))
			return rule_end(MTR_ROOT_EXPRESSION);
		r.fp = words;
		r.flags |= MTR_RULE_SAVES_FP;
		if (at_fp)
			r.flags |= MTR_RULE_FP_AT_FP | MTR_RULE_USES_FP;
	}
	r.plain = rule_is_plain(&r);
	return r;
}

/*
 * @pc lies in the instruction before a return address, or is the address of
 * the one that a signal interrupted.
 */
static struct mtr_rule rule_compute(uint64_t pc, const void **map)
{
	struct machine m;
	struct mtr_bytes program;
	struct object o = { 0 };
	const uint8_t *fde;
	struct cie cie;
	uint64_t start;

	if (!object_find(pc, &o)) {
		*map = o.map;
		return rule_end(MTR_ROOT_NO_CFI);
	}
	*map = o.map;
	fde = fde_find(&o, pc);
	if (!fde || !fde_parse(&o, fde, pc, &cie, &program, &start))
		return rule_end(MTR_ROOT_NO_CFI);
	m.row = (struct row){ .cfa_known = false };
	m.initial = m.row;
	m.n_kept = 0;
	m.loc = 0;
	m.pc = UINT64_MAX;
	m.bad = false;
	m.cie = &cie;
	m.data = (uintptr_t)o.header.at;
	run(&m, cie.program);
	m.initial = m.row;
	m.loc = start;
	m.pc = pc;
	run(&m, program);
	return m.bad ? rule_end(MTR_ROOT_DAMAGED)
		     : rule_from(&m.row, cie.signal);
}

/* Keeping rules. */

enum { RULE_FREE, RULE_CLAIMED, RULE_KEPT };

static bool rules_equal(const struct mtr_rule *a, const struct mtr_rule *b)
{
	return a->cfa == b->cfa && a->ra == b->ra && a->fp == b->fp &&
	       a->kind == b->kind && a->flags == b->flags;
}

/*
 * Where @rule is kept; -1: all places are taken. One that is being filled in,
 * perhaps by whom this signal handler interrupts, is passed over.
 */
static int rule_keep(const struct mtr_rule *rule)
{
	uint64_t h = (uint32_t)rule->cfa ^ (uint64_t)(uint16_t)rule->fp << 32 ^
		     (uint64_t)(uint16_t)rule->ra << 48 ^
		     (uint64_t)(rule->kind ^ rule->flags << 3) << 20;
	size_t at = (h * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - MTR_RULE_BITS);

	for (size_t i = 0; i < 1 << MTR_RULE_BITS; i++) {
		size_t place = (at + i) % (1 << MTR_RULE_BITS);
		struct mtr_rule_kept *k = &mtr_rules[place];
		uint32_t state = RULE_FREE;

		if (atomic_compare_exchange_strong(&k->state, &state,
						   RULE_CLAIMED)) {
			k->rule = *rule;
			atomic_store_explicit(&k->state, RULE_KEPT,
					      memory_order_release);
			return place;
		}
		if (state == RULE_KEPT && rules_equal(&k->rule, rule))
			return place;
	}
	return -1;
}

/* Nothing is moved to make room: moved, it might outlive its object. */
static void slot_keep(uint64_t pc, uint64_t place)
{
	size_t first = mtr_rule_slot(pc);
	uint64_t slot = pc | place << 48;

	for (size_t i = 0; i < MTR_RULE_LINE; i++) {
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&mtr_rule_slots[first ^ i],
						   &none, slot))
			return;
	}
	atomic_store(&mtr_rule_slots[first], slot);
}

/*
 * What lies in no object is not kept: it may be a plugin's tomorrow, and no
 * rule of anybody's would be taken back for that.
 */
static MTR_COLD const struct mtr_rule *read_rule(uint64_t pc,
						 struct mtr_rule *room)
{
	bool exact = pc & MTR_PC_EXACT;
	const void *map = NULL;
	int place;

	*room = rule_compute((pc & ~MTR_PC_EXACT) - !exact, &map);
	if (!map || !mtr_rule_is_for(pc, pc))
		return room;
	mtr_objects_keep(map);
	place = rule_keep(room);
	if (place >= 0)
		slot_keep(pc, place);
	return room;
}

__attribute__((noinline)) const struct mtr_rule *
mtr_cfi_find(uint64_t pc, struct mtr_rule *room)
{
	size_t first = mtr_rule_slot(pc);

	for (size_t i = 1; i < MTR_RULE_LINE; i++) {
		uint64_t slot = atomic_load_explicit(&mtr_rule_slots[first ^ i],
						     memory_order_acquire);

		if (mtr_rule_is_for(slot, pc))
			return mtr_rule_of(slot);
	}
	return read_rule(pc, room);
}

void mtr_cfi_forget(void)
{
	for (size_t i = 0; i < 1 << MTR_RULE_SLOT_BITS; i++)
		atomic_store_explicit(&mtr_rule_slots[i], 0,
				      memory_order_relaxed);
}
