# add_bpf_object(NAME SOURCE...): compiles SOURCE with clang -target bpf and embeds the object.
# The generated header NAME.bpf.h declares `inline constexpr unsigned char NAME_bpf_object[]`.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
find_program(BPF_STRIP NAMES llvm-strip-19 llvm-strip REQUIRED)

function(add_bpf_object name source)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(header ${CMAKE_BINARY_DIR}/generated/${name}.bpf.h)
  get_filename_component(absolute ${source} ABSOLUTE)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${BPF_CLANG} -target bpf -mcpu=v2 -O2 -g -Wall -Wextra -Werror
            -D__TARGET_ARCH_x86 -I${CMAKE_SOURCE_DIR} -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -MD -MF ${object}.d -c ${absolute} -o ${object}
    COMMAND ${BPF_STRIP} -g ${object}
    DEPENDS ${absolute} DEPFILE ${object}.d
    COMMENT "BPF ${name}")
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${object} -DOUTPUT=${header} -DNAME=${name}_bpf_object
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${object} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_target(${name}_bpf DEPENDS ${header})
endfunction()
