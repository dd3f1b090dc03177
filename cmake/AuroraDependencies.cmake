# Debian 12 packages; each has its reason in CONTRIBUTING.md.
set(Boost_USE_STATIC_LIBS ON)  # aurorctl starts in under 3 ms only with few shared libraries
find_package(Boost 1.81 REQUIRED COMPONENTS json program_options)
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
# The static one where there is one: the shared one brings the shared libstdc++ into every program.
find_library(AURORA_STATIC_RE2 NAMES libre2.a)
mark_as_advanced(AURORA_STATIC_RE2)
add_library(aurora_re2 INTERFACE)
target_link_libraries(aurora_re2 INTERFACE $<IF:$<BOOL:${AURORA_STATIC_RE2}>,${AURORA_STATIC_RE2},PkgConfig::RE2>)
# Of aurorctl alone, and static for the same reason.
find_path(AURORA_YAML_INCLUDE yaml-cpp/yaml.h REQUIRED)
find_library(AURORA_STATIC_YAML NAMES libyaml-cpp.a yaml-cpp REQUIRED)
mark_as_advanced(AURORA_YAML_INCLUDE AURORA_STATIC_YAML)
add_library(aurora_yaml INTERFACE)
target_link_libraries(aurora_yaml INTERFACE ${AURORA_STATIC_YAML})
target_include_directories(aurora_yaml SYSTEM INTERFACE ${AURORA_YAML_INCLUDE})
target_compile_definitions(aurora_yaml INTERFACE YAML_CPP_STATIC_DEFINE)
# Of aurorctl-top alone, a program of its own: shared, as Debian wants it.
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncursesw)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
