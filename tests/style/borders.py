#!/usr/bin/env python3
"""Checks who may include whom: the border table of ARCHITECTURE.md, as code.

borders.py            checks the tree
borders.py --self-test   checks that a violation is found
"""
import pathlib
import re
import sys

# Folder: (folders of ours it may include, patterns of outside headers it may include).
# Every folder may include include/redbee, src/base, itself, the C and C++ standard
# libraries, the kernel's UAPI (linux/, asm/), fmt and tl::expected.
LIBBPF, ELF, JSON = r"bpf/", r"(gelf|libelf|elfutils/|dwarf)", r"nlohmann/"
CAPSTONE = r"capstone/"
BORDERS = {
    "include/redbee": ([], []),
    "src/base": ([], []),
    "src/kernel": ([], [LIBBPF]),
    "src/process": ([], [ELF, r"zlib"]),
    "src/compile": (["src/kernel"], [JSON, r"zlib"]),
    "src/cc": (["src/kernel"], [r"clang/", r"llvm/", JSON, r"zlib"]),
    "src/load": (["src/kernel"], [LIBBPF]),
    "src/attach": (["src/load", "src/kernel", "src/process"], [LIBBPF]),
    "src/read": (["src/load"], [LIBBPF]),
    "src/decode": ([], []),
    "view": ([], []),
    "profiler": (["src", "view"], [LIBBPF, ELF, JSON, CAPSTONE, r"CLI/", r"protozero/", r"zlib"]),
    "gems/redbee/ext": ([], [r"ruby", r"rice/"]),
    "gems/redbee-rack/ext": ([], [r"ruby", r"sys/sdt"]),
}
NO_OURS_AT_ALL = ["include/redbee", "gems/redbee/ext", "gems/redbee-rack/ext"]  # not even src/base
OUTSIDE = [LIBBPF, ELF, JSON, r"clang/", r"llvm/", r"CLI/", r"protozero/", r"zlib", CAPSTONE,
           r"ruby", r"rice/", r"yaml-cpp/", r"sys/sdt"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".h", ".cc", ".cpp", ".hpp", ".c"}


def folder_of(path):
    return max((f for f in BORDERS if path.startswith(f + "/")), key=len, default=None)


def problems_of(path, text):
    folder = folder_of(path)
    if folder is None or path.endswith((".bpf.c", ".bpf.h")):
        return
    ours, outside = BORDERS[folder]
    is_test = path.endswith("_test.cc") or "/tests/" in path
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        target = folder_of(name)
        if target and quote == '"':
            allowed = target == folder or any(target == f or target.startswith(f + "/") for f in ours)
            allowed |= target == "src/base" and folder not in NO_OURS_AT_ALL
            if not allowed:
                yield f"{path}:{number}: {folder} may not include {target} ({name})"
        elif quote == "<" or not target:
            for pattern in OUTSIDE:
                if re.match(pattern, name) and pattern not in outside and not is_test:
                    yield f"{path}:{number}: {folder} may not use <{name}>"


def check_tree(root):
    for folder in BORDERS:
        for file in sorted((root / folder).rglob("*")):
            path = str(file.relative_to(root))
            if file.suffix in SOURCES and folder_of(path) == folder:
                yield from problems_of(path, file.read_text(errors="replace"))


def self_test():
    bad = [("src/decode/a.cc", '#include "src/load/b.h"'), ("src/load/a.cc", "#include <clang/AST/Decl.h>"),
           ("src/process/a.cc", "#include <bpf/libbpf.h>"), ("gems/redbee/ext/a.cc", '#include "src/base/text.h"')]
    good = [("src/attach/a.cc", '#include "src/load/b.h"'), ("src/cc/a.cc", "#include <clang/AST/Decl.h>"),
            ("profiler/discover/a.cc", '#include "src/process/elf.h"'), ("src/load/a.cc", '#include "redbee/map.h"')]
    for path, line in bad:
        assert list(problems_of(path, line)), f"not found: {path} {line}"
    for path, line in good:
        assert not list(problems_of(path, line)), f"wrongly refused: {path} {line}"


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
        sys.exit(0)
    found = list(check_tree(pathlib.Path(__file__).resolve().parents[2]))
    print("\n".join(found) or "the borders hold")
    sys.exit(1 if found else 0)
