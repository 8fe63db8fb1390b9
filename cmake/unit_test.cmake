# add_unit_tests(NAME LIBRARY SOURCE...): one test binary for a module's *_test.cc files, in the tier
# `unit`. Built only with sanitizers (the tier's rule), all of them by the target unit_tests.
add_custom_target(unit_tests)

function(add_unit_tests name library)
  add_executable(${name} EXCLUDE_FROM_ALL ${ARGN} ${CMAKE_SOURCE_DIR}/tests/support/main.cc)
  target_link_libraries(${name} PRIVATE ${library} GTest::gtest GTest::gmock)
  target_compile_definitions(${name} PRIVATE REDBEE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_dependencies(unit_tests ${name})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
