/* SPDX-License-Identifier: MIT */
/*
 * Program headers and build-id of a file. See elf_file.h for the contract.
 */
#include "symbols/elf_file.h"

#include <elfutils/libdwelf.h>
#include <string.h>

#include "symbols/regular.h"

static void cleanup_elf(Elf **elf)
{
	elf_end(*elf);
}

static void read_build_id(Elf *elf, struct mtr_build_id *ret)
{
	const void *bytes = NULL;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &bytes);

	if (n <= 0 || (size_t)n > sizeof(ret->bytes))
		return;
	memcpy(ret->bytes, bytes, (size_t)n);
	ret->n = (uint8_t)n;
}

/* Nothing is mapped here: a file that gets shorter meanwhile gives less, and no
 * signal. */
void mtr_elf_file_id(int fd, struct mtr_build_id *ret)
{
	mtr_cleanup(cleanup_elf) Elf *elf = NULL;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		read_build_id(elf, ret);
}

static struct mtr_error *read_headers(Elf *elf, struct mtr_elf_file *f)
{
	size_t n;

	if (elf_getphdrnum(elf, &n) != 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr header, *load;

		if (!gelf_getphdr(elf, (int)i, &header))
			break;
		if (header.p_type == PT_DYNAMIC)
			f->dynamic = header.p_vaddr;
		if (header.p_type != PT_LOAD)
			continue;
		load = mtr_loads_push(&f->loads);
		if (!load)
			return mtr_error_nomem();
		*load = header;
	}
	return NULL;
}

/* As objcopy --only-keep-debug makes them: the code's sections are empty. */
static bool is_debug_file(Elf *elf)
{
	Elf_Scn *section = NULL;
	bool empty = false;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) ||
		    !(header.sh_flags & SHF_EXECINSTR))
			continue;
		if (header.sh_type != SHT_NOBITS)
			return false;
		empty = true;
	}
	return empty;
}

static struct mtr_error *read_file(const char *path, struct mtr_elf_file *f)
{
	mtr_cleanup(cleanup_elf) Elf *elf = NULL;

	MTR_TRY(mtr_regular_open(path, &f->fd));
	elf = elf_begin(f->fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF ||
	    !gelf_getehdr(elf, &f->header))
		return mtr_error_create("%s: not an ELF file", path);
	MTR_TRY(read_headers(elf, f));
	if (!f->loads.n)
		return mtr_error_create("%s: no program in it", path);
	if (is_debug_file(elf))
		return mtr_error_create(
			"%s: it is a separate debug file, which "
			"has no code: give the program itself",
			path);
	read_build_id(elf, &f->build_id);
	return NULL;
}

struct mtr_error *mtr_elf_file_open(const char *path, struct mtr_elf_file *ret)
{
	struct mtr_error *error;

	elf_version(EV_CURRENT);
	*ret = (struct mtr_elf_file){ .fd = -1 };
	error = read_file(path, ret);
	if (error)
		mtr_elf_file_close(ret);
	return error;
}

void mtr_elf_file_close(struct mtr_elf_file *f)
{
	mtr_cleanup_close(&f->fd);
	f->fd = -1;
	mtr_loads_fini(&f->loads);
}

static bool is_code(const struct mtr_range *r)
{
	return r->prot >= 0 && (r->prot & MTR_PROT_EXEC);
}

/*
 * Does @r show a part of @load? Without knowing the page size of the machine:
 * the two overlap in the file. A file of debug information alone has p_filesz
 * 0, hence the larger of the two sizes.
 */
static bool overlaps(const GElf_Phdr *load, const struct mtr_range *r)
{
	uint64_t bytes =
		load->p_filesz > load->p_memsz ? load->p_filesz : load->p_memsz;

	if (is_code(r) && !(load->p_flags & PF_X))
		return false;
	if (r->offset >= load->p_offset)
		return r->offset - load->p_offset < bytes;
	return load->p_offset - r->offset < r->end - r->start;
}

static uint64_t bias_of(const GElf_Phdr *load, const struct mtr_range *r)
{
	return r->start - r->offset + load->p_offset - load->p_vaddr;
}

static bool fits(const struct mtr_elf_file *f, const struct mtr_range *r,
		 uint64_t bias)
{
	for (size_t i = 0; i < f->loads.n; i++) {
		const GElf_Phdr *load = &f->loads.at[i];

		if (overlaps(load, r) && bias_of(load, r) == bias)
			return true;
	}
	return false;
}

/* What else of a file a program maps for itself tells nothing. */
static bool may_hold_code(const struct mtr_range *r)
{
	return r->prot < 0 || is_code(r);
}

/*
 * The loader maps a file as one piece, and the segments over that. Between two
 * segments the first mapping stays, without any rights, and gcore(1) tells of
 * its place, but not of the rights.
 */
static bool is_hole(const struct mtr_elf_file *f, const struct mtr_range *r,
		    uint64_t bias)
{
	const GElf_Phdr *first = &f->loads.at[0];
	bool ends = false;

	if (r->prot >= 0 || r->offset < first->p_offset ||
	    bias_of(first, r) != bias)
		return false;
	for (size_t i = 0; i < f->loads.n; i++) {
		const GElf_Phdr *load = &f->loads.at[i];

		if (load->p_vaddr >= r->end - bias)
			ends = true;
		else if (load->p_vaddr + load->p_memsz > r->start - bias)
			return false;
	}
	return ends;
}

static bool all_fit(const struct mtr_elf_file *f,
		    const struct mtr_range *ranges, size_t n, uint64_t bias)
{
	for (size_t i = 0; i < n; i++)
		if (may_hold_code(&ranges[i]) && !fits(f, &ranges[i], bias) &&
		    !is_hole(f, &ranges[i], bias))
			return false;
	return true;
}

/* What @bias has for it: ranges that lie as it says. */
static size_t count_fits(const struct mtr_elf_file *f,
			 const struct mtr_range *ranges, size_t n,
			 uint64_t bias)
{
	size_t fit = 0;

	for (size_t i = 0; i < n; i++)
		fit += fits(f, &ranges[i], bias);
	return fit;
}

struct guess {
	size_t votes; /* 0: none yet */
	uint64_t bias;
};

/*
 * Two segments may share a page of the file, so one range alone can speak for
 * two biases, and where its rights are not known for that of the segment before
 * the code: the other ranges know better, and code is asked for.
 */
static void guess_by(const struct mtr_elf_file *f, const struct mtr_range *r,
		     const struct mtr_range *ranges, size_t n,
		     struct guess *best)
{
	for (size_t i = 0; i < f->loads.n; i++) {
		const GElf_Phdr *load = &f->loads.at[i];
		uint64_t bias = bias_of(load, r);
		size_t votes;

		if (!overlaps(load, r) || !all_fit(f, ranges, n, bias))
			continue;
		votes = 2 * count_fits(f, ranges, n, bias) +
			!!(load->p_flags & PF_X);
		if (votes > best->votes)
			*best = (struct guess){ votes, bias };
	}
}

/* The first range may be a hole, which speaks for no bias. */
bool mtr_elf_file_part_bias(const struct mtr_elf_file *f,
			    const struct mtr_range *ranges, size_t n,
			    uint64_t *ret)
{
	enum { TRIES = 4 };
	struct guess best = { 0 };
	int tried = 0;

	for (size_t i = 0; i < n && tried < TRIES && !best.votes; i++) {
		if (!may_hold_code(&ranges[i]))
			continue;
		guess_by(f, &ranges[i], ranges, n, &best);
		tried++;
	}
	if (n && !tried)
		guess_by(f, ranges, ranges, n, &best);
	if (best.votes)
		*ret = best.bias;
	return best.votes;
}

bool mtr_elf_file_bias(const struct mtr_elf_file *f,
		       const struct mtr_range *ranges, size_t n, uint64_t *ret)
{
	return mtr_elf_file_part_bias(f, ranges, n, ret) &&
	       (f->header.e_type != ET_EXEC || *ret == 0);
}

/*
 * The ELF header and the program headers, but not where the sections are:
 * stripping moves those.
 */
static enum mtr_likeness compare_headers(const struct mtr_elf_file *f,
					 struct mtr_target *t, uint64_t start)
{
	const GElf_Ehdr *a = &f->header;
	Elf64_Ehdr b;
	Elf64_Phdr load;
	size_t seen = 0;

	if (mtr_target_read(t, start, &b, sizeof(b)) != sizeof(b))
		return MTR_UNSEEN;
	if (memcmp(a->e_ident, b.e_ident, EI_ABIVERSION + 1) != 0 ||
	    a->e_type != b.e_type || a->e_machine != b.e_machine ||
	    a->e_entry != b.e_entry || a->e_phnum != b.e_phnum)
		return MTR_OTHER_HEADER;
	for (size_t i = 0; i < b.e_phnum && seen < f->loads.n; i++) {
		uint64_t at = start + b.e_phoff + i * sizeof(load);

		if (mtr_target_read(t, at, &load, sizeof(load)) != sizeof(load))
			return MTR_PERHAPS;
		if (load.p_type != PT_LOAD)
			continue;
		if (load.p_vaddr != f->loads.at[seen].p_vaddr ||
		    load.p_memsz != f->loads.at[seen].p_memsz)
			return MTR_OTHER_HEADER;
		seen++;
	}
	return seen == f->loads.n ? MTR_PERHAPS : MTR_OTHER_HEADER;
}

enum mtr_likeness mtr_elf_file_compare(const struct mtr_elf_file *f,
				       struct mtr_target *t, uint64_t start,
				       const struct mtr_build_id *id)
{
	if (!id->n)
		return compare_headers(f, t, start);
	return mtr_build_id_same(id, &f->build_id) ? MTR_SAME : MTR_OTHER_ID;
}

bool mtr_build_id_same(const struct mtr_build_id *a,
		       const struct mtr_build_id *b)
{
	return a->n == b->n && memcmp(a->bytes, b->bytes, a->n) == 0;
}

const char *mtr_build_id_text(const struct mtr_build_id *id,
			      char text[MTR_BUILD_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	if (!id->n)
		return "none";
	for (size_t i = 0; i < id->n && i < sizeof(id->bytes); i++) {
		text[n++] = digits[id->bytes[i] >> 4];
		text[n++] = digits[id->bytes[i] & 15];
	}
	text[n] = '\0';
	return text;
}
