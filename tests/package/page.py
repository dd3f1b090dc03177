"""Makes a project of the examples of libaurora(3), as a reader would by copying them.

    page.py PAGE FOLDER

Each example of the page is named by the comment above it: `file: NAME` is that file of the project, a `fragment`
is a piece of a coroutine that has `io` and `supervisor`, and is compiled in one. No example goes unnamed. What is
changed of them: the state directory is in FOLDER.
"""

import re
import sys
import textwrap
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "lint"))
from docs import plain

EXAMPLE = re.compile(r'(?:^\.\\" (file: (?P<file>\S+)|fragment)\n)?^\.EX\n(?P<text>.*?)^\.EE$', re.S | re.M)
HEADERS = ("aurora/config.hpp", "aurora/disk_source.hpp", "aurora/exit_status.hpp", "aurora/supervisor.hpp",
           "boost/asio/awaitable.hpp", "boost/asio/io_context.hpp", "boost/asio/signal_set.hpp",
           "boost/asio/use_awaitable.hpp", "csignal", "iostream", "stdexcept")
LINES = """
target_compile_options(my_program PRIVATE -Wall -Wextra -Werror)
add_library(fragments OBJECT fragments.cpp)
target_compile_options(fragments PRIVATE -Wall -Wextra -Werror)
target_link_libraries(fragments PRIVATE aurora::aurora)
"""


def code(roff):
    return plain(roff).replace("\\e", "\\")


def fragment(number, text):
    return (f"asio::awaitable<void> fragment_{number}([[maybe_unused]] asio::io_context& io, aurora::supervisor& supervisor) {{\n"
            f"{textwrap.indent(text, '  ')}  co_return;\n}}\n")


STATE = "/var/lib/my-program"  # of the example


def project(page):
    """{file: text}"""
    files, fragments = {}, []
    for match in EXAMPLE.finditer(page):
        if not match.group(1):
            raise SystemExit(f"this example of the page is not compiled, for no comment names it:\n{match.group('text')}")
        if match.group("file"):
            files[match.group("file")] = code(match.group("text"))
        else:
            fragments.append(fragment(len(fragments), code(match.group("text"))))
    if not fragments or not {"main.cpp", "CMakeLists.txt"} <= files.keys():
        raise SystemExit("the page has no program, no CMakeLists.txt or no fragment: is its layout another one?")
    head = "".join(f"#include <{name}>\n" for name in HEADERS) + "namespace asio = boost::asio;\n"
    files["fragments.cpp"] = head + "".join(fragments)
    files["CMakeLists.txt"] += LINES
    return files


def main():
    page, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in project(page.read_text(encoding="utf-8")).items():
        text = text.replace(STATE, str(folder / "state"))
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text:
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
