/* SPDX-License-Identifier: MIT */
/* A plugin with a thread-local variable, for leaky. */
static _Thread_local struct {
	char other[3000];
	void *place;
} own;

void **leaky_place(void);

void **leaky_place(void)
{
	return &own.place;
}
