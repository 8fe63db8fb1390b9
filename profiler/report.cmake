# What tests and benchmarks of the reporting half need beyond its unit tests.
add_executable(report_recordings ${CMAKE_SOURCE_DIR}/bench/report_recordings.cc)
target_link_libraries(report_recordings PRIVATE redbee_profiler_testing)
