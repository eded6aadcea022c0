# SPDX-License-Identifier: MIT
# gcc as a whole: driver, preprocessor, compiler, assembler, linker, LTO.

load() {
    need gcc
    cp "$STRESS_SRC"/*.c .
    for flags in -O0 -O2 "-O3 -g" "-Os -flto"; do
        # shellcheck disable=SC2086
        under gcc $flags -frandom-seed=1 -pthread -o a.out bounded.c
        echo "gcc $flags $?"
        objcopy -O binary -j .text a.out text && cksum <text
    done
    if command -v g++ >/dev/null; then
        printf '%s\n' '#include <map>' '#include <regex>' '#include <iostream>' \
            'int main() { std::map<std::string, int> m{{"a", 1}};' \
            'std::cout << std::regex_match("aab", std::regex("a+b"))' \
            '<< m["a"] << std::endl; }' >r.cc
        under g++ -O2 -frandom-seed=1 -o r r.cc && under ./r
    fi
    echo 'int main(void) { return x; }' >bad.c
    under gcc -c bad.c 2>&1
    echo "exit status $?"
}
