#!/usr/bin/env python3
"""Each lint is shown something bad and must see it, and something good and must be silent.

A lint that cannot fail is worse than none.
"""

import os
import tempfile
import unittest

import coroutines
import docs
import formatting
import hygiene
import layering
import processes
import shutil
from tree import code_only, read_tree

CORE, CHILD, SERVER = "lib/src/core/x.cpp", "lib/src/reactor/child/x.cpp", "lib/src/server/x.cpp"


class Lint(unittest.TestCase):
    def sees(self, check, path, *bad):
        for text in bad:
            with self.subTest(bad=text):
                self.assertTrue(check({path: text + "\n"}), "the lint saw nothing")

    def silent(self, check, path, *good):
        for text in good:
            with self.subTest(good=text):
                self.assertEqual([], [str(f) for f in check({path: text + "\n"})])

    def test_layering_of_pure_rooms(self):
        """A pure room includes no Asio, no system header, no thread, and reads no clock."""
        self.sees(layering.check, CORE, "#include <boost/asio.hpp>", "#include <boost/json.hpp>", "#include <unistd.h>",
                  "#include <sys/wait.h>", "#include <thread>", "#include <boost/beast/core.hpp>", '#include "config/scan.hpp"',
                  "auto t = std::chrono::steady_clock::now();", "auto h = getenv(\"HOME\");", "std::random_device d;",
                  "bool b = std::filesystem::exists(p);", "#include <openssl/ssl.h>")  # fmt: skip
        self.sees(layering.check, "lib/src/wire/x.cpp", '#include "config/scan.hpp"', "#include <re2/re2.h>")
        self.sees(layering.check, "lib/src/config/x.cpp", '#include "wire/status.hpp"', "#include <fstream>")
        self.silent(layering.check, CORE, "#include <boost/assert.hpp>", "#include <boost/system/result.hpp>", "#include <csignal>",
                    "#include <aurora/spec.hpp>", '#include "core/engine.hpp"', "// steady_clock::now()", "#include <fmt/core.h>")  # fmt: skip
        self.silent(layering.check, "lib/src/config/x.cpp", "#include <boost/json.hpp>", "#include <re2/re2.h>")

    def test_layering_of_the_shell(self):
        """Shell rooms meet only in the driver; applications see public headers only."""
        self.sees(layering.check, SERVER, '#include "supervisor/driver.hpp"', '#include "reactor/child/child.hpp"', '#include "x.hpp"')
        self.sees(layering.check, "lib/src/reactor/logs/x.cpp", '#include "server/server.hpp"', '#include "config/scan.hpp"')
        self.sees(layering.check, "apps/aurorad/main.cpp", '#include "core/engine.hpp"', '#include "../../lib/src/core/engine.hpp"')
        self.sees(layering.check, "lib/include/aurora/x.hpp", '#include "core/engine.hpp"')
        self.silent(layering.check, SERVER, '#include "wire/status.hpp"', '#include "reactor/task_scope.hpp"')
        self.silent(layering.check, "lib/src/supervisor/x.cpp", '#include "server/server.hpp"', '#include "reactor/child/child.hpp"')
        own = {"apps/aurorctl/main.cpp": '#include "table.hpp"\n', "apps/aurorctl/table.hpp": "\n"}
        self.assertEqual([], layering.check(own))

    def test_layering_of_link_lists(self):
        """A pure room links nothing of the shell."""
        path = "lib/src/core/CMakeLists.txt"
        self.sees(layering.check, path, "aurora_room(core SOURCES a.cpp LINKS fmt::fmt aurora_boost)")
        self.silent(layering.check, path, "aurora_room(core SOURCES a.cpp LINKS fmt::fmt Boost::headers)")

    def test_processes(self):
        """Only the child room forks, waits and signals."""
        bad = ("pid_t p = fork();", "::kill(pid, SIGTERM);", "kill(pid, 9);", "::waitid(P_PID, p, &si, WEXITED);", "execve(a, b, c);",
               "int s = ::waitpid(p, &st, 0);", "if (::kill(-pg, 0) == 0) {}", "std::system(\"x\");", "syscall(SYS_pidfd_send_signal, fd);",
               "#include <boost/process/v2.hpp>", "return ::kill(pid, 0);", "popen(\"x\", \"r\");", "posix_spawn(&p);")  # fmt: skip
        self.sees(processes.check_processes, SERVER, *bad)
        self.sees(processes.check_processes, "apps/aurorctl/up.cpp", *bad)
        self.silent(processes.check_processes, CHILD, *bad)
        self.silent(processes.check_processes, SERVER, "child.kill(9);", "void kill(int signal);", "if (s) kill(*s[at(1, 2)]);", "// fork()", "child->kill(9);",
                    "auto text = \"fork() failed\";", "context.fork(x);", "co_await timer.wait();", "boost::asio::awaitable<void> wait();",
                    "::kill(pid, 0);  // lint: processes: asks only whether it lives")  # fmt: skip

    def test_detached(self):
        """No coroutine without an owner."""
        self.sees(processes.check_detached, SERVER, "co_spawn(ex, f(), boost::asio::detached);", "using boost::asio::detached;")
        self.silent(processes.check_detached, SERVER, "bool detached = false;", "// asio::detached is banned")

    def test_sleeps(self):
        """Tests shake hands."""
        self.sees(processes.check_sleeps, "tests/core/x.cpp", "std::this_thread::sleep_for(1ms);", "sleep(1);", "usleep(10);")
        self.sees(processes.check_sleeps, "tests/e2e/x.py", "time.sleep(0.1)", "from time import monotonic, sleep")
        self.sees(processes.check_sleeps, "tests/e2e/x.sh", "sleep 1", "true; sleep 0.5", "while :; do sleep 1; done")
        self.silent(processes.check_sleeps, "tests/core/x.cpp", 'run({"sleep", "1000"});', "// never sleep(1)", "service.sleep(1);")
        self.silent(processes.check_sleeps, "tests/support/puppet.cpp", "usleep(10);")
        self.silent(processes.check_sleeps, "lib/src/server/x.cpp", "usleep(10);")

    def test_coroutines(self):
        """The shapes that g++ 12 destroys twice, and their cures."""
        wrap = "awaitable<void> f() {{\n  {}\n}}".format
        bad = ("co_await g([t] { return t; });", "co_await g([t = std::move(t)]() mutable { t(); });", "co_await g([=] { use(); });",
               'co_await g(job{url, 500ms});', 'auto x = co_await g({.a = "x", .b = 2});', "auto x = c ? co_await make() : T{};",
               'pair p{co_await make(), name};', 'std::vector<std::string> v{co_await make(), "b"};',
               "if (co_await g(job{url, 1s})) return;", "co_await co_spawn(ex, [sp] { return sp->run(); }, use_awaitable);",
               "for (;;) { co_await g(job{url}); }", "co_await g(c ? std::string() : b);", "co_return co_await g(job{url});")  # fmt: skip
        good = ("job j{url, 500ms};\n  co_await run(std::move(j));", "co_await g([&t] { return t; });", "co_await g([] { return 1; });",
                "auto [ec, n] = co_await s.async_read_some(b[0], tok);", "auto l = [t] { return t; };\n  co_await g(l);",
                "co_await g([this] { go(); });", "if (x) { co_await g(); }", "for (auto& c : list_) { co_await c.join(); }",
                "int n = a ? b : c;\n  co_await g(n);", "co_await g(T{});", "while (true) { auto x = co_await g(); if (!x) break; }",
                "co_await g(c ? n : m);  // lint: coroutines: both are int", 'co_await g(c ? "/a" : "/b", x);', "co_return co_await g() ? 1 : 0;", "switch (k) { case 1: co_await g(); break; default: h({1, 2}); }",
                "auto l = [t]() -> awaitable<void> { co_await g(t); };", "try { co_await g(); } catch (const e& x) { h({1, 2}); }")  # fmt: skip
        self.sees(coroutines.check, SERVER, *map(wrap, bad))
        self.silent(coroutines.check, SERVER, *map(wrap, good))

    def test_hygiene(self):
        """Notes to oneself, tabs, stray spaces, long files, paths of one machine."""
        self.sees(hygiene.check, SERVER, "// TODO", "\tint a;", "int a; ", "int a;\r", 'auto p = "/root/x";', "int a;\n" * 401,
                  'auto p = "/home/me/x";', '#pragma GCC diagnostic ignored "-Wshadow"')  # fmt: skip
        self.assertTrue(hygiene.check({SERVER: "int a;"}), "no newline at the end")
        self.silent(hygiene.check, SERVER, "int a;", "int a;\n" * 399, 'auto p = "var/work/x";')

    def test_map(self):
        """The README's map names every room, and nothing else."""
        code = {"lib/src/core/x.cpp": "\n", "apps/aurorad/main.cpp": "\n"}
        good = "lib/\n  src/\n    core/   decides\napps/\n  aurorad/   the daemon\n"
        self.assertEqual([], docs.check_map({**code, "README.md": good}))
        self.assertTrue(docs.check_map({**code, "README.md": good + "  gone/   was here\n"}))
        self.assertTrue(docs.check_map({**code, "README.md": "lib/\n  src/\n    core/   decides\n"}))

    def test_keys(self):
        """Every key of the schema is in aurora.json(5)."""
        schema = '{"properties": {"name": {}, "$defs": {}}, "$defs": {"s": {"properties": {"max_delay": {}}}}}'
        page = ".B name\n.B $defs\n"
        self.assertTrue(docs.check_keys({docs.SCHEMA: schema, docs.KEYS: page}))
        self.assertEqual([], docs.check_keys({docs.SCHEMA: schema, docs.KEYS: page + ".B max_delay\n"}))

    def test_help(self):
        """Verbs and flags that --help lists are in the page."""
        text = "Verbs:\n  up      starts\n  down    stops\n\nFlags:\n  --no-wait  go on\n"
        self.assertEqual(["up", "down"], docs.verbs_in(text))
        self.assertTrue(docs.verb_faults("p", "\\fBup\\fR starts", ["up", "down"]))
        self.assertEqual([], docs.verb_faults("p", "\\fBup\\fR \\fBdown\\fR", ["up", "down"]))
        self.assertTrue(list(docs.help_faults("p", "\\-\\-wait", text)))
        self.assertEqual([], list(docs.help_faults("p", "\\fB\\-\\-no\\-wait\\fR", text)))

    def test_examples(self):
        """An example that `aurorctl validate` refuses is named; all places are read."""
        tree = {"README.md": "```jsonc\n{1}\n```\n", docs.KEYS: ".EX\n{2 \\-}\n.EE\n", "etc/sample/a.json": "{3}"}
        self.assertEqual(["{1}\n", "{2 -}\n", "{3}"], [text for _, text in docs.examples(tree)])
        with tempfile.TemporaryDirectory() as programs:
            path = os.path.join(programs, "aurorctl")
            with open(path, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\ngrep -q 3 "$2"\n')
            os.chmod(path, 0o755)
            self.assertEqual(["README.md", docs.KEYS], [f.path for f in docs.check_examples(tree, programs)])

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_man(self):
        """man has something to say about a broken page."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.1")
            with open(path, "w", encoding="utf-8") as file:
                file.write('.TH X 1\n.SH NAME\nx \\- y\n.nosuchmacro\n\\fBbad\n.ft NOFONT\n')
            self.assertTrue(docs.check_rendering({"x.1": path}))

    @unittest.skipUnless(formatting.program(), "clang-format 14 is not installed")
    def test_format(self):
        """A file that clang-format would change is named."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in (("bad.cpp", "int   a ;\n"), ("good.cpp", "int a;\n")):
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(text)
            findings = formatting.check(read_tree(root), root, formatting.program())
        self.assertEqual(["bad.cpp"], [finding.path for finding in findings])

    def test_code_only(self):
        """Comments and strings are blanked, offsets stay, includes stay."""
        text = '#include "core/a.hpp"\nf("fork(); // x"); // kill()\nR"(fork())"; char c = \'"\'; g();'
        code = code_only(text)
        self.assertEqual(len(text), len(code))
        self.assertIn('"core/a.hpp"', code)
        self.assertNotIn("fork", code)
        self.assertNotIn("kill", code)
        self.assertIn("g();", code)


if __name__ == "__main__":
    unittest.main()
