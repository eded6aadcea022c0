/* SPDX-License-Identifier: MIT */
/*
 * For each entry point a function site_NAME that calls it, so that the return
 * address which the tracer must record has a name too: caller_NAME. C cannot
 * say where a call returns to.
 */
	.macro site name
	.globl site_\name
	.hidden site_\name
	.type site_\name, %function
	.globl caller_\name
	.hidden caller_\name
site_\name:
	.cfi_startproc
#ifdef __x86_64__
	subq $8, %rsp
	.cfi_adjust_cfa_offset 8
	call \name\()@PLT
caller_\name:
	addq $8, %rsp
	.cfi_adjust_cfa_offset -8
	ret
#else
	stp x29, x30, [sp, -16]!
	.cfi_adjust_cfa_offset 16
	.cfi_offset x30, -8
	.cfi_offset x29, -16
	bl \name
caller_\name:
	ldp x29, x30, [sp], 16
	.cfi_adjust_cfa_offset -16
	.cfi_restore x30
	.cfi_restore x29
	ret
#endif
	.cfi_endproc
	.size site_\name, . - site_\name
	.endm

	.text
	site malloc
	site calloc
	site realloc
	site reallocarray
	site memalign
	site aligned_alloc
	site posix_memalign
	site valloc
	site pvalloc
#ifdef TRUTH_CXX
	site _Znwm
	site _Znam
	site _ZnwmRKSt9nothrow_t
	site _ZnamRKSt9nothrow_t
	site _ZnwmSt11align_val_t
	site _ZnamSt11align_val_t
	site _ZnwmSt11align_val_tRKSt9nothrow_t
	site _ZnamSt11align_val_tRKSt9nothrow_t
#endif

	.section .note.GNU-stack, "", %progbits
