/* SPDX-License-Identifier: MIT */
#include "report/effects.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "report/emitter.h"

/* Programs that are named in one footnote, and footnotes; the JSON has all. */
enum { PROGRAMS_SHOWN = 3, NOTES_SHOWN = 12 };

static const char *const reasons[EFFECT_REASONS] = {
	[EFFECT_OWN] = "its own allocator",
	[EFFECT_STATIC] = "linked statically",
	[EFFECT_PRIVILEGED] = "privileged by its file",
	[EFFECT_FOREIGN] = "a 32-bit program",
	[EFFECT_ENVIRONMENT] = "started without LD_PRELOAD",
	[EFFECT_OTHER] = "has another malloc",
	[EFFECT_SILENT] = "did not say what serves its malloc",
};

/* What to do about it. */
static const char *const remedies[EFFECT_REASONS] = {
	[EFFECT_OWN] = "LD_PRELOAD does not reach it: rebuild the program with another",
	[EFFECT_STATIC] = "its own allocator may have settings: `madvisor identify` with that file",
	[EFFECT_PRIVILEGED] = "compare it as the user who owns the privilege",
	[EFFECT_FOREIGN] =
		"contenders are built for this machine's 64 bits: compare a 64-bit build",
	[EFFECT_ENVIRONMENT] =
		"have the wrapper pass LD_PRELOAD on, or compare that program itself",
	[EFFECT_OTHER] = "its own allocator may have settings: `madvisor identify` with that file",
	[EFFECT_SILENT] = "compare that program itself",
};

static const struct effect *effect_of(const struct production *production, size_t case_index,
				      size_t contender_index)
{
	return contender_index == SIZE_MAX
		       ? NULL
		       : result_find_effect(production->result, case_index, contender_index);
}

bool effects_are_partial(const struct production *production, size_t case_index,
			 size_t contender_index)
{
	const struct effect *effect = effect_of(production, case_index, contender_index);

	return effect && effect->without_pct > EFFECT_SAID_PCT; /* false for NAN */
}

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return !path ? "a program whose file is not known" : slash && slash[1] ? slash + 1 : path;
}

static void add_programs(struct strbuf *sb, const struct effect *effect)
{
	for (size_t i = 0; i < effect->program_count && i < PROGRAMS_SHOWN; i++) {
		const struct effect_program *program = &effect->programs[i];

		strbuf_addf(sb, "%s%s (%s", i ? ", " : ": ", base_name(program->path),
			    reasons[program->reason]);
		if (program->object)
			strbuf_addf(sb, ": %s", base_name(program->object));
		else if (program->allocator)
			strbuf_addf(sb, ": %s", program->allocator);
		strbuf_addstr(sb, ")");
	}
	if (effect->program_count > PROGRAMS_SHOWN)
		strbuf_addf(sb, " and %zu more", effect->program_count - PROGRAMS_SHOWN);
}

/* A share of nearly everything is not shown as everything. */
static double shown_pct(double pct)
{
	return pct < 100 ? fmin(pct, 99.9) : 100;
}

static void add_remedy(struct strbuf *sb, const struct effect_program *program)
{
	if (program->set_with)
		strbuf_addf(sb,
			    ". Remedy: %s sets it: compare two scripts that set it, or the program "
			    "itself with --contenders self[key:value]",
			    program->set_with);
	else
		strbuf_addf(sb, ". Remedy: %s", remedies[program->reason]);
}

static void say_effect(const struct production *production, size_t case_index,
		       size_t contender_index)
{
	const struct result *result = production->result;
	const struct effect *effect = effect_of(production, case_index, contender_index);
	const char *name = result->contenders[contender_index].name;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, EFFECT_MARK " %s: ", name);
	if (result->case_count > 1)
		strbuf_addf(&sb, "in %s ", result->cases[case_index].name);
	if (effect->processes)
		strbuf_addf(&sb, "%llu of %llu processes, %.1f%% of the CPU time, ran without it",
			    (unsigned long long)effect->without,
			    (unsigned long long)effect->processes, shown_pct(effect->without_pct));
	else
		strbuf_addf(&sb, "%.1f%% of the CPU time ran without it",
			    shown_pct(effect->without_pct));
	add_programs(&sb, effect);
	if (effect->without_pct > EFFECT_WITHHELD_PCT)
		strbuf_addstr(&sb, ". No verdict: mostly the same program was compared");
	if (effect->program_count)
		add_remedy(&sb, &effect->programs[0]);
	production->emitter->note(production->self, NOTE_FOOT, sb.buf);
}

void say_effects(const struct production *production)
{
	size_t said = 0;

	for (size_t c = 0; c < production->result->case_count; c++)
		for (size_t i = 0; i <= production->contender_count; i++) {
			size_t contender = i ? production->contenders[i - 1] : production->baseline;

			if (effects_are_partial(production, c, contender) && said++ < NOTES_SHOWN)
				say_effect(production, c, contender);
		}
	if (said > NOTES_SHOWN)
		say(production, NOTE_FOOT, EFFECT_MARK " and %zu more: see effects[] in the JSON",
		    said - NOTES_SHOWN);
}
