# make install: the commands, the library with its headers, and a CMake package `redbee`.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS redbee ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/redbee DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
foreach(command redbee-cc rbperf)
  if(TARGET ${command})
    install(TARGETS ${command} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/redbee)
file(RELATIVE_PATH REDBEE_INCLUDE /${package_dir} /${CMAKE_INSTALL_INCLUDEDIR})

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/redbeeConfig.cmake @ONLY CONTENT [[
# find_package(redbee) gives redbee::redbee: link it and include <redbee/...>.
include(CMakeFindDependencyMacro)
find_dependency(PkgConfig)
pkg_check_modules(REDBEE_DEPENDENCIES REQUIRED IMPORTED_TARGET libbpf libelf libdw zlib)
if(NOT TARGET redbee::redbee)
  add_library(redbee::redbee STATIC IMPORTED)
  set_target_properties(redbee::redbee PROPERTIES
    IMPORTED_LOCATION "${CMAKE_CURRENT_LIST_DIR}/../../libredbee.a"
    INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}/@REDBEE_INCLUDE@"
    INTERFACE_LINK_LIBRARIES "PkgConfig::REDBEE_DEPENDENCIES"
    INTERFACE_COMPILE_FEATURES cxx_std_20)
endif()
]])
write_basic_package_version_file(${CMAKE_BINARY_DIR}/redbeeConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/redbeeConfig.cmake ${CMAKE_BINARY_DIR}/redbeeConfigVersion.cmake
        DESTINATION ${package_dir})
