# add_unit_tests(NAME LIBRARY SOURCE...): one test binary for a folder's *_test.cc files, in the
# tier `unit`. Each binary is one ctest entry; --gtest_filter selects inside it.
function(add_unit_tests name library)
  add_executable(${name} ${ARGN} ${CMAKE_SOURCE_DIR}/tests/support/main.cc)
  target_link_libraries(${name} PRIVATE ${library} GTest::gtest GTest::gmock)
  target_compile_definitions(${name} PRIVATE REDBEE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit)
endfunction()
