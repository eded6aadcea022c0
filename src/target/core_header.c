/* SPDX-License-Identifier: MIT */
/*
 * The headers of a core file. See core_header.h.
 */
#include "target/core_header.h"

#include <inttypes.h>

static const char *machine_name(int machine)
{
	switch (machine) {
	case EM_386:
		return "i386";
	case EM_ARM:
		return "ARM";
	case EM_PPC64:
		return "PowerPC64";
	case EM_S390:
		return "S/390";
	case EM_RISCV:
		return "RISC-V";
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "AArch64";
	default:
		return "unknown";
	}
}

static struct mtr_error *ident_check(const struct mtr_map *map)
{
	if (map->bytes < EI_NIDENT)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "it is cut off inside its ELF header");
	if (map->at[EI_DATA] == ELFDATA2MSB)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a big-endian ELF file; only "
				       "little-endian cores can be read");
	if (map->at[EI_CLASS] == ELFCLASS32)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a 32-bit ELF file; only 64-bit "
				       "cores can be read");
	if (map->at[EI_DATA] != ELFDATA2LSB || map->at[EI_CLASS] != ELFCLASS64)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "its ELF header makes no sense");
	if (map->bytes < sizeof(Elf64_Ehdr))
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "it is cut off inside its ELF header");
	return NULL;
}

/* How many program headers; beyond 0xfffe the first section header says. */
static struct mtr_error *phdr_count(const struct mtr_map *map,
				    const Elf64_Ehdr *eh, uint64_t *ret)
{
	Elf64_Shdr sh;

	*ret = eh->e_phnum;
	if (eh->e_phnum != PN_XNUM)
		return NULL;
	if (eh->e_shoff > map->bytes || map->bytes - eh->e_shoff < sizeof(sh))
		return mtr_error_coded(
			MTR_ERROR_DAMAGED,
			"it is cut off: the section header at offset %" PRIu64
			", which counts its segments, is missing",
			eh->e_shoff);
	memcpy(&sh, map->at + eh->e_shoff, sizeof(sh));
	*ret = sh.sh_info;
	return NULL;
}

struct mtr_error *mtr_core_phdrs(const struct mtr_map *map,
				 const Elf64_Ehdr *eh, struct mtr_phdrs *ret)
{
	uint64_t n, have;

	MTR_TRY(phdr_count(map, eh, &n));
	if (!n)
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "it has no program headers");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return mtr_error_coded(MTR_ERROR_DAMAGED,
				       "its program headers have %u bytes, "
				       "not %zu",
				       eh->e_phentsize, sizeof(Elf64_Phdr));
	have = eh->e_phoff < map->bytes ? map->bytes - eh->e_phoff : 0;
	if (have / sizeof(Elf64_Phdr) < n)
		return mtr_error_coded(
			MTR_ERROR_DAMAGED,
			"it is cut off inside its program headers: %" PRIu64
			" from offset %" PRIu64 " on, in a file of %zu bytes",
			n, eh->e_phoff, map->bytes);
	*ret = (struct mtr_phdrs){ map->at + eh->e_phoff, n };
	return NULL;
}

/* It is not a core: say what it is. */
static struct mtr_error *not_a_core(const struct mtr_map *map,
				    const Elf64_Ehdr *eh)
{
	const char *what = "an ELF file of an unknown type";
	struct mtr_phdrs p = { 0 };
	struct mtr_error *error;

	if (eh->e_type == ET_REL)
		what = "an object file";
	if (eh->e_type == ET_EXEC)
		what = "an executable";
	if (eh->e_type == ET_DYN) {
		what = "a shared object";
		error = mtr_core_phdrs(map, eh, &p);
		mtr_error_destroy(error);
	}
	for (uint64_t i = 0; i < p.n; i++)
		if (mtr_phdr_at(&p, i).p_type == PT_INTERP)
			what = "an executable";
	return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
			       "it is %s, not a core dump", what);
}

struct mtr_error *mtr_core_header(const struct mtr_map *map, Elf64_Ehdr *ret)
{
	MTR_TRY(ident_check(map));
	memcpy(ret, map->at, sizeof(*ret));
	if (ret->e_type != ET_CORE)
		return not_a_core(map, ret);
	if (ret->e_machine != EM_X86_64 && ret->e_machine != EM_AARCH64)
		return mtr_error_coded(MTR_ERROR_UNSUPPORTED,
				       "it is a core of machine %u (%s); only "
				       "x86-64 and AArch64 can be read",
				       ret->e_machine,
				       machine_name(ret->e_machine));
	return NULL;
}
