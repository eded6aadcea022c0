/* SPDX-License-Identifier: MIT */
/*
 * A frame that leaves the frame pointer alone, inside of one that is found by
 * it. Twice the inner ones are where they were, to the word, and are called
 *from elsewhere: the frame pointer alone tells. What was there the first time
 *still is, in memory that the second call does not touch.
 *
 *	deep:    main | passed_deep, 64 bytes more | middle          | inner
 *	shallow: main | passed_shallow | middle, 64 bytes more       | inner
 */
#include "check.h"
#include "stack_of.h"

void *passed_deep(void);
void *passed_shallow(void);
extern const char passed_deep_back[], passed_shallow_back[];

#ifdef __x86_64__
__asm__(".text\n"
	".type passed_inner, @function\n"
	"passed_inner:\n"
	"	.cfi_startproc\n"
	"	subq $8, %rsp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	movl $50, %edi\n"
	"	call malloc@PLT\n"
	"	addq $8, %rsp\n"
	"	.cfi_def_cfa_offset 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".type passed_middle, @function\n"
	"passed_middle:\n"
	"	.cfi_startproc\n"
	"	pushq %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	movq %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	subq %rdi, %rsp\n"
	"	call passed_inner\n"
	"	leave\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".globl passed_deep\n"
	".type passed_deep, @function\n"
	"passed_deep:\n"
	"	.cfi_startproc\n"
	"	subq $72, %rsp\n"
	"	.cfi_def_cfa_offset 80\n"
	"	xorl %edi, %edi\n"
	"	call passed_middle\n"
	".globl passed_deep_back\n"
	"passed_deep_back:\n"
	"	addq $72, %rsp\n"
	"	.cfi_def_cfa_offset 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".globl passed_shallow\n"
	".type passed_shallow, @function\n"
	"passed_shallow:\n"
	"	.cfi_startproc\n"
	"	subq $8, %rsp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	movl $64, %edi\n"
	"	call passed_middle\n"
	".globl passed_shallow_back\n"
	"passed_shallow_back:\n"
	"	addq $8, %rsp\n"
	"	.cfi_def_cfa_offset 8\n"
	"	ret\n"
	"	.cfi_endproc\n");
#else
__asm__(".text\n"
	".type passed_inner, %function\n"
	"passed_inner:\n"
	"	.cfi_startproc\n"
	"	str x30, [sp, #-16]!\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset x30, -16\n"
	"	mov x0, #50\n"
	"	bl malloc\n"
	"	ldr x30, [sp], #16\n"
	"	.cfi_def_cfa_offset 0\n"
	"	.cfi_restore x30\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".type passed_middle, %function\n"
	"passed_middle:\n"
	"	.cfi_startproc\n"
	"	stp x29, x30, [sp, #-16]!\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset x29, -16\n"
	"	.cfi_offset x30, -8\n"
	"	mov x29, sp\n"
	"	.cfi_def_cfa_register x29\n"
	"	sub sp, sp, x0\n"
	"	bl passed_inner\n"
	"	mov sp, x29\n"
	"	.cfi_def_cfa_register sp\n"
	"	ldp x29, x30, [sp], #16\n"
	"	.cfi_def_cfa_offset 0\n"
	"	.cfi_restore x29\n"
	"	.cfi_restore x30\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".globl passed_deep\n"
	".type passed_deep, %function\n"
	"passed_deep:\n"
	"	.cfi_startproc\n"
	"	str x30, [sp, #-16]!\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset x30, -16\n"
	"	sub sp, sp, #64\n"
	"	.cfi_def_cfa_offset 80\n"
	"	mov x0, #0\n"
	"	bl passed_middle\n"
	".globl passed_deep_back\n"
	"passed_deep_back:\n"
	"	add sp, sp, #64\n"
	"	.cfi_def_cfa_offset 16\n"
	"	ldr x30, [sp], #16\n"
	"	.cfi_def_cfa_offset 0\n"
	"	.cfi_restore x30\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".globl passed_shallow\n"
	".type passed_shallow, %function\n"
	"passed_shallow:\n"
	"	.cfi_startproc\n"
	"	str x30, [sp, #-16]!\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset x30, -16\n"
	"	mov x0, #64\n"
	"	bl passed_middle\n"
	".globl passed_shallow_back\n"
	"passed_shallow_back:\n"
	"	ldr x30, [sp], #16\n"
	"	.cfi_def_cfa_offset 0\n"
	"	.cfi_restore x30\n"
	"	ret\n"
	"	.cfi_endproc\n");
#endif

enum { ROUNDS = 200 };

int main(void)
{
	static void *(*const volatile fn[])(void) = { passed_deep,
						      passed_shallow };
	static void *volatile p[ROUNDS];

	check_active();
	/* one call for both, and nothing between that would use the stack */
	for (unsigned i = 0; i < ROUNDS; i++)
		p[i] = fn[i % 2]();
	for (unsigned i = 0; i < ROUNDS; i++) {
		uintptr_t deep = (uintptr_t)passed_deep_back;
		uintptr_t shallow = (uintptr_t)passed_shallow_back;

		CHECK(p[i] && recorded(p[i], 50));
		if (!stack_descriptor())
			continue;
		CHECK(stack_has(p[i], i % 2 ? shallow : deep));
		CHECK(!stack_has(p[i], i % 2 ? deep : shallow));
		CHECK(stack_ends(p[i]) == MTR_ROOT_COMPLETE);
	}
	return 0;
}
