/* SPDX-License-Identifier: MIT */
/* Signals that come in the middle of malloc, and look blocks up. */
#include <signal.h>
#include <sys/time.h>

#include "check.h"

enum { SIGNALS = 1000, SLOTS = 64 };

static volatile sig_atomic_t seen;
static void *known;

static void on_alarm(int number)
{
	seen += number == SIGALRM;
	CHECK(recorded(known, 321));
}

static void churn(void **p, size_t i)
{
	void **slot = &p[i % SLOTS];

	if (i % 5 == 0) {
		*slot = realloc(*slot, i * 41 % 9000 + 1);
		return;
	}
	free(*slot);
	*slot = i % 3 ? malloc(i * 37 % 3000) : calloc(1, i * 37 % 200000);
}

int main(void)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } }, never = { 0 };
	struct sigaction action = { .sa_handler = on_alarm };
	void *p[SLOTS] = { NULL };
	uint64_t before;

	check_active();
	known = malloc(321);
	before = live_blocks();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (size_t i = 0; seen < SIGNALS; i++)
		churn(p, i);
	setitimer(ITIMER_REAL, &never, NULL);
	for (int i = 0; i < SLOTS; i++)
		free(p[i]);
	CHECK(live_blocks() == before);
	return 0;
}
