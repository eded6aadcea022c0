/* SPDX-License-Identifier: MIT */
/*
 * Run one command under several configurations in turn (A B C A B C ...), and
 * print what each costs: CPU time of the child, user and system, and its peak
 * resident memory. The figures that go to a file have the elapsed time as well.
 *
 * In turn, because a machine gets slower and faster over minutes; CPU time and
 * medians, because it does other things meanwhile. The first configuration is
 * what the others are compared with, unless they name another. A child that
 * fails ends the measurement, or of a quiet configuration its part in it: a
 * program that stops early looks fast.
 *
 * Some programs run for a fixed time and say how much they did. Then the time
 * is for as much work as the very first run did.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "peak.h"

enum { CONFIGS = 32, VARIABLES = 16, ARGUMENTS = 8, WRAPPER = 8 };

struct config {
	const char *name;
	const char *preload; /* "" for none */
	char *env[VARIABLES];
	int env_count;
	char *args[ARGUMENTS]; /* after those that all have */
	int arg_count;
	char *wrapper[WRAPPER]; /* words before the command */
	int wrapper_count;
	const char *against; /* a name; NULL: the first one */
	struct config *base; /* the configuration of that name */
	bool quiet;	     /* what it says on stderr is thrown away */
	const char *failure;
	double budget;	      /* the ratio it may have; 0: any */
	double memory_budget; /* the same of the peak */
	int rounds;	      /* it takes part in that many; 0: in all */
	double *cpu;	      /* seconds, a round each */
	double *elapsed;      /* seconds, too */
	double *ratio;	      /* of CPU time, to the base in the same round */
	int runs;	      /* how many of each there are */
	long peak;	      /* KiB, of the worst round */
};

static struct config configs[CONFIGS];
static int config_count;
static struct config common; /* its variables are for all */

static const char *label = "";
static const char *record_path;
static const char *work_text; /* the number after it is the work done */
static double first_work;
static int work_file = -1;
static int rounds = 11, repeats = 1;
static bool pinned, anonymous;

static _Noreturn __attribute__((format(printf, 1, 2))) void
die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("measure: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void *need(void *p)
{
	if (!p)
		die("%s", strerror(ENOMEM));
	return p;
}

/* The command line */

static _Noreturn void usage(void)
{
	fputs("usage: measure [-mp] [-r ROUNDS] [-k REPEATS] [-w TEXT]\n"
	      "               [-l LABEL] [-o FILE] [-e VAR]\n"
	      "               -c CONFIG[=PRELOAD] [-q] [-e VAR] [-b BUDGET]\n"
	      "                  [-B BUDGET] [-v CONFIG] [-n ROUNDS]\n"
	      "                  [-x WORD]... [-a ARG]... ...\n"
	      "               -- COMMAND ARG...\n"
	      "-p: on one CPU. -m: memory without the files that are mapped.\n"
	      "-k: so many processes a run. -w: the number after TEXT in the\n"
	      "output is the work done; -: the first. -o: add the figures to "
	      "FILE.\n"
	      "-e NAME=VALUE: before the first -c for all.\n"
	      "Of one CONFIG: -q: without its stderr. -b: of CPU time. -B: of\n"
	      "memory. -v: compared with that one, which comes before it. -n:\n"
	      "takes part in so few rounds. -x: a WORD before COMMAND. -a: "
	      "one\n"
	      "more ARG. Another -c may follow.\n",
	      stderr);
	exit(2);
}

static void add_config(char *spec)
{
	struct config *c = &configs[config_count];
	char *preload = strchr(spec, '=');

	if (config_count++ == CONFIGS)
		die("more than %d configurations", CONFIGS);
	if (preload)
		*preload++ = '\0';
	c->name = spec;
	c->preload = preload ? preload : "";
}

static void add_argument(struct config *c, char *argument)
{
	if (c->arg_count == ARGUMENTS)
		die("more than %d arguments", ARGUMENTS);
	c->args[c->arg_count++] = argument;
}

static void add_wrapper(struct config *c, char *word)
{
	if (c->wrapper_count == WRAPPER)
		die("more than %d words before the command", WRAPPER);
	c->wrapper[c->wrapper_count++] = word;
}

static void add_variable(struct config *c, char *assignment)
{
	if (!strchr(assignment, '='))
		usage();
	if (c->env_count == VARIABLES)
		die("more than %d variables", VARIABLES);
	c->env[c->env_count++] = assignment;
}

/* False: none of those that all configurations share. */
static bool common_option(int option)
{
	switch (option) {
	case 'm':
		anonymous = true;
		return true;
	case 'p':
		pinned = true;
		return true;
	case 'r':
		rounds = atoi(optarg);
		return true;
	case 'k':
		repeats = atoi(optarg);
		return true;
	case 'w':
		work_text = strcmp(optarg, "-") ? optarg : "";
		return true;
	case 'l':
		label = optarg;
		return true;
	case 'o':
		record_path = optarg;
		return true;
	default:
		return false;
	}
}

static void config_option(struct config *c, int option)
{
	switch (option) {
	case 'q':
		c->quiet = true;
		break;
	case 'e':
		add_variable(c, optarg);
		break;
	case 'b':
		c->budget = atof(optarg);
		break;
	case 'B':
		c->memory_budget = atof(optarg);
		break;
	case 'v':
		c->against = optarg;
		break;
	case 'n':
		c->rounds = atoi(optarg);
		break;
	case 'x':
		add_wrapper(c, optarg);
		break;
	case 'a':
		add_argument(c, optarg);
		break;
	default:
		usage();
	}
}

static void parse_options(int argc, char **argv)
{
	static const char letters[] = "+mpr:k:w:l:o:c:qe:b:B:v:n:x:a:";
	struct config *last = &common;
	int option;

	while ((option = getopt(argc, argv, letters)) != -1) {
		if (option == 'c') {
			add_config(optarg);
			last = &configs[config_count - 1];
		} else if (!common_option(option)) {
			config_option(last, option);
		}
	}
	if (optind == argc || rounds < 1 || repeats < 1 || config_count == 0)
		usage();
}

static void find_base(struct config *c)
{
	c->base = &configs[0];
	if (!c->against)
		return;
	for (struct config *other = configs; other < c; other++) {
		if (strcmp(other->name, c->against))
			continue;
		c->base = other;
		return;
	}
	die("%s: no %s before it", c->name, c->against);
}

/* Running */

/* On the last CPU that we may use: the first has most of the interrupts. */
static void pin(void)
{
	cpu_set_t may, one;

	if (sched_getaffinity(0, sizeof(may), &may))
		return;
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (!CPU_ISSET(cpu, &may))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

static char **put_words(char **at, char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		*at++ = words[i];
	return at;
}

static char **command_of(const struct config *c, char **command)
{
	int n = 0;
	char **all, **at;

	while (command[n])
		n++;
	all = need(
		calloc(c->wrapper_count + n + c->arg_count + 1, sizeof(*all)));
	at = put_words(all, c->wrapper, c->wrapper_count);
	at = put_words(at, command, n);
	put_words(at, c->args, c->arg_count);
	return all;
}

/* The output is looked at only where it says how much was done. */
static bool redirect(const struct config *c)
{
	int null = open("/dev/null", O_RDWR);
	int output = work_text ? work_file : null;

	return null >= 0 && dup2(null, 0) >= 0 && dup2(output, 1) >= 0 &&
	       (!c->quiet || dup2(null, 2) >= 0);
}

static _Noreturn void child(const struct config *c, char **command,
			    bool watched)
{
	if (!redirect(c))
		_exit(126);
	command = command_of(c, command);
	for (int i = 0; i < common.env_count; i++)
		putenv(common.env[i]);
	for (int i = 0; i < c->env_count; i++)
		putenv(c->env[i]);
	/* last: from here on nothing but exec */
	if (*c->preload)
		setenv("LD_PRELOAD", c->preload, 1);
	else
		unsetenv("LD_PRELOAD");
	if (watched && !peak_let_watch())
		_exit(126);
	execvp(*command, command);
	_exit(127);
}

/* NULL: all is well */
static const char *trouble(int status)
{
	static char text[32];

	if (WIFSIGNALED(status))
		return strsignal(WTERMSIG(status));
	if (WEXITSTATUS(status) == 0)
		return NULL;
	snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
	return text;
}

/* Another tool may be unable to; the others go on. */
static void check_status(struct config *c, const char *command, int status)
{
	const char *text = trouble(status);

	if (!text)
		return;
	if (!c->quiet)
		die("%s: %s: %s", c->name, command, text);
	c->failure = need(strdup(text));
}

static double seconds(struct timeval time)
{
	return time.tv_sec + time.tv_usec / 1e6;
}

static pid_t start(const struct config *c, char **command, bool watched)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		child(c, command, watched);
	return pid;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void open_work_file(void)
{
	FILE *file = tmpfile();

	if (!file)
		die("a temporary file: %s", strerror(errno));
	work_file = fileno(file);
}

static void empty_work_file(void)
{
	if (ftruncate(work_file, 0) || lseek(work_file, 0, SEEK_SET) < 0)
		die("a temporary file: %s", strerror(errno));
}

/* What the child says it did, relative to the first that said it. */
static double work_done(const struct config *c)
{
	char text[4096];
	ssize_t n = pread(work_file, text, sizeof(text) - 1, 0);
	const char *at;
	double work;

	if (n < 0)
		die("a temporary file: %s", strerror(errno));
	text[n] = '\0';
	at = strstr(text, work_text);
	work = at ? strtod(at + strlen(work_text), NULL) : 0;
	if (!(work > 0))
		die("%s: no number after \"%s\" in the output", c->name,
		    work_text);
	if (first_work == 0)
		first_work = work;
	return work / first_work;
}

/* Returns the CPU time. The child's peak counts from ours, which is small. */
static double run_once(struct config *c, char **command)
{
	pid_t pid = start(c, command, false);
	struct rusage usage;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4: %s", strerror(errno));
	check_status(c, *command, status);
	if (!anonymous && usage.ru_maxrss > c->peak)
		c->peak = usage.ru_maxrss;
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static double run(struct config *c, char **command, double *elapsed)
{
	double from = now(), cpu = 0;

	if (work_text)
		empty_work_file();
	for (int i = 0; i < repeats && !c->failure; i++)
		cpu += run_once(c, command);
	*elapsed = now() - from;
	return work_text && !c->failure ? cpu / work_done(c) : cpu;
}

/* Not counted: fills the page cache. Memory is looked at in slow motion. */
static void warm_up(struct config *c, char **command)
{
	double elapsed;
	int status;

	if (c->rounds == rounds && !c->quiet)
		run(c, command, &elapsed);
	if (!anonymous)
		return;
	c->peak = peak_watch(start(c, command, true), &status);
	if (c->peak < 0)
		die("%s: %s: cannot be watched: %s", c->name, *command,
		    strerror(errno));
	check_status(c, *command, status);
}

/* Those that take part in few rounds do so evenly, from the first on. */
static bool takes_part(const struct config *c, int round)
{
	return c->runs <= (long)round * c->rounds / rounds;
}

/* A base that takes part in fewer rounds counts with its last. */
static void take_part(struct config *c, char **command)
{
	double cpu = run(c, command, &c->elapsed[c->runs]);

	if (c->failure)
		return;
	c->cpu[c->runs++] = cpu;
	c->ratio[c->runs - 1] = cpu / c->base->cpu[c->base->runs - 1];
}

static void measure(char **command)
{
	for (int i = 0; i < config_count; i++) {
		struct config *c = &configs[i];

		if (i == 0 || c->rounds < 1 || c->rounds > rounds)
			c->rounds = rounds;
		find_base(c);
		c->cpu = need(calloc(c->rounds, sizeof(*c->cpu)));
		c->elapsed = need(calloc(c->rounds, sizeof(*c->elapsed)));
		c->ratio = need(calloc(c->rounds, sizeof(*c->ratio)));
		warm_up(c, command);
	}
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < config_count; i++) {
			struct config *c = &configs[i];

			if (!c->failure && !c->base->failure &&
			    takes_part(c, round))
				take_part(c, command);
		}
	}
}

/* The answer */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* @part 0.5 of @n values are below it: the median. They must be sorted. */
static double quantile(const double *sorted, int n, double part)
{
	double at = part * (n - 1);
	int low = (int)at;

	if (low + 1 == n)
		return sorted[low];
	return sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]);
}

static double cpu_median(const struct config *c)
{
	return quantile(c->cpu, c->runs, 0.5);
}

static const char *verdict(double ratio, double budget)
{
	return ratio <= budget ? "ok" : "OVER";
}

static void print_budgets(const struct config *c, double ratio, double memory)
{
	if (c->budget > 0)
		printf("  %6.2f  %s", c->budget, verdict(ratio, c->budget));
	else if (c->memory_budget > 0)
		printf("%14s", "");
	if (c->memory_budget > 0)
		printf("  memory %.2f  %s", c->memory_budget,
		       verdict(memory, c->memory_budget));
	if (c->against)
		printf("  to %s", c->against);
	putchar('\n');
}

static double cpu_ratio(const struct config *c)
{
	return cpu_median(c) / cpu_median(c->base);
}

static void print_row(const struct config *c)
{
	bool is_first = c == &configs[0];
	double memory = (double)c->peak / c->base->peak;

	if (c->failure || c->base->failure) {
		printf("%-16s %-16s does not run: %s\n", "", c->name,
		       c->failure ? c->failure : c->base->name);
		return;
	}
	printf("%-16s %-16s %7.3f", is_first ? label : "", c->name,
	       cpu_median(c));
	if (is_first) {
		printf("  %29.1f MiB\n", c->peak / 1024.0);
		return;
	}
	printf("  %6.3f  %5.3f..%5.3f  %7.3f", cpu_ratio(c),
	       quantile(c->ratio, c->runs, 0.25),
	       quantile(c->ratio, c->runs, 0.75), memory);
	print_budgets(c, cpu_ratio(c), memory);
}

static void record(void)
{
	FILE *file = fopen(record_path, "a");

	if (!file)
		die("%s: %s", record_path, strerror(errno));
	for (int i = 0; i < config_count; i++) {
		if (configs[i].failure || configs[i].base->failure)
			continue;
		fprintf(file, "%s\t%s\t%.6f\t%.4f\t%ld\t%.6f\n", label,
			configs[i].name, cpu_median(&configs[i]),
			cpu_ratio(&configs[i]), configs[i].peak,
			quantile(configs[i].elapsed, configs[i].runs, 0.5));
	}
	if (fclose(file))
		die("%s: %s", record_path, strerror(errno));
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	if (pinned)
		pin();
	if (work_text)
		open_work_file();
	measure(argv + optind);
	for (int i = 0; i < config_count; i++) {
		struct config *c = &configs[i];

		qsort(c->cpu, c->runs, sizeof(double), compare);
		qsort(c->elapsed, c->runs, sizeof(double), compare);
		qsort(c->ratio, c->runs, sizeof(double), compare);
	}
	for (int i = 0; i < config_count; i++)
		print_row(&configs[i]);
	if (record_path)
		record();
	return 0;
}
