# What Boost and the standard library say, read once a kind of target instead of once a file: with clang that halves
# the time of a file. g++ maps the whole of it for each file and gains nothing, so there each file reads what it
# includes, and a header that a file does not include itself is missed there.
# In debug builds: those of a release are optimised in too many ways. By Ninja, which compiles all of it from one folder.
option(AURORA_PRECOMPILE "Precompile the headers of Boost and the standard library (debug builds by clang and Ninja)"
  ${PROJECT_IS_TOP_LEVEL})
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR NOT CMAKE_BUILD_TYPE STREQUAL "Debug" OR NOT CMAKE_GENERATOR STREQUAL "Ninja")
  set(AURORA_PRECOMPILE OFF)
endif()

set(AURORA_PRECOMPILED_STANDARD <algorithm> <array> <charconv> <chrono> <cstdint> <deque> <filesystem> <fstream> <functional>
  <map> <memory> <optional> <set> <string> <string_view> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
set(AURORA_PRECOMPILED_ASIO <boost/json.hpp> <boost/asio/any_io_executor.hpp>
  <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/local/stream_protocol.hpp> <boost/asio/posix/stream_descriptor.hpp>
  <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>
  <boost/asio/write.hpp> <boost/beast/http.hpp>)

# aurora_precompile(KIND HEADERS … LINKS … [OPTIONS …] [HARDENED]): one such set. What takes it (aurora_precompiled) has to be
# compiled in the same way.
function(aurora_precompile kind)
  if(NOT AURORA_PRECOMPILE)
    return()
  endif()
  cmake_parse_arguments(ARG "HARDENED" "" "HEADERS;LINKS;OPTIONS" ${ARGN})
  set(host aurora_precompiled_${kind})
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/${host}.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${host} OBJECT ${empty})
  target_compile_features(${host} PRIVATE cxx_std_20)
  target_link_libraries(${host} PRIVATE ${ARG_LINKS})
  target_compile_options(${host} PRIVATE ${ARG_OPTIONS} "SHELL:-Xclang -fno-pch-timestamp")
  if(ARG_HARDENED)
    aurora_hardening(${host})
  endif()
  target_precompile_headers(${host} PRIVATE ${ARG_HEADERS})
  # It holds paths of this build, so it is neither kept by ccache nor compared by it: that is given a sum of
  # what the headers say, with which another folder finds what this one compiled (CCACHE_PCH_EXTSUM, in the presets).
  set_target_properties(${host} PROPERTIES CXX_COMPILER_LAUNCHER "")
  list(TRANSFORM ARG_HEADERS REPLACE "(.+)" "#include \\1\n" OUTPUT_VARIABLE includes)
  string(JOIN "" includes ${includes})
  set(text ${CMAKE_CURRENT_BINARY_DIR}/${host}_text.cpp)
  file(CONFIGURE OUTPUT ${text} CONTENT "${includes}")
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${host}.dir)
  set(sum ${folder}/cmake_pch.hxx.pch.sum)
  add_custom_command(OUTPUT ${sum}
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -E -P -MD -MF ${sum}.d -MT ${sum} -o said ${text}
    COMMAND ${CMAKE_COMMAND} -E sha256sum said > ${sum}
    WORKING_DIRECTORY ${folder} DEPENDS ${text} DEPFILE ${sum}.d
    COMMENT "Summing the precompiled headers (${kind})" VERBATIM)
  # A target of its own: on the objects of a library only its link waits.
  add_custom_target(${host}_made DEPENDS ${sum} ${folder}/cmake_pch.hxx.pch)
endfunction()

# aurora_precompiled(TARGET KIND). By hand, for target_precompile_headers names it with its whole path, and then ccache
# takes each folder for another compilation. Who includes what is known from the compiler, as ever.
function(aurora_precompiled target kind)
  if(NOT AURORA_PRECOMPILE)
    return()
  endif()
  set(host aurora_precompiled_${kind})
  get_target_property(folder ${host} BINARY_DIR)
  file(RELATIVE_PATH folder ${CMAKE_BINARY_DIR} ${folder})
  target_compile_options(${target} PRIVATE "SHELL:-include-pch ${folder}/CMakeFiles/${host}.dir/cmake_pch.hxx.pch")
  add_dependencies(${target} ${host}_made)
endfunction()
