# One choice for the whole build: mixing instrumented and plain code hides reports.
if(AURORA_SANITIZE)
  add_compile_options(-fsanitize=${AURORA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AURORA_SANITIZE})
endif()
