# SPDX-License-Identifier: MIT
# Hashes, sorting, regular expressions, closures: all deterministic.
use strict;
use warnings;

my (%count, @rows);
for my $i (1 .. 60000) {
    my $key = sprintf "key-%05d", $i * 7919 % 30011;
    $count{$key} += $i;
    push @rows, { key => $key, text => "x" x ($i % 100), n => $i };
}
my @sorted = sort { $a->{key} cmp $b->{key} || $b->{n} <=> $a->{n} } @rows;
print "$sorted[0]{key} $sorted[-1]{key} $sorted[30000]{n}\n";
print scalar(keys %count), "\n";

my $text = join ",", map { "$_->{key}=$_->{text}" } @sorted[0 .. 20000];
my $found = () = $text =~ /key-(\d)\d*\1=x{5,9}(?!x)/g;
(my $changed = $text) =~ s/(x+)/length($1)/ge;
print "$found ", length($changed), "\n";

my @adders = map { my $n = $_; sub { $n + shift } } 1 .. 5000;
my $sum = 0;
$sum = $_->($sum) for @adders;
print "$sum\n";
undef @rows;
eval { die { code => 42 } };
print "$@->{code}\n";
exit 5;
