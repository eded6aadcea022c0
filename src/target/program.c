/* SPDX-License-Identifier: MIT */
/*
 * Programs into which nothing can be preloaded. See program.h.
 *
 * Nothing here is for safety: whoever changes the file between this look and
 * execve(2) gets a wrong sentence.
 */
#include "target/program.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "base/cleanup.h"

enum { SCRIPTS = 5 }; /* one for another: the kernel goes no further either */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* ld.so takes the program as its argument, and preloads. */
static bool is_loader(const char *path)
{
	const char *name = last_part(path);

	return begins(name, "ld-linux") || begins(name, "ld-2.") ||
	       strcmp(name, "ld.so") == 0;
}

bool mtr_program_other_loader(const char *path)
{
	const char *name = last_part(path);

	return begins(name, "ld-musl") || strstr(name, "uClibc") ||
	       strcmp(name, "linker64") == 0;
}

static char *path_join(const char *directory, size_t n, const char *name)
{
	char *path;

	/* an empty one is the current directory */
	return asprintf(&path, "%.*s%s%s", (int)n, directory, n ? "/" : "",
			name) < 0
		       ? NULL
		       : path;
}

static bool runnable(const char *path)
{
	struct stat st;

	return access(path, X_OK) == 0 && stat(path, &st) == 0 &&
	       S_ISREG(st.st_mode);
}

/* To be freed; NULL: it is not there. */
static char *path_find(const char *program)
{
	const char *at = getenv("PATH");

	if (strchr(program, '/'))
		return runnable(program) ? strdup(program) : NULL;
	for (at = at ? at : "/bin:/usr/bin";; at++) {
		size_t n = strcspn(at, ":");
		mtr_auto_free char *path = path_join(at, n, program);

		if (path && runnable(path))
			return mtr_take(path);
		at += n;
		if (!*at)
			return NULL;
	}
}

/* --------------------------------------------------------- what ELF says */

struct program {
	int fd;
	const char *path;
	Elf64_Ehdr eh;
	char interpreter[PATH_MAX]; /* "": it has none */
};

static void interpreter_read(struct program *p)
{
	for (int i = 0; i < p->eh.e_phnum; i++) {
		uint64_t at = p->eh.e_phoff + (uint64_t)i * sizeof(Elf64_Phdr);
		size_t n = sizeof(p->interpreter) - 1;
		Elf64_Phdr ph;

		if (pread(p->fd, &ph, sizeof(ph), (off_t)at) != sizeof(ph))
			return;
		if (ph.p_type != PT_INTERP)
			continue;
		n = ph.p_filesz < n ? ph.p_filesz : n;
		if (pread(p->fd, p->interpreter, n, (off_t)ph.p_offset) !=
		    (ssize_t)n)
			p->interpreter[0] = '\0';
		return;
	}
}

/* Do set-user-ID bits and capabilities count for this file? */
static bool may_gain(int fd)
{
	struct statvfs fs;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 &&
	       !(fstatvfs(fd, &fs) == 0 && fs.f_flag & ST_NOSUID);
}

/* What of it makes the loader ignore our environment; NULL: nothing. */
static const char *gains(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !may_gain(fd))
		return NULL;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return "it is set-user-ID";
	if (st.st_mode & S_ISGID && st.st_mode & S_IXGRP &&
	    st.st_gid != getgid())
		return "it is set-group-ID";
	if (getuid() && fgetxattr(fd, "security.capability", NULL, 0) >= 0)
		return "it has file capabilities";
	return NULL;
}

#ifdef __x86_64__
enum { OUR_MACHINE = EM_X86_64 };
#else
enum { OUR_MACHINE = EM_AARCH64 };
#endif

static const char *elf_why(struct program *p, bool *choke)
{
	*choke = true;
	if (p->eh.e_ident[EI_CLASS] != ELFCLASS64)
		return "it is a 32-bit program";
	if (p->eh.e_machine != OUR_MACHINE)
		return "it is a program for another kind of machine";
	interpreter_read(p);
	if (mtr_program_other_loader(p->interpreter))
		return "it is linked with another C library than glibc";
	*choke = false;
	if (!*p->interpreter && !is_loader(p->path))
		return "it is statically linked";
	return gains(p->fd);
}

/* ------------------------------------------------------------- scripts */

/* The path behind "#!" in @line, terminated there. NULL: it is no script. */
static char *script_interpreter(char *line)
{
	char *path;

	if (!begins(line, "#!"))
		return NULL;
	path = line + 2 + strspn(line + 2, " \t");
	path[strcspn(path, " \t\r\n")] = '\0';
	return *path ? path : NULL;
}

static char *untraced(const char *why, const char *interpreter)
{
	char *text;

	return asprintf(&text,
			"%s%s%s%s, so no library can be preloaded: it will "
			"not be traced",
			interpreter ? "its interpreter " : "",
			interpreter ? interpreter : "", interpreter ? ": " : "",
			why) < 0
		       ? NULL
		       : text;
}

static char *file_untraced(const char *path, int depth, bool *choke)
{
	mtr_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct program p = { .fd = fd, .path = path };
	char head[256] = "";
	const char *why;
	char *next;

	*choke = false;
	if (fd < 0 || pread(fd, head, sizeof(head) - 1, 0) <= 0)
		return NULL;
	next = script_interpreter(head);
	if (next)
		return depth < SCRIPTS ? file_untraced(next, depth + 1, choke)
				       : NULL;
	if (pread(fd, &p.eh, sizeof(p.eh), 0) != sizeof(p.eh) ||
	    !begins(head, ELFMAG))
		return NULL;
	why = elf_why(&p, choke);
	return why ? untraced(why, depth ? path : NULL) : NULL;
}

char *mtr_program_untraced(const char *program, bool *choke)
{
	mtr_auto_free char *path = path_find(program);

	*choke = false;
	return path ? file_untraced(path, 0, choke) : NULL;
}
