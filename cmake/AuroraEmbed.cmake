# aurora_embed(TARGET DIRECTORY [DEPENDS …]): an object library with the files of a built page (index.html and
# assets/*), gzipped, as apps/aurorad/page.hpp declares them. DEPENDS: what makes the directory, where that is a
# step of this build.
function(aurora_embed target directory)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  if(NOT TARGET aurora_embed)
    add_executable(aurora_embed ${PROJECT_SOURCE_DIR}/apps/aurorad/embed.cpp)
    target_compile_features(aurora_embed PRIVATE cxx_std_20)
    target_link_libraries(aurora_embed PRIVATE ZLIB::ZLIB)
    aurora_warnings(aurora_embed)
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${directory}/*)
  if(ARG_DEPENDS)
    set(files)  # they come and go with each build of the page
  endif()
  add_custom_command(OUTPUT ${source} COMMAND aurora_embed ${directory} ${source}
    DEPENDS aurora_embed ${files} ${ARG_DEPENDS} COMMENT "Embedding ${directory}" VERBATIM)
  add_library(${target} OBJECT ${source})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/apps/aurorad ${PROJECT_SOURCE_DIR}/lib/include)
  aurora_warnings(${target})
endfunction()
