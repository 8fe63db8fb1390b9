#!/usr/bin/env python3
"""docs/kernels.md and src/kernel/features.cc list the same features since the same kernels."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = re.compile(r'\{Feature::(\w+), "(\w+)", "[^"]*", \{(\d+), (\d+)\}')
ROW = re.compile(r"^\| (\w+) \| (\d+\.\d+) \|", re.M)

code = {name: f"{major}.{minor}" for _, name, major, minor in CODE.findall((ROOT / "src/kernel/features.cc").read_text())}
docs = dict(ROW.findall((ROOT / "docs/kernels.md").read_text()))
if len(code) < 20:
    sys.exit("src/kernel/features.cc: its table was not recognised")
problems = [f"{name}: code says {code.get(name)}, docs say {docs.get(name)}"
            for name in sorted(code.keys() | docs.keys()) if code.get(name) != docs.get(name)]
print("\n".join(problems) or f"{len(code)} features agree")
sys.exit(1 if problems else 0)
