# What tests and benchmarks of the reporting half need beyond its unit tests.
add_executable(report_recordings ${CMAKE_SOURCE_DIR}/bench/report_recordings.cc)
target_link_libraries(report_recordings PRIVATE redbee_profiler_testing)

# The reader's fuzzer needs clang's libFuzzer whatever compiler builds the product, so it is built
# apart, from the few sources it exercises. ctest runs it briefly, from a fixed seed, over
# recordings made for it: bin/reader_fuzz DIRECTORY goes on for as long as one likes.
find_program(FUZZ_CXX NAMES clang++-19 clang++)
if(FUZZ_CXX)
  set(fuzz ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/reader_fuzz)
  set(fuzz_sources reader_fuzz.cc reader.cc data_reader.cc block.cc fields.cc recording.cc)
  list(TRANSFORM fuzz_sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/recording/)
  file(GLOB fuzz_headers CONFIGURE_DEPENDS recording/*.h)
  set(base_sources file.cc os_error.cc text.cc)
  list(TRANSFORM base_sources PREPEND ${CMAKE_SOURCE_DIR}/src/base/)
  add_custom_command(OUTPUT ${fuzz}
    COMMAND ${FUZZ_CXX} -std=gnu++20 -g -O1 -fsanitize=fuzzer,address,undefined
            -fno-sanitize-recover=undefined -DFMT_HEADER_ONLY=1 -I${CMAKE_SOURCE_DIR}
            -I${CMAKE_SOURCE_DIR}/include ${fuzz_sources} ${base_sources} -lz -o ${fuzz}
    DEPENDS ${fuzz_sources} ${fuzz_headers} ${base_sources}
    COMMENT "Fuzzer of the recording reader")
  add_custom_target(reader_fuzz DEPENDS ${fuzz})
  add_dependencies(profiler_unit_test reader_fuzz report_recordings)
  add_test(NAME recording_reader_fuzz COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/recording/run_fuzz
           ${fuzz} $<TARGET_FILE:report_recordings>)
  set_tests_properties(recording_reader_fuzz PROPERTIES LABELS unit TIMEOUT 120)
endif()
