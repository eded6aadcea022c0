# SPDX-License-Identifier: MIT
# Perl: hashes, regular expressions, sorting, forks and pipes.

load() {
    need perl
    under perl -e '
        use strict;
        my %h;
        for my $i (1 .. 120000) {
            my $k = sprintf "%x", ($i * 2654435761) % 4294967296;
            push @{$h{substr $k, 0, 3}}, "$k-" . "y" x ($i % 40);
        }
        my $text = join ",", map { "$_=" . scalar @{$h{$_}} } sort keys %h;
        $text =~ s/(\d+)/<$1>/g;
        print length $text, "\n", substr($text, 0, 200), "\n";
        delete @h{grep { /a/ } keys %h};
        print scalar keys %h, "\n";
        for my $n (1 .. 20) {
            my $out = `perl -e "print join q(,), map { \$_ * $n } 1 .. 50"`;
            print unpack("%32C*", $out), "\n";
        }
        for (1 .. 10) {
            my $pid = fork; die unless defined $pid;
            exit(scalar(grep { /7/ } keys %h) % 200) unless $pid;
            waitpid $pid, 0; print $? >> 8, "\n";
        }'
}
