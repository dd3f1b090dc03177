# Run by CPack between installing and packing.
foreach(component IN ITEMS programs:aurora development:libaurora-dev)
  string(REPLACE ":" ";" component ${component})
  list(GET component 0 folder)
  list(GET component 1 package)
  execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND bash ${CPACK_AURORA_SOURCE}/etc/debian/stage.sh
    ${CPACK_TEMPORARY_DIRECTORY}/${folder} ${package} ${CPACK_PACKAGE_VERSION} "${CPACK_PACKAGE_CONTACT}")
endforeach()
