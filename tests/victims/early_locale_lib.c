/* SPDX-License-Identifier: MIT */
/*
 * A library whose constructor makes a locale: the first malloc of the process
 * is called within newlocale, which holds libc's lock of locales.
 */
#include <locale.h>

locale_t early_locale;

__attribute__((constructor)) static void make(void)
{
	early_locale = newlocale(LC_ALL_MASK, "POSIX", (locale_t)0);
}
