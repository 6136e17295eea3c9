/* SPDX-License-Identifier: MIT */
/*
 * Where an unwind table tells the way out of a function. Where none does, elfutils takes the frame pointer for the way, which is
 * right only if that very function has set it: otherwise callers are left out, or are none.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

#include "base/array.h"
#include "stacks/unwind-internal.h"

static bool find_table(Dwfl_Module *module, Dwarf_Addr address)
{
	Dwarf_CFI *(*const tables[])(Dwfl_Module *, Dwarf_Addr *) = { dwfl_module_eh_cfi,
								      dwfl_module_dwarf_cfi };
	Dwarf_Addr bias;

	for (size_t i = 0; module && i < ARRAY_SIZE(tables); i++) {
		Dwarf_CFI *table = tables[i](module, &bias);
		Dwarf_Frame *frame;

		if (!table || dwarf_cfi_addrframe(table, address - bias, &frame) != 0)
			continue;
		free(frame);
		return true;
	}
	return false;
}

bool unwind_has_table(struct unwind_tables *tables, Dwfl *dwfl, Dwarf_Addr address)
{
	size_t at = (address ^ address >> 10) % UNWIND_TABLES_KNOWN;

	if (tables->known[at].address != address) {
		tables->known[at].address = address;
		tables->known[at].has_table = find_table(dwfl_addrmodule(dwfl, address), address);
	}
	return tables->known[at].has_table;
}
