# aurora_man_text(FROM TO SECTION): a manual page out of the little of Markdown that etc/runbook.md uses: `# name - what`,
# `## section`, paragraphs, lists of one line each, `code`, and blocks of ```sh without empty lines. No tool beside CMake, so that
# nothing more is needed to build a package.
function(aurora_man_text from to section)
  file(READ ${from} text)
  set(text "\n${text}")
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  string(REPLACE "'" "\\(aq" text "${text}")  # as typed: others become what no shell knows
  string(REPLACE "^" "\\(ha" text "${text}")
  string(REPLACE "\n." "\n\\&." text "${text}")
  string(REPLACE "\n\n```sh\n" "\n.PP\n.RS 4\n.EX\n" text "${text}")
  string(REPLACE "\n```\n" "\n.EE\n.RE\n" text "${text}")
  string(REGEX REPLACE "\n+# ([a-z\\-]+) \\\\- ([^\n]*)" "\n.SH NAME\n\\1 \\\\- \\2\n.SH DESCRIPTION" text "${text}")
  string(REGEX MATCH "\n.SH NAME\n([a-z\\-]+)" name "${text}")
  string(REPLACE "\\-" "-" name "${CMAKE_MATCH_1}")
  string(REGEX REPLACE "\n+## ([^\n]*)\n+" "\n.SH \\1\n" text "${text}")
  string(REGEX REPLACE "\n+\\\\- ([^\n]*)" "\n.IP \\\\(bu 2\n\\1" text "${text}")
  string(REGEX REPLACE "`([^`\n]*)`" "\\\\fB\\1\\\\fR" text "${text}")
  string(REGEX REPLACE "\n\n+" "\n.PP\n" text "${text}")
  string(REGEX REPLACE "\n.SH DESCRIPTION\n.PP\n" "\n.SH DESCRIPTION\n" text "${text}")
  string(TOUPPER "${name}" title)
  file(WRITE ${to} ".TH ${title} ${section} \"\" \"Aurora ${PROJECT_VERSION}\" \"System administration\"${text}")
endfunction()
