# SPDX-License-Identifier: MIT
# perl: hashes of lists of strings, built and dropped.
for my $round (1 .. 6) {
	my %words;
	push @{ $words{ $_ % 5003 } }, "word $_ of round $round" x (1 + $_ % 3) for 1 .. 150_000;
	my $long = join ",", map { scalar @{ $words{$_} } } sort keys %words;
	print length($long), "\n";
}
