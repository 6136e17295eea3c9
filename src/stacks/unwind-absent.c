/* SPDX-License-Identifier: MIT */
/* Takes the place of unwind.c where madvisor is built without elfutils' libdw. */
#include <errno.h>
#include <stdlib.h>

#include "stacks/symbolise.h"
#include "stacks/unwind.h"

int symbolise_check(struct error *err)
{
	error_set(err, ERROR_MACHINE, ENOTSUP, "this madvisor was built without elfutils");
	error_hint(err, "install libdw-dev, and build again");
	return -ENOTSUP;
}

/* Never called: symbolise_check() fails first. */
void unwind_write(const struct unwinding *unwinding, struct strbuf *out)
{
	abort();
}
