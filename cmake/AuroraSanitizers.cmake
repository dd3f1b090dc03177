# One choice for the whole build: mixing instrumented and plain code hides reports.
if(AURORA_SANITIZE)
  set(AURORA_SANITIZE_OPTIONS -fsanitize=${AURORA_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang 14 cannot assemble coroutines with it ("cannot represent a difference across sections").
    list(APPEND AURORA_SANITIZE_OPTIONS -fno-sanitize=function)
  endif()
  add_compile_options(${AURORA_SANITIZE_OPTIONS} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AURORA_SANITIZE})
endif()
