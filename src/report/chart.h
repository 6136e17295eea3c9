/* SPDX-License-Identifier: MIT */
/*
 * report/chart: the script that draws the charts of the HTML report. It is bundled at build time from
 * chart/ and the packages named there (see the option `html`); without npm it is empty.
 */
#ifndef MADVISOR_REPORT_CHART_H
#define MADVISOR_REPORT_CHART_H

#include "base/strbuf.h"
#include "model/result.h"

/* Goes into a script element as it is. "" where the build has no charts. */
extern const char chart_script[];
/* Its hash, for the page's Content-Security-Policy: "sha256-…". */
extern const char chart_script_hash[];

/* Appends what the script draws, as JSON that can stand in a script element of type application/json. */
void chart_add_data(struct strbuf *out, const struct result *result) __attribute__((nonnull));

#endif
