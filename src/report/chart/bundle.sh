#!/bin/sh
# SPDX-License-Identifier: MIT
#
# usage: bundle.sh SOURCE WORK OUTPUT.c required|optional
#
# Installs what package-lock.json names into WORK and bundles the charts of the HTML report. Where that
# fails and is optional (no network, say), the report goes without charts.
set -eu
source=$1 work=$2 output=$3 need=$4

mkdir -p "$work"
cp "$source/package.json" "$source/package-lock.json" "$source/chart.js" "$source/bundle.mjs" "$work/"
if (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
	--fetch-timeout=20000 >npm.log 2>&1 && node bundle.mjs bundle.c >>npm.log 2>&1); then
	cp "$work/bundle.c" "$output"
	exit 0
fi
echo "HTML reports go without charts: npm could not get or bundle them; see $work/npm.log" >&2
[ "$need" = optional ] || exit 1
cp "$source/../chart-none.c" "$output"
