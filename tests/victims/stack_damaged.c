/* SPDX-License-Identifier: MIT */
/*
 * Unwind information that is damaged, each time in another way: a plugin is
 * loaded, bytes of its .eh_frame and .eh_frame_hdr are overwritten in memory,
 * its functions allocate, on the program's stack and on a small one between
 * pages that cannot be read. Some of what is written is nonsense, some of it is
 * well-formed and wrong.
 *
 * Arguments: the plugin, how many times, where the dice begin.
 */
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"

typedef void *run_fn(int depth, void *(*inner)(void));

struct info {
	void *of;
	char *header, *end; /* .eh_frame_hdr and what follows it */
	int code;	    /* PROT_EXEC, if code may share its pages */
};

static unsigned int dice;

static unsigned int roll(unsigned int below)
{
	dice = dice * 1103515245 + 12345;
	return (dice >> 8) % below;
}

static int find(struct dl_phdr_info *info, size_t size, void *to)
{
	struct info *ret = to;
	char *base = (char *)info->dlpi_addr, *header = NULL;

	(void)size;
	if (base != ret->of)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
			header = base + info->dlpi_phdr[i].p_vaddr;
	for (int i = 0; header && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && header >= base + ph->p_vaddr &&
		    header < base + ph->p_vaddr + ph->p_memsz) {
			ret->header = header;
			ret->end = base + ph->p_vaddr + ph->p_memsz;
			ret->code = ph->p_flags & PF_X ? PROT_EXEC : 0;
		}
	}
	return 1;
}

static void damage(const struct info *info)
{
	/* lengths, encodings, instructions and operations with a meaning */
	static const unsigned char telling[] = {
		0x00, 0xff, 0x7f, 0x80, 0x01, 0x0a, 0x0b, 0x0c, 0x0d,
		0x0e, 0x0f, 0x10, 0x16, 0x1b, 0x3b, 0x9b, 0x70, 0x77,
		0x06, 0x76, 0x41, 0x86, 0x90, 'z',  'S',  'R',	'P',
	};
	size_t bytes = info->end - info->header;
	unsigned int times = 1 + roll(40);

	while (times-- > 0) {
		size_t at = roll(bytes);
		unsigned int n = roll(5) ? 1 : 1 + roll(8);

		for (; n > 0 && at < bytes; n--, at++)
			info->header[at] =
				roll(3) ? telling[roll(sizeof(telling))]
					: roll(256);
	}
	/* the lengths of the first entries: the end, the 64-bit form, wild */
	if (roll(6) == 0)
		memset(info->header + 4 * roll(bytes / 4), roll(2) ? 0xff : 0,
		       4);
}

static void *inner(void)
{
	char *text = strdup("allocated by the program itself");

	CHECK(text);
	return realloc(text, 100);
}

/* The plugin's functions on a stack of their own. */

enum { PAGE = 4096, STACK = 16 * PAGE };

static run_fn *elsewhere;
static ucontext_t back;

static void run_elsewhere(void)
{
	for (int depth = 0; depth < 9; depth++)
		free(elsewhere(depth, inner));
}

static void apart(run_fn *run)
{
	static ucontext_t context;
	static char *stack;

	if (!stack) {
		stack = mmap(NULL, STACK + 2 * PAGE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(stack != MAP_FAILED);
		CHECK(!mprotect(stack + PAGE, STACK, PROT_READ | PROT_WRITE));
	}
	elsewhere = run;
	getcontext(&context);
	context.uc_stack.ss_sp = stack + PAGE;
	context.uc_stack.ss_size = STACK;
	context.uc_link = &back;
	makecontext(&context, run_elsewhere, 0);
	CHECK(!swapcontext(&back, &context));
}

static void once(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	struct info info = { 0 };
	char *page;
	run_fn *run;
	Dl_info there;

	CHECK(plugin);
	*(void **)&run = dlsym(plugin, "plugin_run");
	CHECK(run && dladdr(*(void **)&run, &there));
	info.of = there.dli_fbase;
	dl_iterate_phdr(find, &info);
	CHECK(info.header);
	page = (char *)((uintptr_t)info.header & -(uintptr_t)4096);
	CHECK(!mprotect(page, info.end - page,
			PROT_READ | PROT_WRITE | info.code));
	damage(&info);
	for (int depth = 0; depth < 9; depth++)
		free(run(depth, inner));
	apart(run);
	CHECK(dlclose(plugin) == 0);
}

int main(int argc, char **argv)
{
	int times;

	check_active();
	CHECK(argc == 4);
	times = atoi(argv[2]);
	dice = atoi(argv[3]);
	while (times-- > 0)
		once(argv[1]);
	return 0;
}
