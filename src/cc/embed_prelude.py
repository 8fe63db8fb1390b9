#!/usr/bin/env python3
"""Writes the prelude as a C++ string: helper prototypes from libbpf's generated header without their
documentation, then the dialect's own headers without their comments (each line stays a line)."""
import re
import sys


def helpers(path):
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    lines = [line.strip() for line in text.splitlines()]
    # A pointer that is const folds into the call at once. bpf_trace_printk is the dialect's own.
    keep = [line for line in lines if line.startswith("static ") and "bpf_trace_printk" not in line]
    keep = [re.sub(r"\(\*(\w+)\)", r"(*const \1)", line, count=1) for line in keep]
    # Helpers take whole registers. A size of 32 bits would be left unextended there, and the verifier
    # would know no bound of it; as a word it is the register that the program compared.
    return "\n".join(re.sub(r"\b__u32 (\w+[,)])", r"__u64 \1", line) for line in keep) + "\n"


def header(path):
    lines = (re.sub(r"\s*//.*$", "", line) for line in open(path).read().splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def main(output, helper_header, *headers):
    text = helpers(helper_header) + "".join(header(path) for path in headers)
    chunks = [text[at : at + 12000] for at in range(0, len(text), 12000)]
    literals = "\n".join(f'R"PRELUDE({chunk})PRELUDE"' for chunk in chunks)
    with open(output, "w") as out:
        out.write('#include "src/cc/prelude_text.h"\n\nnamespace redbee::cc {\n')
        out.write(f"const char kPreludeText[] = {literals};\n")
        out.write("}  // namespace redbee::cc\n")


main(*sys.argv[1:])
