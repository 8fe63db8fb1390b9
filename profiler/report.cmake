# The reporting half's fuzzer: built with clang (libFuzzer), which is apart from the compiler
# of the product; `unit` runs it for a short, always equal time over recordings made for it.
find_program(FUZZ_CXX NAMES clang++-19 clang++)
