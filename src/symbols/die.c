/* SPDX-License-Identifier: MIT */
/*
 * Single DIEs. See die.h for the contract.
 */
#include "symbols/die.h"

#include <dwarf.h>

static bool goes_on(Dwarf_Die *die, struct mtr_die_walk *walk)
{
	Dwarf_Off offset = dwarf_dieoffset(die);

	walk->damaged |= offset <= walk->last;
	walk->last = offset;
	return !walk->damaged;
}

bool mtr_die_next(Dwarf_Die *die, struct mtr_die_walk *walk)
{
	return !walk->damaged && dwarf_siblingof(die, die) == 0 &&
	       goes_on(die, walk);
}

bool mtr_die_child(Dwarf_Die *parent, struct mtr_die_walk *walk, Dwarf_Die *ret)
{
	return !walk->damaged && dwarf_child(parent, ret) == 0 &&
	       goes_on(ret, walk);
}

size_t mtr_die_unit_bytes(Dwarf_Die *die)
{
	Dwarf_Off start = dwarf_dieoffset(die) - dwarf_cuoffset(die), next;
	size_t header;

	if (dwarf_nextcu(dwarf_cu_getdwarf(die->cu), start, &next, &header,
			 NULL, NULL, NULL) != 0 ||
	    next <= start)
		return 0;
	return next - start;
}

const char *mtr_die_linkage(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		return dwarf_formstring(&attr);
	return NULL;
}

Dwarf_Word mtr_die_number(Dwarf_Die *die, unsigned int attribute)
{
	Dwarf_Attribute attr;
	Dwarf_Word value;

	if (!dwarf_attr(die, attribute, &attr) ||
	    dwarf_formudata(&attr, &value) != 0)
		return 0;
	return value;
}
