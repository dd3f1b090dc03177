# Debian packages by CPack: `ninja package` in a release build makes aurora_*.deb and libaurora-dev_*.deb.
# Equal sources give equal bytes: see cmake/AuroraReproducible.cmake and the scripts in etc/debian.
set(AURORA_MAINTAINER "The Aurora authors <maintainers@aurora.invalid>" CACHE STRING
  "Maintainer of the Debian packages; who hands them on names an address that is read")

set(debian ${PROJECT_SOURCE_DIR}/etc/debian)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME aurora)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "The Aurora authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # CPack would put it before the one of each package
set(CPACK_PACKAGE_CONTACT ${AURORA_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # so that the unit is made with the path where it will be
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/package/settings.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/package/stage.cmake)
set(CPACK_AURORA_SOURCE ${PROJECT_SOURCE_DIR})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL programs development)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE none)  # dpkg-deb does, in the last script
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/package/repack.cmake)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME aurora)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS ca-certificates)  # probes and `aurorctl -H` by https://
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SUGGESTS python3-venv)  # the sample stack
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm)
file(READ ${debian}/aurora.description text)
set(CPACK_DEBIAN_PROGRAMS_DESCRIPTION "process supervisor that loses nothing\n${text}")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libaurora-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)  # nothing in it is linked yet
string(JOIN ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS libboost1.81-dev libboost-json1.81-dev libfmt-dev
  "libssl-dev (>= 3)" zlib1g-dev libre2-dev)
file(READ ${debian}/libaurora-dev.description text)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "process supervisor that loses nothing (library)\n${text}")
include(CPack)
