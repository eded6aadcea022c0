#!/bin/sh
# SPDX-License-Identifier: MIT
# pack.sh FOLDER: the page in FOLDER as C, on standard output. Its style and its
# script are put into it, with what allows a browser to run these two alone:
# their hashes. Where the data goes it is cut in two.
set -eu

folder=$1

# As a Content-Security-Policy has it: SHA-256 in base64.
hash() {
    sha256sum | awk '
    function digit(c) { return index("0123456789abcdef", c) - 1 }
    {
        table = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
            "0123456789+/"
        # three digits are two letters, and of 64 the last one is left
        for (i = 1; i <= 61; i += 3) {
            n = digit(substr($1, i, 1)) * 256 + \
                digit(substr($1, i + 1, 1)) * 16 + digit(substr($1, i + 2, 1))
            text = text substr(table, int(n / 64) + 1, 1) \
                substr(table, n % 64 + 1, 1)
        }
        n = digit(substr($1, 64, 1)) * 4
        print text substr(table, n + 1, 1) "="
    }'
}

# With the end of the line that the element begins with.
css=$({
    echo
    cat "$folder/page.css"
} | hash)
js=$({
    echo
    cat "$folder/page.js"
} | hash)

# shellcheck disable=SC2016
awk -v folder="$folder" -v css="$css" -v js="$js" '
function put(line) {
    # one by one, for what gsub makes of backslashes is not the same everywhere;
    # of two question marks C may make something else
    out = ""
    while (match(line, /[\\"?]/)) {
        out = out substr(line, 1, RSTART - 1) "\\" substr(line, RSTART, 1)
        line = substr(line, RSTART + 1)
    }
    print "\t\"" out line "\\n\","
}
function file(name,    line, got) {
    while ((got = (getline line < (folder "/" name))) > 0)
        put(line)
    if (got < 0)
        exit 1
}
function begin(name) {
    print "const char *const " name "[] = {"
}
BEGIN {
    print "/* SPDX-License-Identifier: MIT */"
    print "/* Made by pack.sh. */"
    print "#include \"write/html.h\"\n"
    begin("mtr_page_head")
}
$0 == "@css@" { file("page.css"); next }
$0 == "@js@" { file("page.js"); next }
$0 == "@data@" {
    print "\tNULL,\n};\n"
    begin("mtr_page_tail")
    next
}
{
    sub(/@css-hash@/, css)
    sub(/@js-hash@/, js)
    put($0)
}
END { print "\tNULL,\n};" }' "$folder/page.html"
