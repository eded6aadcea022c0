/* SPDX-License-Identifier: MIT */
/*
 * A function whose unwind information is written byte by byte, wrong in the way
 * that CASE says: for tests/accuracy/wrong.sh, which makes a plugin of each.
 *
 *   void *wrong(void *(*fn)(void))      calls fn, in a frame of 16 bytes
 */
#ifdef __x86_64__
#define CODE_ALIGN 1
#define REG_SP 7
#define REG_RA 16
#define START 0x0c, 7, 8, 0x90, 1		/* CFA is sp + 8, ra at -8 */
#else
#define CODE_ALIGN 4
#define REG_SP 31
#define REG_RA 30
#define START 0x0c, 31, 0			/* CFA is sp */
#endif

	.text
	.globl wrong
#ifdef __x86_64__
	.type wrong, @function
wrong:
.Lwrong:
	sub $24, %rsp
.Lmoved:
	call *%rdi
	add $24, %rsp
	ret
#define MOVED 0x0e, 32				/* CFA is sp + 32 */
#else
	.type wrong, %function
wrong:
.Lwrong:
	stp x29, x30, [sp, #-16]!
.Lmoved:
	blr x0
	ldp x29, x30, [sp], #16
	ret
#define MOVED 0x0e, 16, 0x9d, 2, 0x9e, 1
#endif
.Lend:
	.size wrong, .-wrong

/* where CASE does not say otherwise */
#define CIE_LENGTH .Lcie_end - .Lcie
#define CIE_ID 0
#define CIE_VERSION 1
#define CIE_LETTERS .asciz "zR"
#define CIE_ALIGN .byte CODE_ALIGN, 0x78
#define CIE_DATA .byte 1, 0x1b
#define FDE_LENGTH .4byte .Lfde_end - .Lfde
#define FDE_CIE .4byte . - .Lstart
#define FDE_RANGE .4byte .Lwrong - ., .Lend - .Lwrong
#define PROGRAM .byte 0x40 + (.Lmoved - .Lwrong) / CODE_ALIGN, MOVED

#if CASE == 1 /* nothing wrong */
#elif CASE == 2 /* nothing wrong: the length has 64 bits */
#undef FDE_LENGTH
#define FDE_LENGTH .4byte 0xffffffff; .8byte .Lfde_end - .Lfde
#elif CASE == 3 /* longer than the section */
#undef FDE_LENGTH
#define FDE_LENGTH .4byte 0x7ffffff0
#elif CASE == 4 /* and in 64 bits, beyond the end of the world */
#undef FDE_LENGTH
#define FDE_LENGTH .4byte 0xffffffff; .8byte -16
#elif CASE == 5 /* its CIE is nowhere */
#undef FDE_CIE
#define FDE_CIE .4byte 0x12345678
#elif CASE == 6 /* its CIE is itself */
#undef FDE_CIE
#define FDE_CIE .4byte . - .Lfde + 4
#elif CASE == 7 /* an empty CIE: the section's end, if read in order */
#undef CIE_LENGTH
#define CIE_LENGTH 0
#elif CASE == 8 /* a CIE that says that it is none */
#undef CIE_ID
#define CIE_ID 99
#elif CASE == 9
#undef CIE_VERSION
#define CIE_VERSION 77
#elif CASE == 10 /* letters without an end */
#undef CIE_LETTERS
#define CIE_LETTERS .fill 4000, 1, 'z'
#elif CASE == 11 /* letters that nobody knows */
#undef CIE_LETTERS
#define CIE_LETTERS .asciz "zQQQQ"
#elif CASE == 12 /* a number without an end */
#undef CIE_ALIGN
#define CIE_ALIGN .fill 4000, 1, 0x80
#elif CASE == 13 /* the augmentation is longer than the CIE */
#undef CIE_DATA
#define CIE_DATA .byte 0xff, 0xff, 0x7f, 0x1b
#elif CASE == 14 /* pointers of a kind that there is not */
#undef CIE_DATA
#define CIE_DATA .byte 1, 0x6e
#elif CASE == 15 /* rows are kept without end */
#undef PROGRAM
#define PROGRAM .fill 4000, 1, 0x0a
#elif CASE == 16 /* and taken back, where none was kept */
#undef PROGRAM
#define PROGRAM .fill 40, 1, 0x0b
#elif CASE == 17 /* instructions that there are not */
#undef PROGRAM
#define PROGRAM .fill 8, 1, 0x3e
#elif CASE == 18 /* the CFA is far away */
#undef PROGRAM
#define PROGRAM .byte 0x0c, REG_SP, 0x88, 0x80, 0x80, 0x08
#elif CASE == 19 /* the CFA is further than can be */
#undef PROGRAM
#define PROGRAM .byte 0x0c, REG_SP; .fill 9, 1, 0xf8; .byte 0x01
#elif CASE == 20 /* the CFA is below the stack pointer: a frame without end */
#undef PROGRAM
#define PROGRAM .byte 0x12, REG_SP, 0x08
#elif CASE == 21 /* the CFA counts from a register that there is not */
#undef PROGRAM
#define PROGRAM .byte 0x0c, 0xff, 0x7f, 16
#elif CASE == 22 /* an expression that pushes without end */
#undef PROGRAM
#define PROGRAM .byte 0x0f, 0x80, 0x08; .fill 1024, 1, 0x31
#elif CASE == 23 /* and one that takes what is not there */
#undef PROGRAM
#define PROGRAM .byte 0x0f, 4, 0x22, 0x22, 0x06, 0x06
#elif CASE == 24 /* an expression longer than the program */
#undef PROGRAM
#define PROGRAM .byte 0x0f, 0xff, 0x7f, 0x77, 0
#elif CASE == 25 /* an expression that jumps back, for ever */
#undef PROGRAM
#define PROGRAM .byte 0x0f, 3, 0x2f, 0xfd, 0xff
#elif CASE == 26 /* the return address is far below */
#undef PROGRAM
#define PROGRAM .byte MOVED, 0x05, REG_RA, 0xff, 0xff, 0x03
#elif CASE == 27 /* the CFA is what is at address 8 */
#undef PROGRAM
#define PROGRAM .byte 0x0f, 2, 0x38, 0x06
#elif CASE == 28 /* it ends within an instruction */
#undef PROGRAM
#define PROGRAM .byte 0x04, 1
#elif CASE == 29 /* an advance to before the function */
#undef PROGRAM
#define PROGRAM .byte 0x01; .4byte -4000; .byte MOVED
#elif CASE == 30 /* the CFA is beyond the stack, but the return address not */
#undef PROGRAM
#ifdef __x86_64__
#define PROGRAM .byte 0x0e, 0x98, 0x80, 0x10, 0x05, REG_RA, 0x80, 0x80, 0x02
#else
#define PROGRAM .byte 0x0e, 0x88, 0x80, 0x10, 0x05, REG_RA, 0x80, 0x80, 0x02
#endif
#else
#error "no such case"
#endif

	.section .eh_frame, "a"
	.balign 8
.Lstart:
	.4byte CIE_LENGTH
.Lcie:
	.4byte CIE_ID
	.byte CIE_VERSION
	CIE_LETTERS
	CIE_ALIGN
	.byte REG_RA
	CIE_DATA
	.byte START
	.balign 8, 0
.Lcie_end:
	FDE_LENGTH
.Lfde:
	FDE_CIE
	FDE_RANGE
	.byte 0
	PROGRAM
	.balign 8, 0
.Lfde_end:
	.4byte 0

	.section .note.GNU-stack, ""
