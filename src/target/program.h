/* SPDX-License-Identifier: MIT */
/*
 * A program that is to be run: can a library be preloaded into it?
 */
#ifndef MTR_TARGET_PROGRAM_H
#define MTR_TARGET_PROGRAM_H

#include <stdbool.h>

/*
 * Why the library will not be loaded into @program, which is looked for as
 * execvp(3) does; to be freed. NULL: nothing is known that speaks against it,
 * or there is no such program. *choke: its own loader would fail, or complain,
 * if the library were preloaded.
 */
char *mtr_program_untraced(const char *program, bool *choke);

/* Is the file @path, by its name, the loader of another C library than glibc?
 */
bool mtr_program_other_loader(const char *path);

#endif
