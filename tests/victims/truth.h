/* SPDX-License-Identifier: MIT */
/*
 * Between truth.c and its C++ part.
 */
#ifndef MTR_VICTIMS_TRUTH_H
#define MTR_VICTIMS_TRUTH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const void *const truth_nothrow;

/* @way picks one of the three forms of delete that the block may go by. */
void truth_delete(int way, void *p, size_t size);
void truth_delete_array(int way, void *p, size_t size);
void truth_delete_aligned(int way, void *p, size_t size, size_t align);
void truth_delete_array_aligned(int way, void *p, size_t size, size_t align);

#ifdef __cplusplus
}
#endif

#endif
