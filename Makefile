# Each target does all its own set-up on a fresh Debian 12.
#   make demo    build, then trace a program and print a histogram
#   make test    every tier: unit (ASan, UBSan), golden, kernel (live), guest, ruby
#   make build   commands in build/bin, gems in build/pkg
#   make bench   side-by-side measurements, as ratios
#   make install PREFIX=/usr/local
.PHONY: demo test build bench bench-rbperf setup install clean check-unit check-guest
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

setup:
	@tools/setup

build/build.ninja:
	cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release > build-cmake.log 2>&1 || { cat build-cmake.log; exit 1; }
	@rm -f build-cmake.log

build: setup build/build.ninja
	cmake --build build -j $(JOBS)

demo: build
	@tools/demo

test: build
	@tests/run all

check-unit check-guest: build
	@tests/run $(@:check-%=%)

bench: build
	@bench/run

bench-rbperf: build
	@bench/run rbperf

install: build
	cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build build-asan
