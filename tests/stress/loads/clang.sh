# SPDX-License-Identifier: MIT
# clang: C and, where there is a library for it, C++.

load() {
    need clang
    cp "$STRESS_SRC"/bounded.c .
    for flags in -O0 -O2 "-O3 -g"; do
        # shellcheck disable=SC2086
        under clang $flags -c -o a.o bounded.c
        echo "clang $flags $?"
        cksum <a.o
    done
    printf '%s\n' '#include <map>' '#include <regex>' '#include <iostream>' \
        'int main() { std::map<std::string, int> m{{"a", 1}};' \
        'std::cout << std::regex_match("aab", std::regex("a+b"))' \
        '<< m["a"] << std::endl; }' >r.cc
    under clang++ -O2 -o r r.cc 2>&1 && under ./r
    echo 'int main(void) { return x; }' >bad.c
    under clang -c bad.c 2>&1
    echo "exit status $?"
}
