# Release builds of a privileged daemon: stack protection, fortified calls, read-only relocations.
function(aurora_hardening target)
  if(AURORA_SANITIZE)
    return()
  endif()
  target_compile_options(${target} PRIVATE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
  target_link_options(${target} PRIVATE -Wl,-z,relro,-z,now -Wl,--as-needed)
endfunction()
