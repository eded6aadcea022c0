/* SPDX-License-Identifier: MIT */
/*
 * Run one command under several configurations in turn (A B C A B C ...), and
 * print what each costs: CPU time of the child, user and system, and its peak
 * resident memory. The figures that go to a file have the elapsed time as well.
 *
 * In turn, because a machine gets slower and faster over minutes; CPU time and
 * medians, because it does other things meanwhile. The first configuration is
 * what the others are compared with. A child that fails ends the measurement:
 * a program that stops early looks fast.
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

enum { CONFIGS = 16, VARIABLES = 16, ARGUMENTS = 8 };

struct config {
	const char *name;
	const char *preload; /* "" for none */
	char *env[VARIABLES];
	int env_count;
	char *args[ARGUMENTS]; /* after those that all have */
	int arg_count;
	double budget;	 /* the ratio it may have; 0: any */
	int rounds;	 /* it takes part in that many; 0: in all */
	double *cpu;	 /* seconds, a round each */
	double *elapsed; /* seconds, too */
	double *ratio;	 /* of CPU time, to the first one in the same round */
	int runs;	 /* how many of each there are */
	long peak;	 /* KiB, of the worst round */
};

static struct config configs[CONFIGS];
static int config_count;
static struct config common; /* its variables are for all */

static const char *label = "";
static const char *record_path;
static int rounds = 11;
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
	fputs("usage: measure [-mp] [-r ROUNDS] [-l LABEL] [-o FILE] [-e VAR]\n"
	      "               -c CONFIG[=PRELOAD] [-e VAR] [-b BUDGET]\n"
	      "                  [-n ROUNDS] [-a ARG]... ...\n"
	      "               -- COMMAND ARG...\n"
	      "-p: on one CPU. -m: memory without the files that are mapped.\n"
	      "-o: add the figures to FILE. -e NAME=VALUE: before the first\n"
	      "-c for all. -n: CONFIG takes part in so few rounds. -a: one\n"
	      "more ARG for CONFIG. Another -c may follow.\n",
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

static void add_variable(struct config *c, char *assignment)
{
	if (!strchr(assignment, '='))
		usage();
	if (c->env_count == VARIABLES)
		die("more than %d variables", VARIABLES);
	c->env[c->env_count++] = assignment;
}

static void parse_options(int argc, char **argv)
{
	struct config *last = &common;
	int option;

	while ((option = getopt(argc, argv, "+mpr:l:o:c:e:b:n:a:")) != -1) {
		switch (option) {
		case 'm':
			anonymous = true;
			break;
		case 'p':
			pinned = true;
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		case 'l':
			label = optarg;
			break;
		case 'o':
			record_path = optarg;
			break;
		case 'c':
			add_config(optarg);
			last = &configs[config_count - 1];
			break;
		case 'e':
			add_variable(last, optarg);
			break;
		case 'b':
			last->budget = atof(optarg);
			break;
		case 'n':
			last->rounds = atoi(optarg);
			break;
		case 'a':
			add_argument(last, optarg);
			break;
		default:
			usage();
		}
	}
	if (optind == argc || rounds < 1 || config_count == 0)
		usage();
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

static char **command_of(const struct config *c, char **command)
{
	int n = 0;
	char **all;

	while (command[n])
		n++;
	all = need(calloc(n + c->arg_count + 1, sizeof(*all)));
	memcpy(all, command, n * sizeof(*all));
	memcpy(all + n, c->args, c->arg_count * sizeof(*all));
	return all;
}

static _Noreturn void child(const struct config *c, char **command,
			    bool watched)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
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

static void check_status(const struct config *c, const char *command,
			 int status)
{
	if (WIFSIGNALED(status))
		die("%s: %s: %s", c->name, command,
		    strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		die("%s: %s: exit status %d", c->name, command,
		    WEXITSTATUS(status));
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

/* Returns the CPU time. The child's peak counts from ours, which is small. */
static double run(struct config *c, char **command, double *elapsed)
{
	double from = now();
	pid_t pid = start(c, command, false);
	struct rusage usage;
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4: %s", strerror(errno));
	*elapsed = now() - from;
	check_status(c, *command, status);
	if (!anonymous && usage.ru_maxrss > c->peak)
		c->peak = usage.ru_maxrss;
	return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/* Not counted: fills the page cache. Memory is looked at in slow motion. */
static void warm_up(struct config *c, char **command)
{
	double elapsed;
	int status;

	if (c->rounds == rounds)
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

static void measure(char **command)
{
	for (int i = 0; i < config_count; i++) {
		struct config *c = &configs[i];

		if (i == 0 || c->rounds < 1 || c->rounds > rounds)
			c->rounds = rounds;
		c->cpu = need(calloc(c->rounds, sizeof(*c->cpu)));
		c->elapsed = need(calloc(c->rounds, sizeof(*c->elapsed)));
		c->ratio = need(calloc(c->rounds, sizeof(*c->ratio)));
		warm_up(c, command);
	}
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < config_count; i++) {
			struct config *c = &configs[i];
			double cpu;

			if (!takes_part(c, round))
				continue;
			cpu = run(c, command, &c->elapsed[c->runs]);
			c->cpu[c->runs] = cpu;
			c->ratio[c->runs++] = cpu / configs[0].cpu[round];
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

static void print_budget(const struct config *c, double ratio)
{
	if (c->budget > 0)
		printf("  %6.2f  %s", c->budget,
		       ratio <= c->budget ? "ok" : "OVER");
	putchar('\n');
}

static void print_row(const struct config *c)
{
	const struct config *first = &configs[0];
	double cpu = cpu_median(c);
	double ratio = cpu / cpu_median(first);

	printf("%-16s %-16s %7.3f", c == first ? label : "", c->name, cpu);
	if (c == first)
		printf("  %29.1f MiB\n", c->peak / 1024.0);
	else {
		printf("  %6.3f  %5.3f..%5.3f  %7.3f", ratio,
		       quantile(c->ratio, c->runs, 0.25),
		       quantile(c->ratio, c->runs, 0.75),
		       (double)c->peak / first->peak);
		print_budget(c, ratio);
	}
}

static void record(void)
{
	FILE *file = fopen(record_path, "a");

	if (!file)
		die("%s: %s", record_path, strerror(errno));
	for (int i = 0; i < config_count; i++)
		fprintf(file, "%s\t%s\t%.6f\t%.4f\t%ld\t%.6f\n", label,
			configs[i].name, cpu_median(&configs[i]),
			cpu_median(&configs[i]) / cpu_median(&configs[0]),
			configs[i].peak,
			quantile(configs[i].elapsed, configs[i].runs, 0.5));
	if (fclose(file))
		die("%s: %s", record_path, strerror(errno));
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	if (pinned)
		pin();
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
