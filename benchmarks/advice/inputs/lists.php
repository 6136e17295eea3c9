<?php
// SPDX-License-Identifier: MIT
// php: arrays of strings, built, sorted and dropped.
ini_set("memory_limit", "-1");
for ($round = 0; $round < 6; $round++) {
	$rows = [];
	for ($i = 0; $i < 200000; $i++)
		$rows[] = ["id" => $i * 7919 % 100003, "name" => str_repeat("row $i ", 4)];
	usort($rows, fn ($a, $b) => $a["id"] <=> $b["id"]);
	echo count($rows), "\n";
}
