/* SPDX-License-Identifier: MIT */
#include "stats/quantile.h"

#include <math.h>

/*
 * P(|T| <= sqrt(df) * tan(angle)). For whole degrees of freedom the integral of Student's density is
 * a finite sum of powers of the angle's cosine, each term a fixed multiple of the one before.
 */
static double student_within(double angle, size_t df)
{
	double cosine = cos(angle);
	double square = cosine * cosine;
	double term = df % 2 ? cosine : 1;
	double sum = df == 1 ? 0 : term;

	for (size_t k = df % 2 ? 3 : 2; k + 2 <= df; k += 2) {
		term *= square * (double)(k - 1) / (double)k;
		sum += term;
	}
	return df % 2 ? M_2_PI * (angle + sin(angle) * sum) : sin(angle) * sum;
}

double student_quantile(double confidence, size_t df)
{
	double low = 0, high = M_PI_2;

	if (!(confidence > 0 && confidence < 1) || df == 0)
		return NAN;
	/* The probability grows with the angle, so halving finds it to the last bit. */
	for (;;) {
		double middle = (low + high) / 2;

		if (middle <= low || middle >= high)
			return sqrt((double)df) * tan(middle);
		if (student_within(middle, df) < confidence)
			low = middle;
		else
			high = middle;
	}
}
