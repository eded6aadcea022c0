/* SPDX-License-Identifier: MIT */
/*
 * What debuggers are told of TOTAL_ALLOCS and TOTAL_ALLOCATED_BYTES: that each
 * is the sum of its word and of the threads' slots (counters.h says why they
 * are apart). No code; DWARF 4 written by hand, because C has no words for it:
 *
 *	sum = word; n = mtr_counter_slots_used;
 *	while (n > 0) { n--; sum += slots[n].field; }
 *
 * 64 is the size of a slot.
 */
#define DW_TAG_compile_unit	0x11
#define DW_TAG_base_type	0x24
#define DW_TAG_variable		0x34
#define DW_AT_location		0x02
#define DW_AT_name		0x03
#define DW_AT_byte_size		0x0b
#define DW_AT_language		0x13
#define DW_AT_producer		0x25
#define DW_AT_encoding		0x3e
#define DW_AT_external		0x3f
#define DW_AT_type		0x49
#define DW_FORM_data1		0x0b
#define DW_FORM_data2		0x05
#define DW_FORM_string		0x08
#define DW_FORM_ref4		0x13
#define DW_FORM_exprloc		0x18
#define DW_FORM_flag_present	0x19
#define DW_ATE_unsigned		0x07
#define DW_LANG_C99		0x0c
#define DW_OP_addr		0x03
#define DW_OP_deref		0x06
#define DW_OP_dup		0x12
#define DW_OP_drop		0x13
#define DW_OP_swap		0x16
#define DW_OP_rot		0x17
#define DW_OP_mul		0x1e
#define DW_OP_minus		0x1c
#define DW_OP_plus		0x22
#define DW_OP_plus_uconst	0x23
#define DW_OP_bra		0x28
#define DW_OP_eq		0x29
#define DW_OP_skip		0x2f
#define DW_OP_lit0		0x30
#define DW_OP_lit1		0x31
#define DW_OP_const1u		0x08
#define DW_OP_stack_value	0x9f

#define SLOT_BYTES 64

	.section .debug_abbrev, "", %progbits
.Labbrev:
	.uleb128 1, DW_TAG_compile_unit
	.byte 1
	.uleb128 DW_AT_producer, DW_FORM_string
	.uleb128 DW_AT_language, DW_FORM_data1
	.uleb128 DW_AT_name, DW_FORM_string
	.uleb128 0, 0
	.uleb128 2, DW_TAG_base_type
	.byte 0
	.uleb128 DW_AT_name, DW_FORM_string
	.uleb128 DW_AT_byte_size, DW_FORM_data1
	.uleb128 DW_AT_encoding, DW_FORM_data1
	.uleb128 0, 0
	.uleb128 3, DW_TAG_variable
	.byte 0
	.uleb128 DW_AT_name, DW_FORM_string
	.uleb128 DW_AT_type, DW_FORM_ref4
	.uleb128 DW_AT_external, DW_FORM_flag_present
	.uleb128 DW_AT_location, DW_FORM_exprloc
	.uleb128 0, 0
	.uleb128 0

	/* the entry of one variable: its word, and the offset in a slot */
	.macro variable name, field
	.uleb128 3
	.asciz "\name"
	.4byte .Ltype - .Lunit
	.uleb128 .Lend\@ - .Lstart\@
.Lstart\@:
	.byte DW_OP_addr
	.8byte \name
	.byte DW_OP_deref
	.byte DW_OP_addr
	.8byte mtr_counter_slots_used
	.byte DW_OP_deref		/* sum n */
.Lloop\@:
	.byte DW_OP_dup, DW_OP_lit0, DW_OP_eq
	.byte DW_OP_bra
	.2byte .Ldone\@ - .Lbody\@
.Lbody\@:
	.byte DW_OP_lit1, DW_OP_minus
	.byte DW_OP_dup, DW_OP_const1u, SLOT_BYTES, DW_OP_mul
	.byte DW_OP_addr
	.8byte mtr_counter_slots
	.byte DW_OP_plus, DW_OP_plus_uconst, \field
	.byte DW_OP_deref		/* sum n value */
	.byte DW_OP_rot, DW_OP_rot	/* n value sum */
	.byte DW_OP_plus, DW_OP_swap	/* sum n */
	.byte DW_OP_skip
	.2byte .Lloop\@ - .Ldone\@
.Ldone\@:
	.byte DW_OP_drop, DW_OP_stack_value
.Lend\@:
	.endm

	.section .debug_info, "", %progbits
.Lunit:
	.4byte .Lunit_end - .Lversion
.Lversion:
	.2byte 4
	.4byte .Labbrev
	.byte 8
	.uleb128 1
	.asciz "malloc_tracer"
	.byte DW_LANG_C99
	.asciz "counters_debug.S"
.Ltype:
	.uleb128 2
	.asciz "unsigned long"
	.byte 8, DW_ATE_unsigned
	variable TOTAL_ALLOCS, 0
	variable TOTAL_ALLOCATED_BYTES, 8
	.uleb128 0
.Lunit_end:

	.section .note.GNU-stack, "", %progbits

/*
 * The linker marks the library for indirect branch tracking and shadow stacks
 * (BTI and PAC on AArch64) if all its objects have the mark. There is no code
 * here, but it counts.
 */
#if defined(__CET__)
#define PROPERTY 0xc0000002 /* GNU_PROPERTY_X86_FEATURE_1_AND */
#define FEATURES __CET__
#elif defined(__ARM_FEATURE_BTI_DEFAULT) && defined(__ARM_FEATURE_PAC_DEFAULT)
#define PROPERTY 0xc0000000 /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
#define FEATURES 3
#elif defined(__ARM_FEATURE_BTI_DEFAULT)
#define PROPERTY 0xc0000000
#define FEATURES 1
#elif defined(__ARM_FEATURE_PAC_DEFAULT)
#define PROPERTY 0xc0000000
#define FEATURES 2
#endif

#ifdef PROPERTY
	.section .note.gnu.property, "a", %note
	.balign 8
	.4byte 4, 16, 5 /* NT_GNU_PROPERTY_TYPE_0 */
	.asciz "GNU"
	.4byte PROPERTY, 4, FEATURES, 0
#endif
