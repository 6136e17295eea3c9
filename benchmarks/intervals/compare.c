/* SPDX-License-Identifier: MIT */
/*
 * Which interval should madvisor report? Six candidates on synthetic paired differences whose centre
 * is known; prints the tables that docs/METHOD.md quotes. Seeded. From the repository's root:
 *
 *   cc -O2 -D_GNU_SOURCE -Isrc benchmarks/intervals/compare.c src/stats/location.c src/stats/quantile.c \
 *      src/stats/sorted.c src/base/random.c src/base/xalloc.c -lm -o /tmp/compare && /tmp/compare
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/random.h"
#include "stats/location.h"
#include "stats/quantile.h"

#define MAX_COUNT 30
#define EXPERIMENTS 10000
#define RESAMPLES 399

struct interval {
	double low, high; /* NAN: the method gives none here */
};

static const struct interval none = { NAN, NAN };
static struct random noise_random, resample_random;

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double mean_of(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

static double error_of(const double *x, size_t n)
{
	double mean = mean_of(x, n), squares = 0;

	for (size_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	return sqrt(squares / (double)(n * (n - 1)));
}

/* All methods take sorted values. */
static struct interval student(const double *x, size_t n, double confidence)
{
	double half = student_quantile(confidence, n - 1) * error_of(x, n);

	return (struct interval){ mean_of(x, n) - half, mean_of(x, n) + half };
}

/* Hodges and Lehmann: the pairwise means that Wilcoxon's signed-rank test does not reject. */
static struct interval signed_rank(const double *x, size_t n, double confidence)
{
	double chance[MAX_COUNT * (MAX_COUNT + 1) / 2 + 1] = { 1 };
	double means[MAX_COUNT * (MAX_COUNT + 1) / 2];
	size_t total = 0, drop = 0, m = 0;
	double below = 0;

	for (size_t rank = 1; rank <= n; rank++) {
		total += rank;
		for (size_t sum = total + 1; sum-- > 0;)
			chance[sum] = (chance[sum] + (sum >= rank ? chance[sum - rank] : 0)) / 2;
	}
	while (2 * (below + chance[drop]) <= 1 - confidence)
		below += chance[drop++];
	if (drop == 0)
		return none;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			means[m++] = (x[i] + x[j]) / 2;
	qsort(means, m, sizeof(*means), compare_doubles);
	return (struct interval){ means[drop - 1], means[m - drop] };
}

/* The order statistics that the sign test does not reject. */
static struct interval sign(const double *x, size_t n, double confidence)
{
	double chance = pow(0.5, (double)n), below = 0;
	size_t drop = 0;

	while (2 * (below + chance) <= 1 - confidence) {
		below += chance;
		chance *= (double)(n - drop) / (double)(drop + 1);
		drop++;
	}
	if (drop == 0)
		return none;
	return (struct interval){ x[drop - 1], x[n - drop] };
}

/* A fifth trimmed at either end, with the degrees of freedom of Yuen's paper. */
static struct interval yuen(const double *x, size_t n, double confidence)
{
	size_t trim = n / 5, kept = n - 2 * trim;
	double pulled[MAX_COUNT];

	if (trim == 0)
		return none;
	for (size_t i = 0; i < n; i++)
		pulled[i] = i < trim ? x[trim] : i >= n - trim ? x[n - trim - 1] : x[i];
	double error =
		error_of(pulled, n) * sqrt((double)(n * (n - 1)) / (double)(kept * (kept - 1)));
	double half = student_quantile(confidence, kept - 1) * error;
	double mean = mean_of(x + trim, kept);
	return (struct interval){ mean - half, mean + half };
}

static struct interval bootstrap_t(const double *x, size_t n, double confidence)
{
	double t[RESAMPLES], y[MAX_COUNT];
	size_t tail = (size_t)((1 - confidence) / 2 * (RESAMPLES + 1) + 1e-9);

	if (tail == 0)
		return none;
	for (size_t b = 0; b < RESAMPLES; b++) {
		for (size_t i = 0; i < n; i++)
			y[i] = x[random_below(&resample_random, n)];
		double error = error_of(y, n), shift = mean_of(y, n) - mean_of(x, n);
		t[b] = error > 0 ? shift / error : copysign(1e9, shift);
	}
	qsort(t, RESAMPLES, sizeof(*t), compare_doubles);
	return (struct interval){ mean_of(x, n) - t[RESAMPLES - tail] * error_of(x, n),
				  mean_of(x, n) - t[tail - 1] * error_of(x, n) };
}

static struct interval madvisor(const double *x, size_t n, double confidence)
{
	struct location location = location_of(x, n, confidence);

	return (struct interval){ location.low, location.high };
}

static const struct {
	const char *name;
	struct interval (*interval)(const double *sorted, size_t n, double confidence);
} methods[] = {
	{ "Student", student }, { "signed rank", signed_rank }, { "sign", sign },
	{ "Yuen", yuen },       { "bootstrap-t", bootstrap_t }, { "madvisor", madvisor },
};

enum noise { GAUSS, STUDENT3, OUTLIERS_2, OUTLIERS_5, OUTLIERS_15, LOGNORMAL, ONE_SIDED, NOISES };

static const char *const noise_names[] = {
	"normal",
	"Student t3",
	"2% outliers",
	"5% outliers",
	"15% outliers",
	"lognormal",
	"5% outliers, contender only",
};

static double normal(void)
{
	double radius = sqrt(-2 * log1p(-random_unit(&noise_random)));

	return radius * cos(2 * M_PI * random_unit(&noise_random));
}

static double outlier(double probability)
{
	double disturbed = random_unit(&noise_random), factor = 2 + 8 * random_unit(&noise_random);

	return disturbed < probability ? log(factor) : 0;
}

/* The logarithm of what noise does to one run. */
static double run_noise(enum noise noise, bool contender)
{
	double z = normal();

	switch (noise) {
	case STUDENT3: {
		double a = normal(), b = normal(), c = normal();

		return 0.03 * z / sqrt((a * a + b * b + c * c) / 3);
	}
	case OUTLIERS_2:
		return 0.03 * z + outlier(0.02);
	case OUTLIERS_5:
		return 0.03 * z + outlier(0.05);
	case OUTLIERS_15:
		return 0.03 * z + outlier(0.15);
	case LOGNORMAL:
		return log1p(0.05 * exp(z));
	case ONE_SIDED:
		return 0.03 * z + (contender ? outlier(0.05) : 0);
	default:
		return 0.03 * z;
	}
}

/* One cell: coverage, and the median and 90th percentile of the interval's half width. */
static void print_cell(size_t method, enum noise noise, size_t n, double confidence)
{
	static double halves[EXPERIMENTS];
	size_t held = 0;

	random_init(&noise_random, 1000 * n + noise);
	random_init(&resample_random, 1);
	for (size_t i = 0; i < EXPERIMENTS; i++) {
		double x[MAX_COUNT];

		for (size_t k = 0; k < n; k++)
			x[k] = run_noise(noise, true) - run_noise(noise, false);
		qsort(x, n, sizeof(*x), compare_doubles);
		struct interval interval = methods[method].interval(x, n, confidence);
		if (isnan(interval.low)) {
			printf(" | -");
			return;
		}
		held += interval.low <= 0 && 0 <= interval.high;
		halves[i] = (interval.high - interval.low) / 2;
	}
	qsort(halves, EXPERIMENTS, sizeof(*halves), compare_doubles);
	printf(" | %.1f: %.1f, %.0f", 100 * (double)held / EXPERIMENTS,
	       100 * halves[EXPERIMENTS / 2], 100 * halves[EXPERIMENTS / 10 * 9]);
	fflush(stdout);
}

int main(void)
{
	static const size_t counts[] = { 5, 8, 10, 20, 30 };
	static const double confidences[] = { 0.95, 0.9875 };

	for (size_t c = 0; c < ARRAY_SIZE(confidences); c++) {
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
			printf("\n%zu rounds at %.2f%%\n\n| noise |", counts[i],
			       100 * confidences[c]);
			for (size_t m = 0; m < ARRAY_SIZE(methods); m++)
				printf(" %s |", methods[m].name);
			printf("\n|---|---|---|---|---|---|---|\n");
			for (enum noise noise = 0; noise < NOISES; noise++) {
				printf("| %s", noise_names[noise]);
				for (size_t m = 0; m < ARRAY_SIZE(methods); m++)
					print_cell(m, noise, counts[i], confidences[c]);
				printf(" |\n");
			}
		}
	}
	return 0;
}
