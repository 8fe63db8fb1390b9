# redbee/version.h in the build tree: the version and the commit that --version prints.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                OUTPUT_VARIABLE REDBEE_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT REDBEE_COMMIT)
  set(REDBEE_COMMIT unknown)
endif()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/redbee/version.h CONTENT
"#pragma once
#define REDBEE_VERSION \"${PROJECT_VERSION}\"
#define REDBEE_COMMIT \"${REDBEE_COMMIT}\"
")
include_directories(${CMAKE_BINARY_DIR}/generated)
