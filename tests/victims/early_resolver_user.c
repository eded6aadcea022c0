/* SPDX-License-Identifier: MIT */
/* Has early_resolver_lib's function resolved when it is relocated. */
int early_answer(void);
int early_ask(void);

int early_ask(void)
{
	return early_answer();
}
