/* SPDX-License-Identifier: MIT */
/*
 * Names and sizes in reports. See name.h for the contract.
 */
#include "report/name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

void mtr_name_place(struct mtr_strbuf *b, uint64_t pc,
		    const struct mtr_frame *frame)
{
	const struct mtr_module *m = frame->module;

	if (m)
		mtr_strbuf_printf(b, "%s+%#" PRIx64, m->name,
				  pc - m->bias - !frame->exact);
	else
		mtr_strbuf_printf(b, "%#" PRIx64, pc);
}

void mtr_name_frame(struct mtr_strbuf *b, uint64_t pc,
		    const struct mtr_frame *frame)
{
	if (frame->function)
		mtr_strbuf_add(b, frame->function);
	else if (pc == MTR_CALLER_UNKNOWN)
		mtr_strbuf_add(b, "(not known)");
	else if (pc)
		mtr_name_place(b, pc, frame);
	else
		mtr_strbuf_add(b, MTR_NAME_CORRUPT);
}

/* The functions at @site, the outermost first, each with a ";" before it but
 * the first of all. */
static void name_site(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		      const struct mtr_site *site, bool first)
{
	for (uint32_t i = site->n; i > 0; i--, first = false) {
		if (!first)
			mtr_strbuf_add(b, ";");
		mtr_name_frame(b, site->pc, &s->frames.at[site->first + i - 1]);
	}
}

void mtr_name_stack(struct mtr_strbuf *b, const struct mtr_heap_view *s,
		    const struct mtr_stack *stack, const struct mtr_site *site)
{
	uint32_t sites[MTR_STACK_FRAMES_MAX];
	unsigned n;

	if (!stack) {
		name_site(b, s, site, true);
		return;
	}
	n = mtr_stack_sites(&s->stacks, stack, sites);
	for (unsigned i = n; i > 0; i--)
		name_site(b, s, &s->sites.at[sites[i - 1]], i == n);
}

struct end {
	const char *key, *text;
};

static const struct end ends[MTR_ROOT_COUNT] = {
	[MTR_ROOT_NONE] = { "none", "no stack" },
	[MTR_ROOT_COMPLETE] = { "complete", "complete" },
	[MTR_ROOT_DEPTH] = { "depth", "cut" },
	[MTR_ROOT_NO_CFI] = { "no_cfi", "no unwind information" },
	[MTR_ROOT_EXPRESSION] = { "expression",
				  "an unwind rule that is not understood" },
	[MTR_ROOT_DAMAGED] = { "damaged", "damaged unwind information" },
	[MTR_ROOT_STACK] = { "stack", "a frame outside of the stack" },
	[MTR_ROOT_CALLER] = { "caller", "the caller alone" },
};

void mtr_name_end(struct mtr_strbuf *b, unsigned end, unsigned depth)
{
	mtr_strbuf_add(b, end < MTR_ROOT_COUNT ? ends[end].text
					       : "for another reason");
	if (end == MTR_ROOT_DEPTH)
		mtr_strbuf_printf(b, " at %u frames", depth);
}

const char *mtr_name_end_key(unsigned end)
{
	return end < MTR_ROOT_COUNT ? ends[end].key : "other";
}

const char *mtr_name_size(char ret[MTR_HUMAN], uint64_t bytes)
{
	static const char *const unit[] = { "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB" };
	uint64_t whole = bytes, tenths = 0;
	unsigned i = 0;

	if (bytes < 1024) {
		snprintf(ret, MTR_HUMAN, "%" PRIu64 " B", bytes);
		return ret;
	}
	for (;; i++) {
		uint64_t rest = whole % 1024;

		whole /= 1024;
		if (whole < 1024) {
			tenths = (rest * 10 + 512) / 1024;
			whole += tenths / 10;
			tenths %= 10;
			break;
		}
	}
	if (whole == 1024) {
		whole = 1;
		i++;
	}
	snprintf(ret, MTR_HUMAN, "%u.%u %s", (unsigned)whole, (unsigned)tenths,
		 unit[i]);
	return ret;
}

const char *mtr_name_build_id(char ret[MTR_NAME_BUILD_ID],
			      const struct mtr_build_id *id)
{
	if (!id->n)
		return "none";
	for (unsigned i = 0; i < id->n; i++)
		snprintf(ret + 2 * (size_t)i, 3, "%02x", id->bytes[i]);
	return ret;
}

const char *mtr_name_by(unsigned by)
{
	static const char *const names[MTR_BY_COUNT] = {
		[MTR_BY_FUNCTION] = "function",
		[MTR_BY_MODULE] = "module",
		[MTR_BY_CALLER] = "caller",
		[MTR_BY_LINE] = "line",
		[MTR_BY_STACK] = "stack",
		[MTR_BY_SIZE] = "size",
		[MTR_BY_GENERATION] = "generation",
		[MTR_BY_TYPE] = "type",
		[MTR_BY_ROOT] = "root",
	};

	return by < MTR_BY_COUNT ? names[by] : NULL;
}

const char *mtr_name_sort(unsigned sort)
{
	static const char *const names[] = {
		[MTR_SORT_BYTES] = "bytes",  [MTR_SORT_BLOCKS] = "count",
		[MTR_SORT_SLACK] = "unused", [MTR_SORT_RETAINED] = "retained",
		[MTR_SORT_PINS] = "pins",
	};

	return sort < sizeof(names) / sizeof(*names) ? names[sort] : NULL;
}

const char *mtr_name_kind(enum mtr_target_kind kind)
{
	return kind == MTR_TARGET_CORE	 ? "core"
	       : kind == MTR_TARGET_LIVE ? "process"
					 : "snapshot";
}

struct drop {
	const char *key, *text;
};

static const struct drop drops[] = {
	[MTR_DROP_UNALIGNED] = { "unaligned", "not on a 16-byte boundary" },
	[MTR_DROP_SMALL] = { "small", "too small for a record" },
	[MTR_DROP_HIGH] = { "high", "at an address above 2^48" },
	[MTR_DROP_LEDGER] = { "ledger", "no memory for the ledger" },
	[MTR_DROP_STARTUP] = { "startup", "handed out during start-up" },
	[MTR_DROP_NESTED] = { "nested", "requested by the allocator itself" },
	[MTR_DROP_FOREIGN] = { "foreign",
			       "from a function the allocator lacks, or "
			       "before the tracer was ready" },
	[MTR_DROP_LARGE] = { "large", "of 2^45 bytes or more" },
	[MTR_DROP_ROOM] = { "room",
			    "that the allocator had only without room for a "
			    "record" },
};

static_assert(sizeof(drops) / sizeof(*drops) == MTR_DROP_COUNT,
	      "a drop without a name");

const char *mtr_name_drop(unsigned reason)
{
	return reason < MTR_DROP_COUNT ? drops[reason].text : NULL;
}

const char *mtr_name_drop_key(unsigned reason)
{
	return reason < MTR_DROP_COUNT ? drops[reason].key : NULL;
}
