# Warnings are errors here, never in a consumer's build: AURORA_WERROR is on at top level only.
function(aurora_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
                                           -Woverloaded-virtual -Wconversion -Wno-sign-conversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports coroutine frames and std::variant copies that are sound.
    target_compile_options(${target} PRIVATE -Wno-mismatched-new-delete -Wno-maybe-uninitialized -Wno-tsan
                                             -Wno-restrict -Wno-free-nonheap-object)
  endif()
  if(AURORA_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
