/* SPDX-License-Identifier: MIT */
/* Takes libc's lock of locales after a library has had it at load. */
#include <libintl.h>
#include <locale.h>
#include <stdio.h>

extern locale_t early_locale;

int main(void)
{
	setlocale(LC_ALL, "");
	printf("%d %s\n", early_locale != NULL, gettext("text"));
	setlocale(LC_ALL, "");
	puts("done");
	return 0;
}
