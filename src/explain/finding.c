/* SPDX-License-Identifier: MIT */
#include "explain/finding.h"

#include <math.h>
#include <stdlib.h>

#include "base/units.h"
#include "base/xalloc.h"

void finding_add_evidence(struct finding *finding, const struct subject *subject,
			  const enum metric_id *ids)
{
	for (; *ids != METRIC_COUNT; ids++)
		finding->evidence.value[*ids] = subject_get(subject, *ids);
}

static struct finding_setting *push_setting(struct finding *finding)
{
	finding->settings = xreallocarray(finding->settings, finding->setting_count + 1,
					  sizeof(*finding->settings));
	struct finding_setting *setting = &finding->settings[finding->setting_count++];
	*setting = (struct finding_setting){ 0 };
	return setting;
}

void finding_add_setting(struct finding *finding, const char *key, const char *value,
			 const char *why, const char *risk)
{
	*push_setting(finding) = (struct finding_setting){
		.key = xstrdup(key),
		.value = xstrdup(value),
		.why = xstrdup(why),
		.risk = xstrdup(risk),
	};
}

void finding_add_variable(struct finding *finding, const char *variable, const char *value,
			  const char *why, const char *risk)
{
	*push_setting(finding) = (struct finding_setting){
		.variable = xstrdup(variable),
		.value = xstrdup(value),
		.why = xstrdup(why),
		.risk = xstrdup(risk),
	};
}

void finding_drop_setting(struct finding *finding)
{
	finding_drop_settings(finding, finding->setting_count - 1);
}

static void add_part(struct strbuf *sb, double ns, const char *name)
{
	if (!(ns > 0))
		return;
	if (sb->len)
		strbuf_addstr(sb, " + ");
	format_ns(sb, ns);
	strbuf_addf(sb, " in %s", name);
}

void finding_predict(struct finding *finding, const struct subject *subject, double faults,
		     const char *faults_name, double calls_ns, const char *calls_name)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	double faults_ns = subject_faults_ns(subject, faults);

	if (!subject->timed || isnan(faults_ns) || isnan(calls_ns))
		return;
	double saved_ns = fmin(faults_ns + calls_ns, subject->tax_ns);
	finding->predicted_gain_pct = subject_share_pct(subject, saved_ns);
	add_part(&sb, faults_ns, faults_name);
	add_part(&sb, calls_ns, calls_name);
	strbuf_addstr(&sb, ", of ");
	format_ns(&sb, subject->cpu_ns);
	strbuf_addstr(&sb, " CPU time, if all of it goes away");
	finding->prediction = strbuf_detach(&sb);
}

double finding_trust(const struct subject *subject)
{
	return fmax(1 - 0.5 * subject->lost_pct / LOST_PCT, 0.1);
}

double finding_confidence(const struct subject *subject)
{
	double confidence = subject->timed        ? CONFIDENCE_TIMED
			    : subject->classified ? 0.7
						  : CONFIDENCE_COUNTED;

	return confidence * finding_trust(subject);
}

void say_pct(struct strbuf *sb, double pct)
{
	strbuf_addf(sb, "%.*f%%", pct < 9.95 ? 1 : 0, pct);
}

void say_faults(struct strbuf *sb, const struct subject *subject, double faults)
{
	format_count(sb, faults);
	strbuf_addstr(sb, " of ");
	format_count(sb, subject->faults);
	strbuf_addf(sb, " page faults (%.0f%%)", subject_of_faults_pct(subject, faults));
}

void say_calls(struct strbuf *sb, const struct subject *subject, enum metric_id calls,
	       enum metric_id bytes, const char *did)
{
	double per_second = subject_per_second(subject, calls);
	double count = subject_get(subject, calls);

	format_count(sb, count);
	strbuf_addstr(sb, count == 1 ? " call" : " calls");
	if (per_second >= 1) {
		strbuf_addstr(sb, ", ");
		format_count(sb, per_second);
		strbuf_addstr(sb, " a second,");
	}
	if (!isnan(subject_get(subject, bytes))) {
		strbuf_addf(sb, " %s ", did);
		format_bytes(sb, subject_get(subject, bytes));
	}
}

void say_share(struct strbuf *sb, const struct subject *subject, double ns)
{
	if (!subject->timed || isnan(ns))
		return;
	say_pct(sb, subject_share_pct(subject, fmin(ns, subject->tax_ns)));
	strbuf_addstr(sb, " of its CPU time goes into this. ");
}

void say_allocator(struct strbuf *sb, const struct subject *subject)
{
	if (!*subject->allocator)
		strbuf_addstr(sb, "the allocator");
	else
		strbuf_addf(sb, "%s%s%s", subject->allocator,
			    subject->contender->version ? " " : "",
			    subject->contender->version ? subject->contender->version : "");
}

void say_metric(struct strbuf *sb, const struct subject *subject, enum metric_id id)
{
	double value = subject_get(subject, id);

	if (metric_info(id)->unit == UNIT_NS)
		format_ns(sb, value);
	else if (metric_info(id)->unit == UNIT_BYTES)
		format_bytes(sb, value);
	else
		format_count(sb, value);
}
