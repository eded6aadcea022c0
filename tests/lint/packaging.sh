#!/bin/sh
# SPDX-License-Identifier: MIT
# What packaging/ says is what the sources say: the version, the addresses, the
# exports; and all of its files are in the tarball that packages are made of.
. "$MTR_SRC/tests/lib.sh"

cd "$MTR_SRC" || exit 99
debian=packaging/debian
spec=packaging/malloc_tracer.spec

find packaging -type f ! -name '*~' | sort >"$mtr_tmp/files"
[ "$(grep -c . "$mtr_tmp/files")" -ge 20 ] || fail "packaging/ has few files"
missing=
while read -r file; do
    grep -qw -e "$file" packaging/Makemodule.am ||
        [ "$file" = packaging/Makemodule.am ] || missing="$missing $file"
done <"$mtr_tmp/files"
[ -z "$missing" ] || fail "not in packaging/Makemodule.am:$missing"

says() { # FILE LINE-PATTERN
    grep -q "^$2" "$1" || fail "$1: no line begins with '$2'"
}

version=$(sed -n 's/^AC_INIT(\[malloc_tracer\], \[\(.*\)\], \[.*/\1/p' configure.ac)
bugs=$(sed -n 's/^AC_INIT(.*, \[\(.*@.*\)\],$/\1/p' configure.ac)
url=$(sed -n 's/^	.*\[\(https:[^]]*\)\])$/\1/p' configure.ac)
[ "$version" ] && [ "$bugs" ] && [ "$url" ] || fail "AC_INIT: $version $bugs $url"
says $spec "Version:  *$version\$"
says $spec "\\* .* <$bugs> - $version-"
says $spec "URL:  *$url\$"
says $debian/changelog " -- .* <$bugs>  "
says $debian/control "Maintainer: .* <$bugs>\$"
says $debian/control "Homepage: $url\$"
head -n 1 $debian/changelog | grep -q "^malloc-tracer ($version-" ||
    fail "the first of $debian/changelog is not about $version"

# Those of the default configuration, which has no counters.
{
    sed -n 's/^MTR_[A-Z]*(\(.*\))$/ \1@Base/p' src/preload/entry_points.def
    {
        sed -n 's/^[a-z].*\(malloc_tracer_[a-z]*\)(.*/\1/p' \
            include/malloc_tracer.h | sed 's/^malloc_tracer_count$/malloc_tracer_totals/'
        printf '%s\n' malloc_tracer_descriptor MALLOC_TRACER_0.1
    } | sed 's/.*/ &@MALLOC_TRACER_0.1/'
} | sort >"$mtr_tmp/expected"
[ "$(grep -c . "$mtr_tmp/expected")" -ge 40 ] || fail "no list of exports"
sed -n 's/^\( [^ ]*@[^ ]*\) .*/\1/p' $debian/libmalloc-tracer0.symbols |
    sort >"$mtr_tmp/symbols"
same "$debian/libmalloc-tracer0.symbols" "$mtr_tmp/expected" "$mtr_tmp/symbols"
