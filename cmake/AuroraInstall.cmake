# What `cmake --install` lays down: the library with its CMake package aurora::aurora, the manual and the
# data. The programs are installed by their own folders.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aurora)

install(TARGETS aurora EXPORT aurora-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT aurora-targets NAMESPACE aurora:: DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/aurora-config.cmake.in
  ${PROJECT_BINARY_DIR}/aurora-config.cmake INSTALL_DESTINATION ${package_dir})
# 0.x: a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/aurora-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/aurora-config.cmake ${PROJECT_BINARY_DIR}/aurora-config-version.cmake
  DESTINATION ${package_dir})

if(AURORA_APPS)
  set(etc ${PROJECT_SOURCE_DIR}/etc)
  foreach(section IN ITEMS 1 5 7 8)
    file(GLOB pages CONFIGURE_DEPENDS ${etc}/man/*.${section})
    install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  install(FILES ${etc}/aurora.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/aurora OPTIONAL)
  install(FILES ${etc}/aurorad.service DESTINATION lib/systemd/system)
  install(DIRECTORY ${etc}/sample DESTINATION ${CMAKE_INSTALL_DATADIR}/aurora
    PATTERN .venv EXCLUDE PATTERN .aurora EXCLUDE PATTERN __pycache__ EXCLUDE)

  # Each shell has a folder and a file name of its own; they exist where etc/completions has them.
  install(FILES ${etc}/completions/aurorctl.bash OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME aurorctl)
  install(FILES ${etc}/completions/aurorctl.zsh OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _aurorctl)
  install(FILES ${etc}/completions/aurorctl.fish OPTIONAL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
