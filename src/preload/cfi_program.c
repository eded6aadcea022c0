/* SPDX-License-Identifier: MIT */
/*
 * Running call frame instructions. See cfi_program.h for the contract.
 *
 * Sources: DWARF 5 section 6.4, the Linux Standard Base's chapter on .eh_frame,
 * and the two processors' DWARF register numbers.
 */
#include "preload/cfi_program.h"

#include <stddef.h>

#include "preload/cfi_bytes.h"

#ifdef __x86_64__
enum { REG_FP = 6, REG_SP = 7, REG_RA = 16, REG_RA_IS_PC = true };
#else
enum { REG_FP = 29, REG_SP = 31, REG_RA = 30, REG_RA_IS_PC = false };
#endif

/* Compilers nest no states at all; stacks may be small, so few are remembered.
 */
enum { STATES = 4, OPERANDS = 8 };

/* What the instructions run on. */
struct machine {
	struct mtr_row row, initial;
	struct mtr_row remembered[STATES];
	unsigned int n_remembered;
	uint64_t loc, pc; /* rows up to and with @pc count */
	const struct mtr_fde *fde;
	bool bad; /* malformed, or not known */
};

/* Expressions: as many as compilers and libc's assembler use in CFI. */

struct operands {
	struct mtr_value v[OPERANDS];
	unsigned int n;
	bool bad;
};

static void push(struct operands *o, enum mtr_base base, int64_t n)
{
	if (o->n == OPERANDS) {
		o->bad = true;
		return;
	}
	o->v[o->n++] = (struct mtr_value){ base, n };
}

static struct mtr_value pop(struct operands *o)
{
	if (o->n == 0) {
		o->bad = true;
		return (struct mtr_value){ 0 };
	}
	return o->v[--o->n];
}

static void push_register(struct operands *o, uint64_t reg, int64_t n,
			  uint64_t pc)
{
	if (reg == REG_SP)
		push(o, MTR_BASE_SP, n);
	else if (reg == REG_FP)
		push(o, MTR_BASE_FP, n);
	else if (reg == REG_RA && REG_RA_IS_PC)
		push(o, MTR_BASE_CONST, pc + n);
	else
		o->bad = true;
}

static void dereference(struct operands *o)
{
	struct mtr_value v = pop(o);

	if (v.base == MTR_BASE_SP)
		push(o, MTR_BASE_SP_DEREF, v.n);
	else if (v.base == MTR_BASE_FP)
		push(o, MTR_BASE_FP_DEREF, v.n);
	else
		o->bad = true;
}

/* One operand may have a base, for a sum; none for the rest. */
static void binary(struct operands *o, uint8_t op)
{
	struct mtr_value b = pop(o), a = pop(o);

	if (op == 0x22 && a.base == MTR_BASE_CONST) {
		struct mtr_value swap = a;

		a = b;
		b = swap;
	}
	if (b.base != MTR_BASE_CONST || a.base >= MTR_BASE_SP_DEREF ||
	    (a.base != MTR_BASE_CONST && op != 0x22 && op != 0x1c)) {
		o->bad = true;
		return;
	}
	switch (op) {
	case 0x1a:
		push(o, MTR_BASE_CONST, a.n & b.n);
		break;
	case 0x1c:
		push(o, a.base, (int64_t)((uint64_t)a.n - (uint64_t)b.n));
		break;
	case 0x22:
		push(o, a.base, (int64_t)((uint64_t)a.n + (uint64_t)b.n));
		break;
	case 0x24:
		push(o, MTR_BASE_CONST,
		     b.n >= 0 && b.n < 64 ? (int64_t)((uint64_t)a.n << b.n)
					  : 0);
		break;
	case 0x2a:
		push(o, MTR_BASE_CONST, a.n >= b.n);
		break;
	}
}

static void operation(struct operands *o, uint8_t op, struct mtr_bytes *b,
		      uint64_t pc)
{
	switch (op) {
	case 0x30 ... 0x4f: /* lit0 .. lit31 */
		push(o, MTR_BASE_CONST, op - 0x30);
		break;
	case 0x70 ... 0x8f: /* breg0 .. breg31 */
		push_register(o, op - 0x70, mtr_bytes_sleb(b), pc);
		break;
	case 0x06: /* deref */
		dereference(o);
		break;
	case 0x08: /* const1u */
		push(o, MTR_BASE_CONST, mtr_bytes_u8(b));
		break;
	case 0x09: /* const1s */
		push(o, MTR_BASE_CONST, (int8_t)mtr_bytes_u8(b));
		break;
	case 0x23: /* plus_uconst */
		push(o, MTR_BASE_CONST, mtr_bytes_uleb(b));
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
static bool evaluate(struct mtr_bytes b, uint64_t pc, struct mtr_value *ret)
{
	struct operands o = { .n = 0 };

	while (b.at < b.end && !b.bad && !o.bad)
		operation(&o, mtr_bytes_u8(&b), &b, pc);
	*ret = pop(&o);
	return !o.bad && !b.bad;
}

/* The instructions. */

static struct mtr_reg *reg_of(struct mtr_row *row, uint64_t number)
{
	if (number == REG_FP)
		return &row->fp;
	if (number == REG_RA)
		return &row->ra;
	return NULL;
}

static void set_reg(struct machine *m, uint64_t number, enum mtr_how how,
		    int64_t n)
{
	struct mtr_reg *reg = reg_of(&m->row, number);

	if (reg)
		*reg = (struct mtr_reg){ .how = how, .n = n };
}

static void restore_reg(struct machine *m, uint64_t number)
{
	struct mtr_reg *reg = reg_of(&m->row, number);

	if (reg)
		*reg = *reg_of(&m->initial, number);
}

static void set_cfa(struct machine *m, uint64_t number, int64_t n)
{
	m->row.cfa_known = number == REG_SP || number == REG_FP;
	m->row.cfa.base = number == REG_SP ? MTR_BASE_SP : MTR_BASE_FP;
	m->row.cfa.n = n;
}

static void set_expression(struct machine *m, uint64_t number,
			   struct mtr_bytes block)
{
	struct mtr_reg *reg = reg_of(&m->row, number);

	if (!reg)
		return;
	reg->how = evaluate(block, m->pc, &reg->at) ? MTR_HOW_EXPRESSION
						    : MTR_HOW_OTHER;
}

static int64_t factored(const struct machine *m, int64_t n)
{
	int64_t product;

	return __builtin_mul_overflow(n, m->fde->cie.data_align, &product)
		       ? 0
		       : product;
}

static void advance(struct machine *m, uint64_t n)
{
	m->loc += n * m->fde->cie.code_align;
}

static void keep_state(struct machine *m)
{
	if (m->n_remembered == STATES)
		m->bad = true;
	else
		m->remembered[m->n_remembered++] = m->row;
}

static void restore_state(struct machine *m)
{
	if (m->n_remembered == 0)
		m->bad = true;
	else
		m->row = m->remembered[--m->n_remembered];
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
		set_reg(m, mtr_bytes_uleb(b), MTR_HOW_OTHER, 0);
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
		set_reg(m, reg, MTR_HOW_CFA, factored(m, mtr_bytes_uleb(b)));
		break;
	case 0x11: /* offset_extended_sf */
		set_reg(m, reg, MTR_HOW_CFA, factored(m, mtr_bytes_sleb(b)));
		break;
	case 0x2f: /* GNU_negative_offset_extended */
		set_reg(m, reg, MTR_HOW_CFA, -factored(m, mtr_bytes_uleb(b)));
		break;
	case 0x06: /* restore_extended */
		restore_reg(m, reg);
		break;
	case 0x07: /* undefined */
		set_reg(m, reg, MTR_HOW_UNDEFINED, 0);
		break;
	case 0x08: /* same_value */
		set_reg(m, reg, MTR_HOW_SAME, 0);
		break;
	case 0x09: /* register */
	case 0x14: /* val_offset */
	case 0x15: /* val_offset_sf: the width of either operand is the same */
		set_reg(m, reg, MTR_HOW_OTHER, 0);
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
		set_reg(m, op & 0x3f, MTR_HOW_CFA,
			factored(m, mtr_bytes_uleb(b)));
		break;
	case 0xc0 ... 0xff: /* restore */
		restore_reg(m, op & 0x3f);
		break;
	case 0x00: /* nop */
	case 0x2d: /* AARCH64_negate_ra_state: pcs are stripped anyway */
		break;
	case 0x01: /* set_loc */
		m->loc = mtr_bytes_pointer(b, m->fde->cie.fde_encoding,
					   m->fde->data);
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

static bool is_tracked(uint8_t reg)
{
	return reg == REG_FP || reg == REG_RA;
}

/*
 * The instructions that most programs are made of, in few of the processor's:
 * up to one that is not among these, to the last byte, or until the location is
 * beyond the pc.
 */
static void run_common(struct machine *m, struct mtr_bytes *b)
{
	const uint8_t *at = b->at, *last = b->end - 1;
	const uint64_t align = m->fde->cie.code_align, pc = m->pc;
	uint64_t loc = m->loc;

	for (; at < last && loc <= pc; at++) {
		uint8_t op = *at, reg = op & 0x3f;

		if (op == 0) { /* nop */
			continue;
		} else if (op < 0x40) {
			if (op != 0x0e || at[1] >= 0x80) /* def_cfa_offset */
				break;
			m->row.cfa.n = *++at;
		} else if (op < 0x80) { /* advance_loc */
			loc += reg * align;
		} else if (is_tracked(reg)) {
			break;
		} else if (op < 0xc0) { /* offset; else restore */
			if (at[1] >= 0x80)
				break;
			at++;
		}
	}
	b->at = at;
	m->loc = loc;
}

/* An advance beyond @pc leaves the row as it is: it is the one. */
static void run(struct machine *m, struct mtr_bytes program)
{
	for (;;) {
		run_common(m, &program);
		if (program.at >= program.end || m->loc > m->pc || m->bad)
			return;
		instruction(m, &program);
		m->bad |= program.bad;
	}
}

bool mtr_row_find(const struct mtr_fde *fde, uint64_t pc, struct mtr_row *ret)
{
	struct machine m;

	m.row = (struct mtr_row){ .cfa_known = false };
	m.initial = m.row;
	m.n_remembered = 0;
	m.loc = 0;
	m.pc = UINT64_MAX;
	m.fde = fde;
	m.bad = false;
	run(&m, fde->cie.program);
	m.initial = m.row;
	m.loc = fde->start;
	m.pc = pc;
	run(&m, fde->program);
	*ret = m.row;
	return !m.bad;
}
