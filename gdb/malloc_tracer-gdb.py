# SPDX-License-Identifier: MIT
"""gdb's side of malloc_tracer: what the command tells of gdb's core or process.

A thin client: it finds out what gdb has, asks the command malloc_tracer, and
shows the answer. It knows nothing of the record; the few numbers that it adds up
come from the command's JSON. gdb 10 and Python 3.7 are enough.

gdb loads it with libmalloc_tracer.so, from below its auto-load directory.

A process that gdb has stopped cannot be stopped once more. What is read of its
memory alone is asked of the process: it stands still. What needs registers of
its threads as well (leaks, why, memory, roots, pins) is asked of a core that
gdb writes, which has them. So is all of a process that only gdb may read, or
that is on another machine. Such a core is kept until the process goes on.
"""

import array
import atexit
import bisect
import codecs
import glob
import inspect
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile

import gdb

# Where the command was installed with this file: the Makefile fills that in.
BINDIR = ""

ADDRESSES = (1 << 64) - 1
NAMED = ("report", "list", "why", "leaks")  # they take --exe and the like
STOPPING = ("why", "leaks", "memory")  # they need the threads' registers
UNKNOWN_LIB = "Unknown lib"
UNKNOWN_FUNCTION = "Unknown function"
CORRUPT = "(corrupt)"


# ---------------------------------------------------------------- the command


def documented(cls):
    """gdb 10 shows a text as it is indented here."""
    cls.__doc__ = inspect.cleandoc(cls.__doc__)
    return cls


@documented
class CommandPath(gdb.Parameter):
    """The command malloc_tracer that is asked.

    Empty: the one that was installed with gdb's script, or else of PATH."""

    set_doc = "Set which malloc_tracer is asked; empty: the installed one, or PATH's."
    show_doc = "Show which malloc_tracer is asked."

    def __init__(self):
        super().__init__(
            "malloc-tracer command", gdb.COMMAND_DATA, gdb.PARAM_OPTIONAL_FILENAME
        )

    def get_set_string(self):
        return ""

    def get_show_string(self, value):
        return "malloc_tracer is %s." % (value or found_command() or "not found")

    def found(self):
        return self.value or found_command()


def found_command():
    """Never one beside the library: a core may name any library."""
    installed = os.path.join(BINDIR, "malloc_tracer")
    if BINDIR and os.access(installed, os.X_OK):
        return installed
    return shutil.which("malloc_tracer")


def command_line(words):
    command = command_path.found()
    if not command:
        raise gdb.GdbError(
            "There is no malloc_tracer in PATH: "
            "say where it is by 'set malloc-tracer command PATH'."
        )
    return [os.path.expanduser(command)] + words


class Call:
    """One run of the command; text comes in pieces as it is written."""

    def __init__(self, words):
        self.said = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(
                command_line(words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self.said,
            )
        except OSError as error:
            self.said.close()
            raise gdb.GdbError("malloc_tracer cannot be run: %s" % error)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        # not read to its end: nobody wants the rest
        if self.process.poll() is None and reason[0]:
            self.process.kill()
        self.process.stdout.close()
        self.process.wait()
        self.said.close()

    def pieces(self):
        decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        while True:
            piece = self.process.stdout.read1(1 << 16)
            yield decoder.decode(piece, not piece)
            if not piece:
                return

    def finish(self):
        """What it says is a warning or, with its exit status, an error."""
        status = self.process.wait()
        self.said.seek(0)
        said = self.said.read().decode("utf-8", "backslashreplace").strip()
        if status < 0:
            raise gdb.GdbError("malloc_tracer was ended by signal %d" % -status)
        if status:
            raise gdb.GdbError(
                "%s (exit status %d)" % (said or "malloc_tracer", status)
            )
        if said:
            gdb.write(said + "\n", gdb.STDERR)


def show(words):
    with Call(words) as call:
        for piece in call.pieces():
            gdb.write(piece)
        call.finish()


def lines_of(words):
    """The answer, line by line."""
    with Call(words) as call:
        for line in call.process.stdout:
            yield line
        call.finish()


def documents(words):
    """An answer that has one in each line. They may be millions: so many at once."""
    lines = lines_of(words)
    while True:
        some = b",".join(itertools.islice(lines, 1 << 12))
        if not some:
            return
        yield from json.loads("[%s]" % some.decode("utf-8", "replace"))


def document(words):
    return json.loads(b"".join(lines_of(words)).decode("utf-8", "replace"))


# ----------------------------------------------------------------- the target


def connection_kind(inferior):
    """native, core, remote ..., or None: gdb has nothing."""
    if hasattr(inferior, "connection"):
        return inferior.connection and inferior.connection.type
    text = gdb.execute("info inferiors", to_string=True)
    found = re.search(r"^\*.* \d+ \(([\w-]+)", text, re.MULTILINE)
    return found and found.group(1)


def core_path(inferior):
    if getattr(inferior, "corefile", None):
        return inferior.corefile.filename
    program = gdb.current_progspace().filename
    text = gdb.execute("info files", to_string=True)
    for path in re.findall(r"^\t[`'\"](.+)['\"], ", text, re.MULTILINE):
        if path != program:
            return path
    raise gdb.GdbError("gdb does not tell which core it has.")


def switches(pid):
    """Changes whenever a thread of the process ran; None: not to be known."""
    seen = []
    for path in sorted(glob.glob("/proc/%d/task/*/status" % pid)):
        try:
            with open(path) as status:
                seen.append((path, re.findall(r"_switches:\s*(\d+)", status.read())))
        except OSError:
            return None
    return seen or None


def may_be_read(pid):
    """By others than gdb? Yama may allow it to the tracer alone."""
    return (
        subprocess.call(
            ["/bin/sh", "-c", ": </proc/%d/mem" % pid],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        == 0
    )


class OwnCore:
    """The core that gdb wrote of its process, as long as that is true."""

    def __init__(self):
        self.folder = self.key = None
        atexit.register(self.forget)
        for name in ("cont", "exited", "memory_changed", "register_changed"):
            getattr(gdb.events, name).connect(self.forget)

    def forget(self, _event=None):
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = self.key = None

    def path(self, inferior, kind):
        ran = switches(inferior.pid) if kind == "native" else None
        key = ran and (inferior.num, inferior.pid, ran)
        if key is None or key != self.key:
            self.write(inferior)
            self.key = key
        return os.path.join(self.folder, "core.%d" % inferior.pid)

    def write(self, inferior):
        self.forget()
        if any(thread.is_running() for thread in inferior.threads()):
            raise gdb.GdbError("The process runs: stop it first (interrupt).")
        self.folder = tempfile.mkdtemp(
            prefix="malloc_tracer.", dir=os.environ.get("TMPDIR") or "/var/tmp"
        )
        path = os.path.join(self.folder, "core.%d" % inferior.pid)
        try:
            gdb.execute("gcore " + path, to_string=True)
        except BaseException:
            self.forget()
            raise


def target(stopping):
    """What the command is to read: a path, or a number."""
    inferior = gdb.selected_inferior()
    kind = inferior.pid and connection_kind(inferior)
    if not kind:
        raise gdb.GdbError("There is neither a core nor a process.")
    if kind == "core":
        return core_path(inferior)
    if kind == "native" and not stopping and may_be_read(inferior.pid):
        return str(inferior.pid)
    return own_core.path(inferior, kind)


def has_option(words, *names):
    return any(word.split("=")[0] in names for word in words)


def file_options(words):
    """Where gdb has files, the command looks, too."""
    options = []
    program = gdb.current_progspace().filename
    if program and os.path.isfile(program) and not has_option(words, "--exe"):
        options.append("--exe=" + program)
    sysroot = gdb.parameter("sysroot")
    if (
        sysroot
        and sysroot != "/"
        and os.path.isdir(sysroot)
        and not has_option(words, "--sysroot")
    ):
        options.append("--sysroot=" + sysroot)
    return options


def needs_stop(name, words):
    """Roots, what is retained, pins and free heap are found by registers, too."""
    values = [word.split("=")[-1] for word in words]
    return name in STOPPING or any(
        value in ("root", "retained", "pins", "--free") for value in values
    )


def question(name, words, operands=()):
    """The command's words for that, of what gdb has."""
    files = file_options(words) if name in NAMED else []
    where = []
    if not has_option(words, "-h", "--help"):
        where = [target(needs_stop(name, words))]
    return [name] + files + words + ["--"] + where + list(operands)


# ---------------------------------------------------------------- expressions


def value_address(value, text):
    """Of a number or pointer its value, of all else in memory its address."""
    kind = value.type.strip_typedefs()
    if kind.code in (gdb.TYPE_CODE_REF, getattr(gdb, "TYPE_CODE_RVALUE_REF", -1)):
        value = value.referenced_value()
        kind = value.type.strip_typedefs()
    if kind.code in (
        gdb.TYPE_CODE_PTR,
        gdb.TYPE_CODE_INT,
        gdb.TYPE_CODE_ENUM,
        gdb.TYPE_CODE_CHAR,
        gdb.TYPE_CODE_BOOL,
    ):
        return int(value) & ADDRESSES
    if value.address is None:
        raise gdb.GdbError("%s is no address." % text)
    return int(value.address) & ADDRESSES


def address_of(text):
    return value_address(gdb.parse_and_eval(text), "'%s'" % text)


def why_operand(text):
    """An address or, where gdb knows no such thing, a name for the command."""
    try:
        return "%#x" % address_of(text)
    except gdb.MemoryError:
        raise
    except gdb.error:
        if re.match(r"&?[\w:<>~.]+(\(\))?[\w:<>~.]*$", text):
            return text
        raise


# ---------------------------------------------------- malloc-tracer WHAT ARG...


class Command(gdb.Command):
    """answer() is what it does; an error of gdb's is one line, without Python's."""

    def __init_subclass__(cls):
        if cls.__doc__:
            documented(cls)

    def invoke(self, arg, _from_tty):
        self.dont_repeat()
        try:
            self.answer(arg)
        except gdb.error as error:
            raise gdb.GdbError(str(error))


class Ask(Command):
    def __init__(self, name, doc):
        self.asks = name
        self.__doc__ = doc
        super().__init__("malloc-tracer " + name, gdb.COMMAND_DATA)

    def answer(self, arg):
        show(question(self.asks, gdb.string_to_argv(arg)))


class AskWhy(Command):
    """Who allocated the block at an address, and who holds it.
    Usage: malloc-tracer why [OPTION]... EXPRESSION

    EXPRESSION is any of gdb's: a pointer, $rdi, &variable, ptr->next. A variable
    that gdb does not know may be one that malloc_tracer knows."""

    takes_word = ("--exe", "--sysroot", "--debug-dir", "--skip", "--names", "--top")

    def __init__(self):
        super().__init__("malloc-tracer why", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def answer(self, arg):
        words, text = self.split(arg.strip())
        if has_option(words, "-h", "--help"):
            show(question("why", words))
        elif not text:
            raise gdb.GdbError("malloc-tracer why: an address or expression is needed.")
        else:
            show(question("why", words, [why_operand(text)]))

    def split(self, text):
        """Options before the expression and behind it; quotes in it are its own."""
        words = []
        while re.match(r"(--[a-z]|-h\b)", text):
            word, _, text = text.partition(" ")
            text = text.strip()
            if word in self.takes_word:
                value, _, text = text.partition(" ")
                word += "=" + value
                text = text.strip()
            words += gdb.string_to_argv(word)
        while True:
            found = re.search(r"\s(--[a-z][a-z-]*(=\S*)?)$", text)
            if not found:
                return words, text
            words += gdb.string_to_argv(found.group(1))
            text = text[: found.start()].strip()


# ----------------------------------------------------------------- what it has


class Heap:
    """What the command tells of the target, asked once while that is the same."""

    current = key = None

    def __init__(self, where):
        self.target = where
        self.files = file_options([])
        self.table = None

    def ask(self, name, *options):
        files = self.files if name in NAMED else []
        return [name, "--format=json"] + files + list(options) + ["--", self.target]

    @classmethod
    def get(cls):
        where = target(False)
        key = (where, tuple(file_options([])), cls.version(where))
        if cls.key != key or key[2] is None:
            cls.current, cls.key = cls(where), key
        return cls.current

    @staticmethod
    def version(where):
        if where.isdigit():
            return switches(int(where))
        status = os.stat(where)
        return (status.st_ino, status.st_mtime_ns, status.st_size)

    @property
    def record(self):
        """Bytes of a block that are the library's."""
        if not hasattr(self, "_record"):
            words = ["info", "--json", "--", self.target]
            self._record = document(words)["options"]["record"]
        return self._record

    @property
    def report(self):
        if not hasattr(self, "_report"):
            self._report = document(self.ask("report", "--by=stack"))
            if self._report.get("sample"):
                gdb.write(
                    "warning: a sample has call stacks: the sums are estimates\n",
                    gdb.STDERR,
                )
        return self._report

    @property
    def groups(self):
        """(the frame that owns it, the group) of each distinct stack."""
        frames = self.report["frames"]
        for group in self.report["groups"]:
            owner = frames[group["owner"]] if group["stack"] else None
            yield owner, group

    def owners(self):
        """Frames by the number of the stack or, without one, by the caller."""
        if not hasattr(self, "_owners"):
            self._owners = {}
            frames = self.report["frames"]
            for owner, group in self.groups:
                key = group.get("stack_id") or None
                if owner and key is None:
                    key = frames[group["stack"][0]]["pc"]
                self._owners[key] = owner
        return self._owners

    def owner(self, block):
        """The frame that a block of a list is put down to."""
        owners = self.owners()
        frame = owners.get(block["stack_id"] or block["caller"])
        if frame and frame["function"] == block["function"]:
            return frame
        return {
            "pc": block["caller"],
            "function": block["function"],
            "module": block["module"],
        }

    def blocks(self, *filters):
        return documents(self.ask("list", *filters))

    def block_at(self, addr):
        """The live block that has the address, or None."""
        if self.table is None:
            self.table = BlockTable(self.blocks())
        return self.table.find(addr)


class BlockTable:
    """Blocks by address: numbers, and the rest as often as it differs."""

    def __init__(self, blocks):
        self.starts, self.sizes, self.usables, self.which = (
            array.array("Q") for _ in range(4)
        )
        self.rest, numbers = [], {}
        for block in blocks:
            self.starts.append(int(block.pop("addr"), 16))
            self.sizes.append(block.pop("size"))
            self.usables.append(block.pop("usable"))
            key = tuple(block.values())
            if key not in numbers:
                numbers[key] = len(self.rest)
                self.rest.append(block)
            self.which.append(numbers[key])

    def find(self, addr):
        i = bisect.bisect_right(self.starts, addr) - 1
        if i < 0 or addr >= self.starts[i] + self.usables[i]:
            return None
        block = dict(self.rest[self.which[i]])
        block["addr"] = "%#x" % self.starts[i]
        block["size"] = self.sizes[i]
        block["usable"] = self.usables[i]
        return block


@documented
class MtrWhy(gdb.Function):
    """The name of the function that allocated the block at a pointer.
    Usage: $mtr_why (POINTER)

    It is a string; module+0xoffset of a function without a name. Where there is
    no live block it is void, which $_isvoid tells."""

    def __init__(self):
        super().__init__("mtr_why")

    def invoke(self, pointer):
        block = Heap.get().block_at(value_address(pointer, "The argument"))
        if block is None:
            return gdb.parse_and_eval("(void) 0")
        return block["function"] or block["caller"]


# ------------------------------------------- the commands of the first plugin


def convert(n):
    """1.25KB; of bytes all, as 19.0B, and none is 0B."""
    if not n:
        return "0B"
    unit = 0
    while n >> 10 * (unit + 1) and unit < 8:
        unit += 1
    return "%s%s" % (round(n / (1 << 10 * unit), 2), ("B", *"KMGTPEZY")[unit]
                     + ("B" if unit else ""))


class Sizes:
    """User is what was asked for, Chunk what the allocator gave, Mem the same
    without the record."""

    def __init__(self, user=0, mem=0, chunk=0, count=0):
        self.user, self.mem, self.chunk, self.count = user, mem, chunk, count

    @classmethod
    def of_group(cls, group):
        user = group["bytes"]
        return cls(user, user + group["slack"], group["usable"], group["blocks"])

    @classmethod
    def of_block(cls, block, record):
        usable = block["usable"]
        return cls(block["size"], usable - record, usable, 1)

    def add(self, other):
        self.user += other.user
        self.mem += other.mem
        self.chunk += other.chunk
        self.count += other.count

    def __str__(self):
        if not self.count:
            return "Sizes: No allocations"
        return "Sizes: User=%s, Mem=%s, Chunk=%s; Count=%d; PerAllocMean=%.2fb" % (
            convert(self.user),
            convert(self.mem),
            convert(self.chunk),
            self.count,
            self.user / self.count,
        )


class Places:
    """What gdb calls the code at an address."""

    def __init__(self):
        self.libs = {}
        self.mappings = None

    def lib(self, frame):
        """The path that gdb has for the module, if it is the same."""
        module = frame["module"]
        if not module:
            return UNKNOWN_LIB
        path = gdb.solib_name(int(frame["pc"], 16))
        key = module, path
        if key not in self.libs:
            self.libs[key] = module
            for candidate in (path, gdb.current_progspace().filename):
                if candidate and module in (
                    os.path.basename(candidate),
                    os.path.basename(os.path.realpath(candidate)),
                ):
                    self.libs[key] = candidate
                    break
        return self.libs[key]

    @staticmethod
    def function(frame):
        name = frame["function"]
        if not name or re.match(r"(.*\+)?0x[0-9a-f]+$", name):
            return UNKNOWN_FUNCTION
        return name

    def offset(self, pc):
        """From the symbol that gdb has there, or else from the mapping."""
        text = gdb.execute("info symbol %#x" % pc, to_string=True)
        found = re.search(r" \+ (\d+) in section ", text)
        if found:
            return found.group(1)
        if " in section " in text:
            return "0"
        for start, end in self.mapped():
            if start <= pc < end:
                return str(pc - start)
        return "?"

    def mapped(self):
        if self.mappings is None:
            try:
                text = gdb.execute("info proc mappings", to_string=True)
            except gdb.error:
                text = ""
            found = re.findall(r"^\s*0x([0-9a-f]+)\s+0x([0-9a-f]+)\s", text, re.M)
            self.mappings = [(int(a, 16), int(b, 16)) for a, b in found]
        return self.mappings


def by_size(sums):
    return sorted(sums.items(), key=lambda item: -item[1].user)


def is_lib(asked, lib, frame):
    return asked in (lib, frame["module"]) or (
        os.path.isabs(asked) and os.path.realpath(asked) == os.path.realpath(lib)
    )


def sums_of(heap, lib, function, key):
    """Sizes by key(places, frame, lib), of the library and function asked for.
    What has a corrupt record is no library's."""
    places, total, sums = Places(), Sizes(), {}
    for frame, group in heap.groups:
        if frame is None or frame["function"] == CORRUPT:
            continue
        has = places.lib(frame)
        if lib is not None and not is_lib(lib, has, frame):
            continue
        if function is not None and function != places.function(frame):
            continue
        sizes = Sizes.of_group(group)
        total.add(sizes)
        sums.setdefault(key(places, frame, has), Sizes()).add(sizes)
    return total, sums


def out(line):
    gdb.write(line + "\n")


def show_errors(heap):
    corrupt = [g for f, g in heap.groups if f is None or f["function"] == CORRUPT]
    out(
        "errors: %d, bytes:%d"
        % (sum(g["blocks"] for g in corrupt), sum(g["usable"] for g in corrupt))
    )


def show_libs(heap):
    total, sums = sums_of(heap, None, None, lambda places, frame, lib: lib)
    out("### Total memory allocations %s" % total)
    for lib, sizes in by_size(sums):
        out('Lib: "%s": %s' % (lib, sizes))


def lib_sums(heap, lib, function, key):
    total, sums = sums_of(heap, lib, function, key)
    if not total.count and function is not None and lib_sums(heap, lib, None, key):
        raise gdb.GdbError(
            'There is no such func "%s" in lib "%s"' % (function, lib)
        )
    if not total.count:
        raise gdb.GdbError('There is no such lib: "%s"' % lib)
    return total, sums


def show_lib(heap, lib):
    total, sums = lib_sums(
        heap, lib, None, lambda places, frame, _: places.function(frame)
    )
    out('### Memory allocations for library "%s". Total %s' % (lib, total))
    for function, sizes in by_size(sums):
        out('Func: "%s": %s' % (function, sizes))


def literal(text):
    """As an extended regular expression."""
    return re.sub(r"([][\\.^$*+?(){}|])", r"\\\1", text)


def addresses(heap, lib, function):
    """Of the blocks, by return address."""
    places, found = Places(), {}
    filters = []
    if function != UNKNOWN_FUNCTION:
        filters.append("--function=^%s$" % literal(function))
    for block in heap.blocks(*filters):
        frame = heap.owner(block)
        if is_lib(lib, places.lib(frame), frame) and function == places.function(frame):
            found.setdefault(int(frame["pc"], 16), []).append(block["addr"])
    return found


def show_function(heap, lib, function, with_addresses=False):
    total, sums = lib_sums(
        heap, lib, function, lambda places, frame, _: int(frame["pc"], 16)
    )
    found = addresses(heap, lib, function) if with_addresses else {}
    places = Places()
    out(
        '###  Memory allocations for function "%s" in library "%s": %s'
        % (function, lib, total)
    )
    for pc, sizes in by_size(sums):
        out("RetAddr: 0x%02x, FuncOffset+%s, %s" % (pc, places.offset(pc), sizes))
        if with_addresses:
            out(" Data addresses: " + ", ".join(found.pop(pc, [])))


class HeapTotal(Command):
    """Live blocks by library, by function of a library, or by return address.
    Usage: heap_total [LIB [FUNC]]

    User is what was asked for, Mem what the allocator gave, Chunk the same with
    the tracer's record. With three arguments: how many records are corrupt."""

    def __init__(self):
        super().__init__("heap_total", gdb.COMMAND_DATA)

    def answer(self, arg):
        words = gdb.string_to_argv(arg)
        shows = (show_libs, show_lib, show_function)
        if len(words) > 2:
            show_errors(Heap.get())
        else:
            shows[len(words)](Heap.get(), *words)


class HeapAddrs(Command):
    """The addresses of the live blocks that a function allocated.
    Usage: heap_addrs LIB FUNC"""

    def __init__(self):
        super().__init__("heap_addrs", gdb.COMMAND_DATA)

    def answer(self, arg):
        words = gdb.string_to_argv(arg)
        if len(words) != 2:
            raise gdb.GdbError("Usage: heap_addrs LIB FUNC")
        show_function(Heap.get(), words[0], words[1], True)


class HeapFree(Command):
    """Free heap: what is in no live block, of glibc chunk by chunk.
    Usage: heap_free [count | detailed]

    count has the number of pieces of each size, detailed their addresses. What
    the allocator keeps for itself is among them."""

    def __init__(self):
        super().__init__("heap_free", gdb.COMMAND_DATA)

    def answer(self, arg):
        if arg not in ("", "count", "detailed"):
            raise gdb.GdbError("Usage: heap_free [count | detailed]")
        sizes = {}
        for piece in documents(question("list", ["--free", "--json"])):
            sizes.setdefault(piece["usable"], []).append(piece["addr"])
        if not arg:
            out(
                "To view more detailed information about free allocations, "
                "use the 'count' or 'detailed' option."
            )
        out(
            " Total size of free allocations: %s (count: %s)"
            % (
                convert(sum(n * len(v) for n, v in sizes.items())),
                format(sum(map(len, sizes.values())), "_"),
            )
        )
        if arg:
            self.show_sizes(sizes, arg == "detailed")

    @staticmethod
    def show_sizes(sizes, detailed):
        largest = sorted(sizes.items(), key=lambda item: -item[0] * len(item[1]))
        for i, (size, addrs) in enumerate(largest, 1):
            line = "%d# Size: %s" % (i, convert(size))
            if detailed:
                out("%s\n Addresses: %s" % (line, ", ".join(addrs)))
            else:
                count = format(len(addrs), "_")
                total = convert(size * len(addrs))
                out("%s, Count: %s, Total_size: %s" % (line, count, total))


# ------------------------------------------------------------------------ bytes

ROW = 32


def dump_row(addr, data, chars_only):
    text = "".join(chr(b) if 0x20 <= b < 0x7F else "." for b in data)
    codes = "" if chars_only else " ".join("%02x" % b for b in data) + " |"
    out("0x%016x -> 0x%016x %s%s|" % (addr, addr + len(data) - 1, codes, text))


def dump(addr, lines, chars_only):
    """What is not there ends it with gdb's own error."""
    inferior = gdb.selected_inferior()
    for _ in range(lines):
        dump_row(addr, inferior.read_memory(addr, ROW).tobytes(), chars_only)
        addr += ROW


def dump_arguments(arg, usage):
    """(address, only characters?, lines or None) of ADDRESS [-s] [LINES]."""
    found = re.match(r"(.+?)(\s+-s)?(\s+\d+)?$", arg.strip())
    if not found:
        raise gdb.GdbError(usage)
    lines = found.group(3)
    return address_of(found.group(1)), bool(found.group(2)), lines and int(lines)


class HeapOne(Command):
    """The live block at an address: who allocated it, and its bytes.
    Usage: heap_one ADDRESS [-s] [LINES]

    ADDRESS is an expression. LINES of 32 bytes are shown, or all of the block;
    with -s the characters alone."""

    def __init__(self):
        super().__init__("heap_one", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def answer(self, arg):
        addr, chars_only, lines = dump_arguments(
            arg, "Usage: heap_one ADDRESS [-s] [LINES]"
        )
        heap, places = Heap.get(), Places()
        block = heap.block_at(addr)
        if block is None:
            raise gdb.GdbError("%#x is in no live block." % addr)
        if block["function"] == CORRUPT:
            raise gdb.GdbError("The record of %s is corrupt." % block["addr"])
        frame = heap.owner(block)
        pc = int(frame["pc"], 16)
        out("Data address: " + block["addr"])
        out("RetAddr: %#x, %s" % (pc, Sizes.of_block(block, heap.record)))
        out("Lib: " + places.lib(frame))
        out("Func: %s+%s" % (places.function(frame), places.offset(pc)))
        all_lines = -(-block["usable"] // ROW)
        lines = all_lines if lines is None else min(lines, all_lines)
        dump(int(block["addr"], 16), lines, chars_only)


class Hexdump(Command):
    """Memory in lines of 32 bytes, as hexadecimal numbers and as characters.
    Usage: hexdump ADDRESS [-s] [LINES]

    ADDRESS is an expression. LINES is 1000 unless given; with -s there are
    characters alone."""

    def __init__(self):
        super().__init__("hexdump", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def answer(self, arg):
        addr, chars_only, lines = dump_arguments(
            arg, "Usage: hexdump ADDRESS [-s] [LINES]"
        )
        dump(addr, 1000 if lines is None else lines, chars_only)


# ---------------------------------------------------------------- registration


class Prefix(gdb.Command):
    def __init__(self, name, doc):
        self.__doc__ = doc
        super().__init__(name, gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


QUESTIONS = {
    "report": "Which code allocated the live heap.",
    "list": "Every live block.",
    "leaks": "The live blocks that nothing leads to any more.",
    "memory": "Where the resident memory is.",
    "info": "The record, and what limits the answers.",
}


def is_taken(name):
    try:
        gdb.execute("help " + name, to_string=True)
        return True
    except gdb.error:
        return False


def register():
    what = "what malloc_tracer tells of this core or process"
    Prefix("malloc-tracer", "Ask %s." % what)
    Prefix("set malloc-tracer", "Set how malloc_tracer is asked.")
    Prefix("show malloc-tracer", "Show how malloc_tracer is asked.")
    for name, doc in QUESTIONS.items():
        usage = "Usage: malloc-tracer %s [OPTION]...\n\n" % name
        more = "The options are malloc_tracer's: --help shows them."
        Ask(name, "%s\n%s%s" % (doc, usage, more))
    AskWhy()
    MtrWhy()
    # other extensions have such names as well: who was first keeps them
    for command in (HeapTotal, HeapAddrs, HeapFree, HeapOne, Hexdump):
        name = re.sub(r"(?<=p)(?=[A-Z])", "_", command.__name__).lower()
        if not is_taken(name):
            command()


# gdb loads it again for each program; once will do.
if not hasattr(gdb, "malloc_tracer_is_there"):
    gdb.malloc_tracer_is_there = True
    own_core = OwnCore()
    register()
    command_path = CommandPath()
