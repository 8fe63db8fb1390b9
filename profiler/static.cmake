# rbperf runs where nothing was prepared for it: of what distributions ship in many versions or not at
# all, libbpf, libdw and the C++ library are linked in. The archives come before the shared libraries
# that redbee and redbee_profiler name for others, and --as-needed then drops those.
find_library(LIBBPF_ARCHIVE NAMES libbpf.a REQUIRED)
find_library(LIBDW_ARCHIVE NAMES libdw.a REQUIRED)
target_link_libraries(rbperf PRIVATE redbee ${LIBBPF_ARCHIVE} ${LIBDW_ARCHIVE} PkgConfig::LIBELF ZLIB::ZLIB)
target_link_options(rbperf PRIVATE -Wl,--as-needed)
if(NOT REDBEE_SANITIZE)   # the sanitizers' own libraries are shared and bring the C++ library
  target_link_options(rbperf PRIVATE -static-libstdc++ -static-libgcc)
endif()
# Capstone's table of processors names the decoders of all of them. rbperf opens only x86's: with the
# others' entries empty they stay out, 5 MB of 7.
foreach(processor AArch64 ARM EVM M680X M68K Mips PPC Sparc SystemZ TMS320C64x XCore)
  target_link_options(rbperf PRIVATE -Wl,--defsym=${processor}_global_init=0 -Wl,--defsym=${processor}_option=0)
endforeach()
