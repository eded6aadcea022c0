// SPDX-License-Identifier: MIT
// What allocates on stacks of the least size: of threads, and of signal
// handlers. Each size is tried in a child; a line says how that ended.

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD = 64 << 10 };

static void use_heap(void)
{
	char *p = malloc(100), *q = strdup("text");
	void *r;

	p = realloc(p, 300000);
	free(calloc(10, 20));
	if (posix_memalign(&r, 4096, 100) == 0)
		free(r);
	free(q);
	free(p);
}

static void *thread(void *arg)
{
	use_heap();
	return arg;
}

static void on_signal(int number)
{
	(void)number;
	use_heap();
}

// With an inaccessible piece below, or what overflows would go unseen.
static char *make_stack(size_t size)
{
	const size_t whole = (size + 4095) & ~(size_t)4095;
	char *memory = mmap(NULL, GUARD + whole, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE))
		exit(2);
	return memory + GUARD + whole - size;
}

static int on_thread(size_t size)
{
	pthread_attr_t attr;
	pthread_t id;

	pthread_attr_init(&attr);
	if (pthread_attr_setstacksize(&attr, size) ||
	    pthread_create(&id, &attr, thread, NULL))
		return 3;
	return pthread_join(id, NULL);
}

static int on_alternate(size_t size)
{
	const stack_t stack = { .ss_sp = make_stack(size), .ss_size = size };
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_ONSTACK };

	if (sigaltstack(&stack, NULL) || sigaction(SIGUSR1, &action, NULL))
		return 3;
	return raise(SIGUSR1);
}

static void try(const char *name, int (*run)(size_t), size_t size, int warm)
{
	int status;
	const pid_t pid = fork();

	if (pid == 0) {
		if (warm)
			use_heap();
		_exit(run(size));
	}
	waitpid(pid, &status, 0);
	printf("%s %zu %s %d\n", name, size, warm ? "warm" : "cold",
	       WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status));
	fflush(stdout);
}

int main(void)
{
	/* what call stacks need beside: libmalloc_tracer(7) */
	const size_t room = (size_t)sysconf(_SC_MINSIGSTKSZ) + 768;
	const size_t least = room < 4096 ? 4096 : room;
	const size_t least_stack = (size_t)sysconf(_SC_THREAD_STACK_MIN);

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int warm = 0; warm < 2; warm++) {
		for (size_t size = least_stack; size <= 65536; size += 4096)
			try("thread", on_thread, size, warm);
		for (size_t size = least; size < least + 8192; size += 256)
			try("sigaltstack", on_alternate, size, warm);
	}
	return 0;
}
