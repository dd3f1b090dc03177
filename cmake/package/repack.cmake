# Run by CPack on what it has packed. CPack 3.25 writes the mode of the archive's members by the umask of who
# builds; dpkg-deb does not, and compresses on all cores. So CPack compresses nothing.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  execute_process(COMMAND_ERROR_IS_FATAL ANY COMMAND bash ${CPACK_AURORA_SOURCE}/etc/debian/repack.sh
    ${package} ${CPACK_TEMPORARY_DIRECTORY}/repacked)
endforeach()
