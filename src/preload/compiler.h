/* SPDX-License-Identifier: MIT */
/*
 * The few compiler words that the traced side uses.
 */
#ifndef MTR_PRELOAD_COMPILER_H
#define MTR_PRELOAD_COMPILER_H

#include <stdint.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define MTR_INLINE static inline __attribute__((always_inline))
#define MTR_COLD __attribute__((noinline, cold))
/*
 * What holds whatever the program does. A debug build ends where it does not;
 * any other build does not even look.
 */
#ifdef MTR_DEBUG
#define MTR_ASSERT(x) (likely(x) ? (void)0 : __builtin_trap())
#else
#define MTR_ASSERT(x) ((void)(0 && (x)))
#endif

/* Ours alone: reached without a look-up in the offset table. */
#define MTR_HIDDEN __attribute__((visibility("hidden")))
#define MTR_EXPORT __attribute__((visibility("default")))

/*
 * Load what another thread stores once, with release order, and what it
 * publishes. On x86-64 any load will do, and a plain one can be an operand of
 * the comparison it is for; compilers keep atomic ones apart.
 */
#ifdef __x86_64__
#define mtr_load_published(at) (*(at))
#else
#define mtr_load_published(at) __atomic_load_n((at), __ATOMIC_ACQUIRE)
#endif

/* Initial-exec: a dynamic model would call malloc from within malloc. */
#define MTR_TLS __thread __attribute__((tls_model("initial-exec")))

/*
 * The return address of the entry point that says this, without the pointer
 * authentication code that AArch64 may have put into it.
 */
#ifdef __aarch64__
MTR_INLINE uintptr_t mtr_strip_pac(uintptr_t pc)
{
	register uintptr_t x30 __asm__("x30") = pc;

	__asm__("hint #7" : "+r"(x30)); /* xpaclri */
	return x30;
}
#else
MTR_INLINE uintptr_t mtr_strip_pac(uintptr_t pc)
{
	return pc;
}
#endif

/*
 * An address without the tag that AArch64 may have in its upper byte, for what
 * counts, compares and looks up. Memory is reached through the pointer as it
 * is: with memory tagging the tag is the key to it.
 */
#ifdef __aarch64__
#define MTR_TAG_BITS 8
#else
#define MTR_TAG_BITS 0
#endif

MTR_INLINE uintptr_t mtr_untag(uintptr_t addr)
{
	return addr & (UINTPTR_MAX >> MTR_TAG_BITS);
}

/* @addr, which has none, with the tag of @like. */
MTR_INLINE uintptr_t mtr_tag_like(uintptr_t like, uintptr_t addr)
{
	return addr | (like ^ mtr_untag(like));
}

/*
 * What tells threads apart. gcc before 11 has __builtin_thread_pointer on
 * AArch64 alone; on x86-64 the word at the pointer is the pointer (the ABI's
 * thread control block), and one load gets it.
 */
MTR_INLINE uintptr_t mtr_thread_pointer(void)
{
#ifdef __x86_64__
	uintptr_t tp;

	__asm__("movq %%fs:0, %0" : "=r"(tp));
	return tp;
#else
	return (uintptr_t)__builtin_thread_pointer();
#endif
}

#define MTR_CALLER() mtr_strip_pac((uintptr_t)__builtin_return_address(0))

#endif
