/* SPDX-License-Identifier: MIT */
/*
 * A stack that is 8 bytes off, as hand-written assembly and compilers with an
 * ABI of their own leave it: where libc's malloc bears that, so do we.
 */
#include "check.h"

#ifdef __x86_64__
__attribute__((noinline)) static void *call_off(void *(*f)(size_t), size_t size)
{
	void *p;

	/* below what the compiler may keep under the stack pointer */
	__asm__ volatile("mov %%rsp, %%r12\n\t"
			 "sub $128, %%rsp\n\t"
			 "and $-16, %%rsp\n\t"
			 "sub $8, %%rsp\n\t"
			 "call *%2\n\t"
			 "mov %%r12, %%rsp"
			 : "=a"(p), "+D"(size)
			 : "b"(f)
			 : "r12", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11",
			   "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
			   "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
			   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15");
	return p;
}
#else
static void *call_off(void *(*f)(size_t), size_t size)
{
	return f(size);
}
#endif

int main(void)
{
	check_active();
	for (size_t size = 0; size < 100000; size = size * 3 / 2 + 1) {
		void *p = call_off(malloc, size);

		CHECK(p && has_record(p) == malloc_tracer_active());
		free(p);
	}
	return 0;
}
