# One choice for the whole build: mixing instrumented and plain code hides reports.
if(AURORA_SANITIZE)
  add_compile_options(-fsanitize=${AURORA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AURORA_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # clang 14 cannot assemble coroutines with it ("cannot represent a difference across sections").
    add_compile_options(-fno-sanitize=function)
  endif()
endif()
