# Release builds of a privileged daemon: stack protection, fortified calls, read-only relocations.
function(aurora_hardening target)
  if(AURORA_SANITIZE)
    return()
  endif()
  target_compile_options(${target} PRIVATE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
  # What no one calls of Boost and OpenSSL's wrappers is left out: pages that are never mapped cost no memory.
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections)
endfunction()
