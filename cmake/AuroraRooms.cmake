# What its tests run millions of times is optimised in a debug build too: it knows no Asio and compiles fast.
set(AURORA_OPTIMISED_ROOMS core config wire store)
# What is not in the way of an event, a log line or an answer: small code is memory that a daemon does not
# hold, and a start that reads fewer pages.
set(AURORA_SMALL_ROOMS config store reactor_probe reactor_readiness reactor_watch server supervisor)

# A room is an object library of lib/src/NAME that may see only what it links: the rooms to its left
# (design.md: values <- core <- config, wire <- store, reactor <- server <- supervisor).
function(aurora_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(aurora_${name} OBJECT ${ARG_SOURCES})
  target_compile_features(aurora_${name} PUBLIC cxx_std_20)
  target_include_directories(aurora_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib/src>)
  target_link_libraries(aurora_${name} PUBLIC ${ARG_LINKS})
  if(name IN_LIST AURORA_OPTIMISED_ROOMS)
    target_compile_options(aurora_${name} PRIVATE $<$<CONFIG:Debug>:-O1>)
    aurora_precompiled(aurora_${name} standard)
  elseif(name MATCHES "reactor|server|supervisor")
    aurora_precompiled(aurora_${name} asio)
  endif()
  if(name IN_LIST AURORA_SMALL_ROOMS)
    target_compile_options(aurora_${name} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
  aurora_warnings(aurora_${name})
  aurora_hardening(aurora_${name})
  set_property(GLOBAL APPEND PROPERTY AURORA_ROOMS aurora_${name})
endfunction()

# The child of a vfork shares our memory: what TSan notes there of a fork stays noted here.
set(AURORA_TEST_ENVIRONMENT "TSAN_OPTIONS=die_after_fork=0")

# A test program of Boost.Test: aurora_test(NAME ROOMS... SOURCES... LABEL unit). OBJECT rooms do not hand
# on their objects, so every room it needs is named. With a room that has threads it is labelled `threads` too.
function(aurora_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "ROOMS;SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} $<TARGET_OBJECTS:aurora_test_main>)
  foreach(room IN LISTS ARG_ROOMS)
    target_link_libraries(${name} PRIVATE aurora_${room})
  endforeach()
  target_link_libraries(${name} PRIVATE aurora_boost_test ${ARG_LINKS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  aurora_warnings(${name})
  add_test(NAME ${name} COMMAND ${name} --log_level=test_suite --report_level=short)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)  # for what hangs: a loaded machine takes three times as long
  endif()
  if(ARG_LABEL STREQUAL "property")
    target_compile_options(${name} PRIVATE $<$<CONFIG:Debug>:-O1>)
  elseif("boost" IN_LIST ARG_ROOMS OR ARG_LINKS MATCHES "aurorctl")
    aurora_precompiled(${name} asio_test)
  else()
    aurora_precompiled(${name} test)
  endif()
  if(ARG_ROOMS MATCHES "reactor|server|supervisor")
    if(NOT TARGET threaded_tests)
      add_custom_target(threaded_tests)
    endif()
    add_dependencies(threaded_tests ${name})
    list(APPEND ARG_LABEL threads)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "${AURORA_TEST_ENVIRONMENT}")
endfunction()
