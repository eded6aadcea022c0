/* SPDX-License-Identifier: MIT */
/*
 * The pages of a live process: /proc/PID/smaps counts them by mapping, and
 * PAGEMAP_SCAN (Linux 6.7) or /proc/PID/pagemap list them.
 *
 * What smaps counts is right. The page of zeros that the kernel lends to who
 * reads memory that nobody wrote to is in pagemap and not in smaps; the scan
 * tells it apart, plain pagemap but for what was shared with a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "target/resident_impl.h"

/* ------------------------------------------------------------------ smaps */

static bool take_hex(const char **at, uint64_t *ret)
{
	const char *start = *at;

	for (*ret = 0; *ret >> 60 == 0; ++*at) {
		if (**at >= '0' && **at <= '9')
			*ret = *ret << 4 | (uint64_t)(**at - '0');
		else if (**at >= 'a' && **at <= 'f')
			*ret = *ret << 4 | (uint64_t)(**at - 'a' + 10);
		else
			break;
	}
	return *at > start;
}

/* "Rss:       12 kB" */
static bool take_field(const char *line, const char *name, uint64_t *ret)
{
	size_t n = strlen(name);
	uint64_t kilobytes = 0;

	if (strncmp(line, name, n) != 0)
		return false;
	for (line += n; *line == ' '; line++)
		;
	for (; *line >= '0' && *line <= '9' && kilobytes >> 48 == 0; line++)
		kilobytes = kilobytes * 10 + (uint64_t)(*line - '0');
	*ret = kilobytes << 10;
	return true;
}

/* "start-end ..."; NULL: it makes no sense, or there is no memory. */
static struct mtr_mapping_pages *
mapping_begin(const char *line, struct mtr_mapping_list *v, bool *no_memory)
{
	struct mtr_mapping_pages m = { 0 }, *slot;

	if (!take_hex(&line, &m.start) || *line++ != '-' ||
	    !take_hex(&line, &m.end) || m.start >= m.end ||
	    (v->n && m.start < v->at[v->n - 1].end))
		return NULL;
	slot = mtr_mapping_list_push(v);
	*no_memory |= !slot;
	if (slot)
		*slot = m;
	return slot;
}

static void mapping_field(const char *line, struct mtr_mapping_pages *m)
{
	uint64_t bytes = m->end - m->start, n;

	if (take_field(line, "Rss:", &n))
		m->resident = n < bytes ? n : bytes;
	else if (take_field(line, "Swap:", &n))
		m->swapped = n < bytes ? n : bytes;
	else if (take_field(line, "AnonHugePages:", &n) ||
		 take_field(line, "ShmemPmdMapped:", &n) ||
		 take_field(line, "FilePmdMapped:", &n))
		m->huge += n < bytes - m->huge ? n : bytes - m->huge;
	else if (take_field(line, "Private_Hugetlb:", &n) ||
		 take_field(line, "Shared_Hugetlb:", &n))
		m->huge_tlb +=
			n < bytes - m->huge_tlb ? n : bytes - m->huge_tlb;
}

struct mtr_error *mtr_smaps_read(const char *text, size_t bytes,
				 struct mtr_mapping_list *ret)
{
	const char *end = text + bytes;
	struct mtr_mapping_pages *m = NULL;
	bool no_memory = false;

	while (text < end && !no_memory) {
		const char *stop = memchr(text, '\n', end - text);

		if (*text < 'A' || *text > 'Z')
			m = mapping_begin(text, ret, &no_memory);
		else if (m)
			mapping_field(text, m);
		text = stop ? stop + 1 : end;
	}
	return no_memory ? mtr_error_nomem() : NULL;
}

static struct mtr_error *smaps_find(int pid, struct mtr_mapping_list *ret)
{
	mtr_cleanup(mtr_strbuf_fini) struct mtr_strbuf text = { 0 };
	mtr_auto_close int fd = -1;
	char piece[1 << 16];
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mtr_error_errno(errno, "%s", path);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		mtr_strbuf_add_bytes(&text, piece, n);
	if (n < 0)
		return mtr_error_errno(errno, "%s", path);
	if (text.failed)
		return mtr_error_nomem();
	return mtr_smaps_read(mtr_strbuf_text(&text), text.len, ret);
}

/* ---------------------------------------------------------------- listing */

static bool list(struct mtr_listing *v, uint64_t start, uint64_t end,
		 bool doubtful)
{
	struct mtr_listed *last = v->n ? &v->at[v->n - 1] : NULL;

	if (last && start < last->end)
		start = last->end;
	if (start >= end)
		return true;
	if (last && last->end == start && last->doubtful == doubtful) {
		last->end = end;
		return true;
	}
	last = mtr_listing_push(v);
	if (last)
		*last = (struct mtr_listed){ start, end, doubtful };
	return last;
}

/* As <linux/fs.h> of 6.7 has them. */
struct scan_region {
	uint64_t start, end, categories;
};

struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages,
		category_inverted, category_mask, category_anyof_mask,
		return_mask;
};

enum {
	PAGE_PRESENT = 1 << 3,
	PAGE_ZERO = 1 << 5, /* the page of zeros */
	PAGE_HUGE = 1 << 6,
	REGIONS = 1024,
};

#define SCAN _IOWR('f', 16, struct scan)

/* A huge page of zeros looks like any other huge page. */
static struct mtr_error *scan(int fd, uint64_t start, uint64_t end,
			      struct mtr_listing *ret, bool *can)
{
	struct scan_region found[REGIONS];
	struct scan s = {
		.size = sizeof(s),
		.start = start,
		.end = end,
		.vec = (uintptr_t)found,
		.vec_len = REGIONS,
		.category_inverted = PAGE_ZERO,
		.category_mask = PAGE_PRESENT | PAGE_ZERO,
		.return_mask = PAGE_PRESENT | PAGE_HUGE,
	};

	for (*can = true; s.start < end; s.start = s.walk_end) {
		int n;

		/* where it was interrupted says nothing: once more */
		do
			n = ioctl(fd, SCAN, &s);
		while (n < 0 && errno == EINTR);
		if (n < 0 || s.walk_end <= s.start) {
			*can = false;
			return NULL;
		}
		for (int i = 0; i < n; i++)
			if (!list(ret, found[i].start, found[i].end,
				  found[i].categories & PAGE_HUGE))
				return mtr_error_nomem();
	}
	return NULL;
}

/* What /proc/PID/pagemap has of a page, in its upper bits. */
static bool list_page(struct mtr_listing *v, uint64_t start, uint64_t end,
		      uint64_t page)
{
	static const uint64_t present = UINT64_C(1) << 63,
			      of_file = UINT64_C(1) << 61,
			      exclusive = UINT64_C(1) << 56;

	return !(page & present) ||
	       list(v, start, end, !(page & (of_file | exclusive)));
}

enum { PAGES_AT_ONCE = 8192 };

static struct mtr_error *walk(int fd, uint64_t start, uint64_t end,
			      uint64_t size, struct mtr_listing *ret)
{
	uint64_t pages[PAGES_AT_ONCE];

	while (start < end) {
		uint64_t n = (end - start + size - 1) / size;
		ssize_t got;

		n = n < PAGES_AT_ONCE ? n : PAGES_AT_ONCE;
		got = pread(fd, pages, n * sizeof(*pages),
			    (off_t)(start / size * sizeof(*pages)));
		if (got < (ssize_t)sizeof(*pages))
			return NULL; /* nothing of it is listed */
		n = got / sizeof(*pages);
		for (uint64_t i = 0; i < n; i++, start += size)
			if (!list_page(ret, start, start + size, pages[i]))
				return mtr_error_nomem();
	}
	return NULL;
}

/*
 * Of a mapping with nothing in it there is nothing to be listed. Without a scan
 * what is reserved counts as what is there: a terabyte takes a second.
 */
static struct mtr_error *pages_list(int fd, bool can_scan,
				    const struct mtr_pages *p,
				    struct mtr_listing *ret)
{
	uint64_t left = UINT64_C(1) << 30; /* pages to be walked */
	static const uint64_t most = UINT64_C(1) << 28;

	for (size_t i = 0; i < p->mappings.n; i++) {
		const struct mtr_mapping_pages *m = &p->mappings.at[i];
		uint64_t n = (m->end - m->start) / p->page;

		/* the upper half is the kernel's */
		if (!m->resident || m->end > INT64_MAX)
			continue;
		if (can_scan)
			MTR_TRY(scan(fd, m->start, m->end, ret, &can_scan));
		if (can_scan || n > most || n > left)
			continue;
		left -= n;
		MTR_TRY(walk(fd, m->start, m->end, p->page, ret));
	}
	return NULL;
}

struct mtr_error *mtr_live_pages(int pid, bool scan, struct mtr_pages *ret)
{
	mtr_cleanup(mtr_listing_fini) struct mtr_listing listing = { 0 };
	mtr_auto_close int fd = -1;
	char path[64];

	*ret = (struct mtr_pages){ .page = sysconf(_SC_PAGESIZE) };
	MTR_TRY(smaps_find(pid, &ret->mappings));
	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mtr_error_errno(errno, "%s", path);
	MTR_TRY(pages_list(fd, scan, ret, &listing));
	return mtr_pages_fit(ret, &listing);
}
