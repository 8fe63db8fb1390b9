#!/bin/sh
# Compiles the kernel tests' programs, and the golden ones, into a directory of Images.
#
#   compile_images.sh REDBEE_CC KERNEL_TEST OUTPUT_DIR [FACTS_DIR]
#
# FACTS_DIR: another kernel's facts as tests/vm/run --facts leaves them (vmlinux, events/, release).
set -eu
compiler=$1 kernel_test=$2 output=$3 facts=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$output/golden"
mkdir -p "$output/golden"
set --
[ -z "$facts" ] || set -- --btf "$facts/vmlinux" --tracefs "$facts" --release "$(cat "$facts/release")"

"$kernel_test" --usdt-facts on_tick=redbee_test:tick > "$output/usdt.json"
for source in "$here"/programs/*.c; do
  name=$(basename "$source" .c)
  usdt=
  [ "$name" != usdt ] || usdt="--usdt $output/usdt.json"
  # shellcheck disable=SC2086
  "$compiler" "$@" $usdt -o "$output/$name.o" "$source"
done
# Golden programs may need what this kernel does not have: those that do not compile are listed. Their
# options name files beside them.
: > "$output/golden/not_compiled.txt"
cd "$here/../golden/programs"
for source in *.c; do
  name=$(basename "$source" .c)
  # shellcheck disable=SC2046
  if "$compiler" "$@" $(sed -n 's|^// cc: ||p' "$source") -o "$output/golden/$name.o" "$source" 2> "$output/golden/$name.log"; then
    sed -n 's,^// needs: *,,p' "$source" > "$output/golden/$name.needs"
  else
    echo "$name" >> "$output/golden/not_compiled.txt"
  fi
done
