/* SPDX-License-Identifier: MIT */
/* Stands in for the bundle where the build has no charts. */
#include "report/chart.h"

const char chart_script[] = "";
const char chart_script_hash[] = "";
