# SPDX-License-Identifier: MIT
"""Judge what the command says of a core of a real program.

  cores.py totals            by.KEY and list, in this directory, are one whole
  cores.py names CORE EXE FILE...
                             names and lines against binutils and gdb
  cores.py copy CORE ROOT    the files that were mapped, to below ROOT
  cores.py gone CORE FILE    no names, but offsets as addr2line takes them
  cores.py other CORE MODULE GOOD FILE
                             another build of MODULE lends no name
  cores.py only CORE MODULE GOOD FILE
                             MODULE has its names, nothing else has any

Who is right about a function: a name is, if a symbol of that name contains the
address by its size, as readelf lists them from the file and its separate debug
file, or if there is debug information (addr2line knows a line) and it says so.
Both addr2line and gdb know no such rule: they take what symbol stands before an
address, however far, and one without a size. Such an answer is called loose,
and that the command has none is not held against it. Where a symbol does
contain the address, module+offset is an error.

Lines: addr2line takes a wrong file from some of DWARF 5's line tables. A file
and line is right if either addr2line or gdb says the same.

Inlined functions: of one without a linkage name addr2line says that it is the
one that it is inlined into, and in DWARF 5 as clang writes it, it finds none.
Where its answer is the symbol's name, gdb's blocks are asked.
"""
import bisect
import collections
import glob
import json
import mmap
import os
import re
import shutil
import struct
import subprocess
import sys

SAMPLE = 1000


def run(*args, stdin=""):
    env = dict(os.environ, LC_ALL="C")
    return subprocess.run(args, input=stdin, env=env, text=True,
                          errors="surrogateescape", stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def fail(*words):
    print(*words)
    sys.exit(1)


# ------------------------------------------------------------ what we judge

def head_of(path):
    """What stands before the groups, on a line of its own."""
    with open(path) as f:
        return json.loads(f.readline().rstrip(",\n") + "}")


def groups_of(path, stacks=True):
    """One by one, for there may be many; a line has one."""
    with open(path) as f:
        for line in f:
            if not line.startswith('{"key":'):
                continue
            if not stacks:
                line = line.partition(',"stack":[')[0] + "}"
            yield json.loads(line.rstrip(",\n"))


def frames_of(path):
    """The table that groups' stacks are numbers of; a line has one."""
    with open(path) as f:
        return [json.loads(line.rstrip(",\n")) for line in f
                if line.startswith('{"pc":')]


def sites_of(paths):
    """The frames at each return address, the innermost first."""
    sites = {}
    for path in paths:
        table = frames_of(path)
        for group in groups_of(path):
            frames = []
            for frame in (table[i] for i in group["stack"]):
                frames.append(frame)
                if not frame.get("inlined"):
                    sites.setdefault(int(frame["pc"], 16), frames)
                    frames = []
            if frames:
                fail(path, "a stack ends in an inlined frame:", group)
    return sites


def sample(sites):
    pcs = sorted(sites)
    n = min(SAMPLE, len(pcs))
    return [pcs[i * len(pcs) // n] for i in range(n)]


# --------------------------------------------- a core and its files, our way

def mappings(core):
    """(start, end, offset, path) of each mapped file, from NT_FILE."""
    with open(core, "rb") as f:
        d = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
    table, = struct.unpack_from("<Q", d, 32)
    for i in range(struct.unpack_from("<H", d, 56)[0]):
        kind, _, at, _, _, size = struct.unpack_from("<IIQQQQ", d,
                                                     table + 56 * i)
        end = at + size
        while kind == 4 and at < end:
            n_name, n_desc, note = struct.unpack_from("<III", d, at)
            at += 12 + (n_name + 3 & ~3)
            if note == 0x46494c45:
                return files_of(d[at:at + n_desc])
            at += n_desc + 3 & ~3
    return fail(core, "no NT_FILE")


def files_of(desc):
    n, page = struct.unpack_from("<QQ", desc)
    places = struct.iter_unpack("<QQQ", desc[16:16 + 24 * n])
    paths = desc[16 + 24 * n:].split(b"\0")
    return [(start, end, offset * page, os.fsdecode(path))
            for (start, end, offset), path in zip(places, paths)]


class Module:
    """A file: from offset to address, and from address to symbols."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.loads = []
        self.symbols = []
        for line in run("readelf", "-lW", path).splitlines():
            words = line.split()
            if words[:1] == ["LOAD"]:
                flags = "".join(words[6:-1])
                self.loads.append([int(w, 16) for w in words[1:5]] + [flags])

    def address(self, offset):
        """Of code: two segments may share a page of the file."""
        for start, address, _, size, flags in self.loads:
            first = start & ~0xfff
            if first <= offset < start + size and "E" in flags:
                return address + offset - start
        return fail(self.path, "no code has offset", hex(offset))

    def build_id(self):
        m = re.search("Build ID: ([0-9a-f]+)", run("readelf", "-nW", self.path))
        return m[1] if m else ""

    def read_symbols(self):
        build_id = self.build_id()
        debug = "/usr/lib/debug/.build-id/%s/%s.debug" % (build_id[:2],
                                                          build_id[2:])
        for path in self.path, debug:
            if not os.path.exists(path):
                continue
            for line in run("readelf", "-sW", path).splitlines():
                self.read_symbol(line.split(None, 7))
        self.symbols.sort()
        self.widest = max((size for _, size, _ in self.symbols), default=0)

    def read_symbol(self, words):
        if (len(words) < 8 or words[3] not in ("FUNC", "IFUNC", "NOTYPE") or
                words[6] in ("UND", "ABS", "Ndx")):
            return
        size = int(words[2], 0)
        if size:
            name = re.sub(r"(@.*| \[.*\])$", "", words[7].strip())
            self.symbols.append((int(words[1], 16), size, name))

    def names(self, address):
        """All symbols that contain it."""
        found = set()
        i = bisect.bisect_right(self.symbols, (address, 1 << 64))
        while i > 0 and self.symbols[i - 1][0] > address - self.widest:
            i -= 1
            start, size, name = self.symbols[i]
            if start <= address < start + size:
                found.add(name)
        return found


Place = collections.namedtuple("Place", "module address")


class Core:
    def __init__(self, path):
        self.path = path
        self.mappings = mappings(path)
        self.modules = {}

    def module(self, path):
        if path not in self.modules:
            self.modules[path] = Module(path)
        return self.modules[path]

    def place(self, addr):
        """The module that @addr is in, and the address there; or None."""
        for start, end, offset, path in self.mappings:
            if start <= addr < end:
                module = self.module(path)
                return Place(module, module.address(addr - start + offset))
        return None


def unnamed(pc, place):
    """What a caller without a name is called."""
    if not place:
        return "%#x" % pc
    return "%s+%#x" % (place.module.name, place.address)


# ------------------------------------------------------------- what others say

def ask_addr2line(places):
    """[(function, file:line)] of each pc, the innermost first."""
    asked = collections.defaultdict(list)
    for pc, place in places.items():
        asked[place.module.path].append((pc, place.address))
    answers = {}
    for path, pairs in asked.items():
        lines = run("addr2line", "-aifCe", path, stdin="".join(
            "%#x\n" % address for _, address in pairs)).splitlines()
        if sum(line.startswith("0x") for line in lines) != len(pairs):
            fail("addr2line on", path, "does not answer")
        pcs = iter(pairs)
        while lines:
            if lines[0].startswith("0x"):
                answer = answers[next(pcs)[0]] = []
                del lines[0]
                continue
            answer.append((lines[0], lines[1].split(" (disc")[0]))
            del lines[:2]
    return answers


GDB_BLOCKS = """python
def chain(pc):
    block = gdb.block_for_pc(pc)
    while block:
        if block.function:
            yield block.function.name
        block = block.superblock
def inlined(pc):
    print("inlined " + "\\t".join(chain(pc)))
end"""

Gdb = collections.namedtuple("Gdb", "symbol line inlined")


def ask_gdb(core, exe, pcs):
    """Of each the symbol, file:line, and functions by blocks, or None."""
    script = ["set print demangle off", GDB_BLOCKS]
    for pc in pcs:
        script += ["echo @%x\\n" % pc, "info symbol %#x" % (pc - 1),
                   "info line *%#x" % (pc - 1), "python inlined(%d)" % (pc - 1)]
    with open("gdb.commands", "w") as f:
        f.write("\n".join(script))
    said = run("gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off",
               exe, core, "-x", "gdb.commands")
    answers = {}
    for text in said.split("\n@")[1:]:
        pc, _, text = text.partition("\n")
        symbol = re.match(r"(\S+?)(@\S*)?( \+ \d+)? in section ", text)
        line = re.search(r'^Line (\d+) of "(.*?)" ', text, re.M)
        inlined = re.search("^inlined (.+)", text, re.M)
        answers[int(pc, 16)] = Gdb(symbol and symbol[1],
                                   line and "%s:%s" % (line[2], line[1]),
                                   inlined and inlined[1].split("\t"))
    return answers


def demangled(names):
    """As c++filt has them, but for the hashes that it leaves in Rust's."""
    names = sorted(names)
    readable = run("c++filt", stdin="".join(name + "\n" for name in names))
    readable = re.sub(r"\[[0-9a-f]{12,16}\]|::h[0-9a-f]{16}$", "", readable,
                      flags=re.M)
    return dict(zip(names, readable.splitlines()))


# ------------------------------------------------------------------- judgement

class Judge:
    def __init__(self, core, exe, sites):
        self.sites = sites
        self.pcs = sample(sites)
        self.core = Core(core)
        self.places = {pc: self.core.place(pc - 1) for pc in self.pcs}
        known = {pc: p for pc, p in self.places.items() if p}
        for module in self.core.modules.values():
            module.read_symbols()
        self.addr2line = ask_addr2line(known)
        self.gdb = ask_gdb(core, exe, self.pcs)
        self.raw = {pc: p.module.names(p.address) for pc, p in known.items()}
        self.readable = demangled(set().union(*self.raw.values()))
        self.count = collections.Counter()

    def wrong(self, pc, what):
        self.count["wrong"] += 1
        if self.count["wrong"] > 3:
            return
        print("%#x: %s" % (pc, what))
        print("  the command:", self.sites[pc])
        print("  addr2line:  ", self.addr2line.get(pc))
        print("  gdb:        ", self.gdb.get(pc))
        print("  symbols:    ", self.raw.get(pc), self.places[pc] and
              (self.places[pc].module.path, hex(self.places[pc].address)))

    def judge(self, pc):
        frames, place = self.sites[pc], self.places[pc]
        name = frames[-1]["function"]
        if frames[-1]["module"] != (place.module.name if place else ""):
            return self.wrong(pc, "it is in another module")
        if not place:
            return self.judge_unnamed(pc, name, False)
        line = self.addr2line[pc][-1][1]
        has_debug = (line.rpartition(":")[2] not in ("?", "0") or
                     bool(self.gdb[pc].inlined))
        if "+0x" in name:
            return self.judge_unnamed(pc, name, has_debug)
        self.count["named"] += 1
        if has_debug:
            self.judge_lines(pc)
        return self.judge_name(pc, name, has_debug)

    def judge_unnamed(self, pc, name, has_debug):
        self.count["unnamed"] += 1
        if name != unnamed(pc, self.places[pc]):
            self.wrong(pc, "another offset: %s" % unnamed(pc, self.places[pc]))
        elif self.raw.get(pc) or has_debug:
            self.wrong(pc, "it has a name")
        elif pc in self.addr2line and self.addr2line[pc][-1][0] != "??":
            self.count["loose in addr2line"] += 1
        if self.gdb[pc].symbol:
            self.count["loose in gdb"] += 1

    def judge_name(self, pc, name, has_debug):
        names = {self.readable[raw] for raw in self.raw[pc]}
        other = self.addr2line[pc][-1][0]
        # the demanglers of binutils and gdb differ where theirs are of 2020
        others = (other, (self.gdb[pc].inlined or [""])[-1])
        if name not in names and not (has_debug and name in others):
            return self.wrong(pc, "it has not that name")
        if other in names or has_debug:
            self.count["addr2line agrees"] += 1
        # a symbol that contains it is no loose answer
        if self.gdb[pc].symbol in self.raw[pc]:
            self.count["gdb agrees"] += 1
        return None

    def judge_lines(self, pc):
        """Of each frame the line, and of those inlined the function."""
        self.count["lines"] += 1
        frames, others = self.sites[pc], self.addr2line[pc]
        if not same_functions([f["function"] for f in frames[:-1]],
                              [o[0] for o in others[:-1]]):
            self.count["inlined by gdb alone"] += 1
            whole = {self.readable[raw] for raw in self.raw[pc]}
            if (others[0][0] not in whole or self.gdb[pc].inlined and
                    not same_functions([f["function"] for f in frames],
                                       self.gdb[pc].inlined)):
                return self.wrong(pc, "other functions are inlined")
        for i, frame in enumerate(frames[:len(others)]):
            line = "%s:%d" % (frame["file"], frame["line"])
            if same_line(line, others[i][1]):
                continue
            if i > 0 or not same_line(line, self.gdb[pc].line or ""):
                return self.wrong(pc, "another line")
            self.count["lines by gdb alone"] += 1
        return None

    def all(self):
        for pc in self.pcs:
            self.judge(pc)
        print("%d of %d addresses:" % (len(self.pcs), len(self.sites)),
              ", ".join("%d %s" % (n, what)
                        for what, n in sorted(self.count.items())))
        named = self.count["named"]
        # a gdb that has found no files has not been asked
        return (named and not self.count["wrong"] and
                self.count["gdb agrees"] * 10 >= named * 9 and
                self.count["addr2line agrees"] * 10 >= named * 9)


def same_functions(names, others):
    """Where addr2line has no name it says nothing against ours."""
    return (len(names) == len(others) and
            all(b == "??" or bare(a) == bare(b) for a, b in zip(names, others)))


def bare(name):
    """Without what not all say: types, parameters, glibc's aliases."""
    before = ""
    while name != before:
        before, name = name, re.sub(r"<[^<>]*>|\[.*?\]", "", name)
    name = re.sub(r"\(anonymous namespace\)|(?<=.)\(.*", "", name)
    return re.sub("^(__GI_)?_*", "", name.split("::")[-1].split(" ")[-1])


def same_line(a, b):
    """gdb shortens a path where addr2line puts the directory before it."""
    (a, _, m), (b, _, n) = a.rpartition(":"), b.rpartition(":")
    a, b = os.path.normpath(a), os.path.normpath(b)
    if m != n or os.path.isabs(a) and os.path.isabs(b) and a != b:
        return False
    return os.path.basename(a) == os.path.basename(b)


# --------------------------------------------------------------- the questions

def totals():
    whole = None
    for path in sorted(glob.glob("by.*")):
        head, sums = head_of(path), collections.Counter()
        whole = whole or head["totals"]
        for group in groups_of(path, stacks=False):
            check_key(path[3:], group)
            sums.update({key: group[key] for key in whole})
        if sums != whole or head["totals"] != whole:
            fail(path, "sums", sums, "totals", head["totals"], "of", whole)
        if head["damaged"] or head["conflicts"] or head["lost"]:
            fail(path, "damaged blocks")
    check_list(whole)
    print("%(blocks)d blocks, %(bytes)d bytes, %(usable)d usable" % whole)


def check_key(by, group):
    key = group["key"]
    if by in ("size", "generation"):
        good = key.isdigit()
    elif by == "stack":
        good = key.isdigit() or is_name(key)
    else:
        good = is_name(key) and group["module"]
    if not good:
        fail("by", by, "this is no key:", group)


def is_name(name):
    """A function's, or a module's with an offset; but no bare address."""
    if "+0x" in name:
        return re.fullmatch(r".+\+0x[0-9a-f]+", name)
    return re.match("[^0-9 ]", name)


def check_list(whole):
    sums = collections.Counter()
    owners = collections.defaultdict(collections.Counter)
    with open("list") as f:
        for line in f:
            block = json.loads(line)
            for to in sums, owners[block["function"], block["module"]]:
                to["blocks"] += 1
                to["bytes"] += block["size"]
                to["usable"] += block["usable"]
    if any(sums[key] != whole[key] for key in sums):
        fail("list sums", sums, "of", whole)
    groups = {(g["key"], g["module"]): {key: g[key] for key in sums}
              for g in groups_of("by.function", stacks=False)}
    if groups != owners:
        fail("the list has other owners", set(groups) ^ set(owners))


def names(core, exe, *paths):
    if not Judge(core, exe, sites_of(paths)).all():
        fail("names are not what others say")


def copy(core, root):
    for path in {path for _, _, _, path in mappings(core)}:
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            if f.read(4) != b"\x7fELF":
                continue
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        shutil.copyfile(path, root + path)


def have_no_names(core, sites, skipped=""):
    core = Core(core)
    for pc, frames in sites.items():
        place = core.place(pc - 1)
        if place and place.module.name == skipped:
            continue
        if len(frames) > 1 or frames[0]["file"] or frames[0]["line"]:
            fail("lines without a file:", frames)
        if frames[0]["function"] != unnamed(pc, place):
            fail("%s, not %s" % (frames, unnamed(pc, place)))


def gone(core, path):
    head = head_of(path)
    have_no_names(core, sites_of([path]))
    told = {re.match("no names for (.*?): ", w)[1] for w in head["warnings"]}
    mapped = {os.path.basename(path) for _, _, _, path in mappings(core)}
    seen = {frames[0]["module"] for frames in sites_of([path]).values()}
    if not seen - {"", "[vdso]"} <= told <= mapped:
        fail("warnings of", told, "names missing in", seen)
    if head["totals"] != head_of("by.function")["totals"]:
        fail("other totals")


def compare(module, good, path):
    """Without names in a module, or without any but there."""
    before, after = sites_of([good]), sites_of([path])
    common = [pc for pc in after if pc in before]
    if len(common) * 10 < len(before) * 9:
        fail("other stacks:", len(common), "of", len(before))
    for pc in common:
        inside = after[pc][-1]["module"] == module
        yield pc, inside, before[pc], after[pc]


def other(core, module, good, path):
    was, here = Module(module), Module("root" + module)
    core, n = Core(core), 0
    for pc, inside, before, after in compare(was.name, good, path):
        if inside:
            n += 1
            if after[-1]["function"] != unnamed(pc, core.place(pc - 1)):
                fail("a name from another build:", after)
        elif before != after:
            fail("other names:", before, after)
    text = "the build-id of %s is %s, but %s was running" % (
        os.path.abspath(here.path), here.build_id(), was.build_id())
    if not was.build_id() or not here.build_id():
        text = "is not what was running"
    if sum(text in w for w in head_of(path)["warnings"]) != 1 or not n:
        fail("not once:", text, head_of(path)["warnings"])


def only(core, module, good, path):
    n = 0
    for pc, inside, before, after in compare(os.path.basename(module), good,
                                             path):
        if inside and before != after:
            fail("another name than", before, after)
        n += inside
    have_no_names(core, sites_of([path]), os.path.basename(module))
    if not n:
        fail("nothing of", module)


if __name__ == "__main__":
    {f.__name__: f for f in (totals, names, copy, gone, other, only)}[
        sys.argv[1]](*sys.argv[2:])
