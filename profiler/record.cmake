# What the recording half of rbperf needs: BPF objects embedded, the table of Ruby's layouts, libelf,
# libdw, libbpf and Capstone, which is always linked in: only rbperf uses it.
find_library(CAPSTONE_ARCHIVE NAMES libcapstone.a REQUIRED)
add_executable(make_ruby_layouts ${CMAKE_SOURCE_DIR}/tools/make_ruby_layouts.cc)
set(ruby_layouts ${CMAKE_BINARY_DIR}/generated/profiler/ruby_layouts.inc)
add_custom_command(
  OUTPUT ${ruby_layouts}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated/profiler
  COMMAND make_ruby_layouts ${CMAKE_CURRENT_SOURCE_DIR}/discover/data/ruby_layouts.tsv ${ruby_layouts}
  DEPENDS make_ruby_layouts discover/data/ruby_layouts.tsv)
add_custom_target(ruby_layouts DEPENDS ${ruby_layouts})

add_bpf_object(recorder unwind/recorder.bpf.c)
add_bpf_object(tasks unwind/tasks.bpf.c)
add_dependencies(redbee_profiler ruby_layouts recorder_bpf tasks_bpf)
target_link_libraries(redbee_profiler PUBLIC PkgConfig::LIBBPF PkgConfig::LIBELF PkgConfig::LIBDW
  ${CAPSTONE_ARCHIVE})

# System calls by name, from the compiler's own headers.
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/unistd.c CONTENT "#include <asm/unistd.h>\n")
execute_process(COMMAND ${CMAKE_C_COMPILER} -E -dM ${CMAKE_CURRENT_BINARY_DIR}/unistd.c
                OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "#define __NR_[a-z0-9_]+ [0-9]+" macros "${macros}")
list(TRANSFORM macros REPLACE "#define __NR_([a-z0-9_]+) ([0-9]+)" "{\"\\1\", \\2},\n")
string(JOIN "" macros ${macros})
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/profiler/syscall_names.inc CONTENT "${macros}")
