/* SPDX-License-Identifier: MIT */
/*
 * malloc_tracer: which code allocated the live heap of a core or a process.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct mtr_command *const commands[] = {
	&mtr_cmd_run,	       &mtr_cmd_report, &mtr_cmd_list,
	&mtr_cmd_why,	       &mtr_cmd_leaks,	&mtr_cmd_memory,
	&mtr_cmd_diff,	       &mtr_cmd_top,	&mtr_cmd_export,
	&mtr_cmd_info,	       &mtr_cmd_mark,	&mtr_cmd_snapshot,
	&mtr_cmd_core_pattern,
};

enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static int version(void)
{
	puts(PACKAGE_STRING);
	return mtr_stdout_finish();
}

static void usage(FILE *to)
{
	fputs("Usage: malloc_tracer COMMAND [OPTION]... TARGET\n"
	      "\n"
	      "Show which code allocated the live heap of a process. TARGET "
	      "is\n"
	      "a core file, a process number or a saved snapshot.\n"
	      "\n",
	      to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-14s%s\n", commands[i]->name,
			commands[i]->summary);
	fputs("\n"
	      "  -h, --help\n"
	      "  --version\n"
	      "\n"
	      "'malloc_tracer COMMAND --help' describes a command.\n",
	      to);
}

static int command_help(const struct mtr_command *c)
{
	printf("Usage: malloc_tracer %s [OPTION]... %s\n\n%s.\n%s\n", c->name,
	       c->operands, c->summary, c->about);
	mtr_args_help(c);
	return mtr_stdout_finish();
}

static int command_run(const struct mtr_command *c, int argc, char **argv)
{
	static char name[] = "malloc_tracer";
	struct mtr_args args;

	argv[0] = name; /* for what getopt says */
	switch (mtr_args_parse(c, argc, argv, &args)) {
	case MTR_PARSED:
		return c->run(&args);
	case MTR_PARSED_HELP:
		return command_help(c);
	case MTR_PARSED_VERSION:
		return version();
	default:
		return MTR_EXIT_USAGE;
	}
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
	return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return MTR_EXIT_USAGE;
	}
	if (is_one_of(argv[1], "-h", "--help")) {
		usage(stdout);
		return mtr_stdout_finish();
	}
	if (strcmp(argv[1], "--version") == 0)
		return version();
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, argv[1]) == 0)
			return command_run(commands[i], argc - 1, argv + 1);
	mtr_say("unknown command '%s'", argv[1]);
	fputs("Try 'malloc_tracer --help'.\n", stderr);
	return MTR_EXIT_USAGE;
}
