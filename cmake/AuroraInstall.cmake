# What `cmake --install` lays down, as two components: `development` is the library with its page and its
# CMake package aurora::aurora, `programs` all else. The programs themselves are installed by their own folders.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aurora)

install(TARGETS aurora EXPORT aurora-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT aurora-targets NAMESPACE aurora:: DESTINATION ${package_dir} COMPONENT development)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/aurora-config.cmake.in
  ${PROJECT_BINARY_DIR}/aurora-config.cmake INSTALL_DESTINATION ${package_dir})
# 0.x: a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/aurora-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/aurora-config.cmake ${PROJECT_BINARY_DIR}/aurora-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)
install(FILES ${PROJECT_SOURCE_DIR}/etc/man/libaurora.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT development)

if(AURORA_APPS)
  set(etc ${PROJECT_SOURCE_DIR}/etc)
  foreach(section IN ITEMS 1 5 7 8)
    file(GLOB pages CONFIGURE_DEPENDS ${etc}/man/*.${section})
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT programs)
  endforeach()
  include(AuroraManText)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${etc}/runbook.md)
  aurora_man_text(${etc}/runbook.md ${PROJECT_BINARY_DIR}/man/aurora-runbook.7 7)
  install(FILES ${PROJECT_BINARY_DIR}/man/aurora-runbook.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7 COMPONENT programs)
  install(FILES ${etc}/aurora.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/aurora COMPONENT programs)
  install(DIRECTORY ${etc}/sample DESTINATION ${CMAKE_INSTALL_DATADIR}/aurora COMPONENT programs
    PATTERN .venv EXCLUDE PATTERN .aurora EXCLUDE PATTERN __pycache__ EXCLUDE)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/install-made.cmake.in ${PROJECT_BINARY_DIR}/install-made.cmake.in @ONLY)
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/install-made-$<CONFIG>.cmake INPUT ${PROJECT_BINARY_DIR}/install-made.cmake.in)
  install(SCRIPT ${PROJECT_BINARY_DIR}/install-made-$<CONFIG>.cmake COMPONENT programs)
endif()
