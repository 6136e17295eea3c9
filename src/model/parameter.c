/* SPDX-License-Identifier: MIT */
#include "model/parameter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/xalloc.h"

/* Digits that a double, and a JSON number in a document, keep exactly. */
#define DIGITS_MAX 15

static double number_in(const char *value)
{
	double number;

	if (strlen(value) > DIGITS_MAX || value[strspn(value, "-.0123456789")] ||
	    parse_double(value, &number) < 0)
		return NAN;
	return number;
}

void parameter_init(struct parameter *parameter, const char *name, const char *value,
		    const char *unit)
{
	double number = number_in(value);

	*parameter = (struct parameter){
		.name = xstrdup(name),
		.text = isnan(number) ? xstrdup(value) : NULL,
		.number = number,
		.unit = unit ? xstrdup(unit) : NULL,
	};
}

void parameter_release(struct parameter *parameter)
{
	free(parameter->name);
	free(parameter->text);
	free(parameter->unit);
	*parameter = (struct parameter){ 0 };
}
