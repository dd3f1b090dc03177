# Equal sources give equal bytes, wherever they lie: no path of the source or of the build gets into what is
# shipped. Debug builds keep theirs, for the debugger. The second form of each is what ccache makes of it
# (CCACHE_BASEDIR, in the presets); of two that fit, GCC takes the last.
file(RELATIVE_PATH source_from_build ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
string(REGEX REPLACE "/$" "" source_from_build "${source_from_build}")
foreach(map IN ITEMS ${PROJECT_SOURCE_DIR}/=./ ${source_from_build}/=./ ${PROJECT_BINARY_DIR}/=)
  add_compile_options($<$<NOT:$<CONFIG:Debug>>:-ffile-prefix-map=${map}>)
endforeach()
