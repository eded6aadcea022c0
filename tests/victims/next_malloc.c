/* SPDX-License-Identifier: MIT */
/* Names the library whose malloc the tracer calls. */
#include <dlfcn.h>

#include "check.h"
#include "format/layout.h"

int main(void)
{
	struct mtr_descriptor *d = dlsym(RTLD_DEFAULT, MTR_DESCRIPTOR_SYMBOL);
	Dl_info info;

	CHECK(d && dladdr((void *)d->next_malloc, &info));
	puts(strrchr(info.dli_fname, '/') + 1);
	return 0;
}
