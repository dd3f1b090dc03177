"""aurorctl init: a first configuration from what lies in a directory, which is valid and runs."""

import json
import os
import re
import subprocess
import threading

from aurora_e2e import BIN, CLEAN, DEADLINE, Case, eventually, free_port, main


class InitCase(Case):
    def setUp(self):
        super().setUp()
        self.project = self.home / "project"
        self.project.mkdir()
        self.file = self.project / "aurora.json"

    def ctl(self, *arguments, check=None, cwd=None, env=None, **run):
        key, _, value = self.marker.partition("=")
        done = subprocess.run([BIN / "aurorctl", *map(str, arguments)], cwd=cwd or self.project, env=CLEAN | {key: value} | (env or {}),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE * 2, **run)
        if check is not None:
            self.assertEqual(done.returncode, check, f"aurorctl {arguments}\n{done.stdout}{done.stderr}")
        return done

    def put(self, name, content=""):
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def init(self, *arguments, **run):
        """What it said; the file is valid, and nothing but it was left behind."""
        before = set(os.listdir(self.project))
        said = self.ctl("init", *arguments, check=0, **run).stdout
        self.assertLessEqual(set(os.listdir(self.project)) - before, {"aurora.json"} | {f for f in os.listdir(self.project) if ".bak" in f})
        self.ctl("validate", check=0)
        return said

    def services(self):
        """The configuration without its comments, which stand on lines of their own or behind two blanks."""
        text = re.sub(r"(^ *|,  )//.*$", lambda m: m.group(1).rstrip(), self.file.read_text(), flags=re.M)
        self.top = json.loads(re.sub(r",(\s*[}\]])", r"\1", text))
        return self.top["services"]


class Detected(InitCase):
    def test_nothing(self):
        """An empty directory gets one example with comments, and three commands that come next."""
        said = self.init()
        self.assertEqual(list(self.services()), ["example"])
        self.assertGreater(self.file.read_text().count("//"), 10)
        self.assertIn("example", said)
        for command in ("aurorctl validate", "aurorctl up -d", "aurorctl status"):
            self.assertIn(command, said)

    def test_procfile(self):
        """Each process is a service; PORT is counted as foreman does; release runs once; .env is used, its PORT too."""
        port = free_port() % 20000 + 20000
        self.put(".env", f"export PORT={port}\nSECRET='a b'\n")
        self.put("Procfile", "# what runs\nweb: python3 -m http.server $PORT --bind 127.0.0.1\n\nworker: echo ${HOME:-none} $$; exec sleep 1000\r\n"
                             "release:   true  \nthis is no entry\n_odd_: echo \"odd\"; exec sleep 1000\n_odd_: true\n")
        said = self.init()
        services = self.services()
        self.assertEqual(list(services), ["web", "worker", "release", "odd_", "odd_-2"])
        self.assertEqual(services["web"], {"command": "python3 -m http.server $PORT --bind 127.0.0.1", "port": port})
        self.assertEqual(services["worker"]["command"], "echo $${HOME:-none} $$$$; exec sleep 1000")
        self.assertEqual(services["release"], {"command": "true", "type": "oneshot"})
        self.assertEqual(self.top["env_files"], [".env"])
        self.assertIn("1 line left out", said)
        self.assertNotIn("a b", said + self.file.read_text(), "what .env holds stays there")

    def test_package_json(self):
        """`start`, with `dev` in a comment; the package manager by its lock file; the name without its scope."""
        self.put("package.json", json.dumps({"name": "@team/shop", "scripts": {"start": "node .", "dev": "vite"}}))
        self.put("pnpm-lock.yaml")
        self.init()
        self.assertEqual(self.services(), {"shop": {"command": ["pnpm", "run", "start"]}})
        self.assertIn('["pnpm", "run", "dev"]', self.file.read_text())
        self.file.unlink()
        self.put("package.json", json.dumps({"scripts": {"dev": "vite"}}))
        (self.project / "pnpm-lock.yaml").unlink()
        self.init()
        self.assertEqual(self.services(), {"app": {"command": ["npm", "run", "dev"]}})

    def test_package_json_without_use(self):
        """No scripts, no object, no JSON: told, and the example is written."""
        for content in ("{}", "[]", "{", '{"scripts": 5}', '{"scripts": {"start": 5}}', "[" * 100000, b"\xff\xfe"):
            self.put("package.json", content)
            self.assertIn("package.json: not used", self.init())
            self.assertEqual(list(self.services()), ["example"])
            self.file.unlink()

    def test_python(self):
        """manage.py with its virtual environment; requirements.txt alone says how to make one."""
        self.put("manage.py")
        self.put("requirements.txt", "django\n")
        self.assertIn("python3 -m venv .venv", self.init())
        self.assertEqual(self.services()["django"], {"command": ["python3", "manage.py", "runserver", "127.0.0.1:${PORT}"], "port": 8000})
        self.assertNotIn("virtualenv", self.top)
        self.file.unlink()
        for name in ("venv", ".venv"):
            self.put(f"{name}/bin/python3")
            self.assertNotIn("python3 -m venv", self.init())
            self.services()
            self.assertEqual(self.top["virtualenv"], name)
            self.file.unlink()

    def test_the_procfile_comes_first(self):
        """It says all that runs: package.json and manage.py are told, and not started a second time."""
        self.put("Procfile", "web: npm start\n")
        self.put("package.json", '{"scripts": {"start": "node ."}}')
        self.put("manage.py")
        said = self.init()
        self.assertEqual(list(self.services()), ["web"])
        self.assertEqual(said.count("the Procfile says what runs"), 2)

    def test_compose(self):
        """Its services are named, and none is made of them; a verb that is not there is not named."""
        self.put("docker-compose.yml", 'version: "3"\nservices:\n  # two\n  db:\n    image: postgres\n  "web": # it\n    ports:\n      - 80\n'
                                       "  evil\\n\": {}\nvolumes:\n  data:\n")
        said = self.init()
        self.assertEqual(list(self.services()), ["example"])
        self.assertIn("db and web", said)
        self.assertNotIn("data", said)
        self.assertIn('"db", "web"', self.file.read_text())
        self.assertEqual("import" in said, self.ctl("help", "import").returncode == 0)

    def test_hostile_bytes(self):
        """Quotes, ends of comments, control characters, text that is none: the file stays valid, the terminal untouched."""
        self.put("Procfile", b'a: echo "x" \\ */ // \x01\x1b]0;gone\x07 \xe2\x80\xae\n' b"b: \xff\xfe\n" b"c: echo \x00\n" b"d: " + b"x" * 10000 + b"\n"
                             + "é: true\ne: echo ☃ \u2028 ','}]}\n".encode())
        self.put("package.json", json.dumps({"name": '"},{\n//\x1b[31m*/', "scripts": {"start": '"}\n'}}))
        self.put(".env", b"A=\xff\n")
        said = self.init()
        self.assertNotIn("\x1b", said)
        services = self.services()
        self.assertEqual(list(services), ["a", "e"])
        self.assertEqual(services["a"]["command"], 'echo "x" \\ */ // \x01\x1b]0;gone\x07 \u202e')
        self.assertIn("4 lines left out", said)
        self.assertNotIn("env_files", self.top)
        self.file.unlink()
        (self.project / "Procfile").unlink()
        self.init()
        self.assertEqual(len(self.services()), 1)

    def test_strange_files(self):
        """A FIFO, a directory, a link to nowhere or to itself in the place of a file never hangs it."""
        os.mkfifo(self.project / "Procfile")
        (self.project / "package.json").mkdir()
        (self.project / ".env").symlink_to("nowhere")
        (self.project / "compose.yaml").symlink_to("compose.yaml")
        self.assertIn("Procfile: not used", self.init())
        self.assertEqual(list(self.services()), ["example"])


class Written(InitCase):
    def test_never_overwrites(self):
        """What is there stays, byte for byte, and so does a link to nowhere: exit 1, and it says what to do."""
        self.file.write_bytes(b"mine\n")
        done = self.ctl("init", check=1)
        self.assertIn("--force", done.stderr)
        self.assertIn(str(self.file), done.stderr)
        self.assertEqual(self.file.read_bytes(), b"mine\n")
        self.file.unlink()
        self.file.symlink_to("nowhere")
        self.ctl("init", check=1)
        self.assertEqual(os.listdir(self.project), ["aurora.json"])

    def test_force_keeps_the_old_one(self):
        """As aurora.json.bak; a second time under the next free name: no work of anybody is lost."""
        self.file.write_bytes(b"mine\n")
        self.file.chmod(0o600)
        self.assertIn("aurora.json.bak", self.init("--force"))
        self.assertEqual((self.project / "aurora.json.bak").read_bytes(), b"mine\n")
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600, "the new one is for no more eyes than the old one")
        made = self.file.read_bytes()
        self.init("--force")
        self.assertEqual((self.project / "aurora.json.bak").read_bytes(), b"mine\n")
        self.assertEqual((self.project / "aurora.json.bak.1").read_bytes(), made)

    def test_force_and_a_link(self):
        """A link is kept as one, and what it leads to is not written to."""
        other = self.put("other.json", "mine")
        self.file.symlink_to("other.json")
        self.init("--force")
        self.assertEqual(other.read_text(), "mine")
        self.assertFalse(self.file.is_symlink())
        self.assertEqual(os.readlink(self.project / "aurora.json.bak"), "other.json")

    def test_mode(self):
        """0644 less the umask."""
        for umask, mode in ((0o022, 0o644), (0o077, 0o600), (0o000, 0o644)):
            self.init(umask=umask)
            self.assertEqual(self.file.stat().st_mode & 0o7777, mode)
            self.file.unlink()

    def test_many_at_once(self):
        """One of many wins, the others are refused, and the file is whole."""
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(self.ctl("init").returncode)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(codes), [0] + [1] * 19)
        self.assertEqual(os.listdir(self.project), ["aurora.json"])
        self.ctl("validate", check=0)

    def test_another_directory(self):
        """The commands that come next name it, quoted, and can be run as they stand."""
        odd = self.home / "it's a $HOME"
        odd.mkdir()
        said = self.ctl("init", odd, cwd=self.home, check=0).stdout
        command = re.search(r"^  (aurorctl -c .* validate)  ", said, re.M).group(1)
        done = subprocess.run(["sh", "-c", command], cwd="/", env=CLEAN | {"PATH": f"{BIN}:{os.environ['PATH']}"}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ctl("init", self.home / "nowhere", check=1)
        self.ctl("init", "/dev/null", check=1)
        self.ctl("init", "-c", "x.json", check=2)
        self.ctl("init", "a", "b", check=2)

    def test_where_nothing_can_be_written(self):
        """A directory that is not ours to write: told with errno's words, 5, and nothing is left."""
        if os.geteuid() == 0:
            self.home.chmod(0o755)
            self.project.chmod(0o755)
            tool = self.home / "aurorctl"
            tool.write_bytes((BIN / "aurorctl").read_bytes())
            tool.chmod(0o755)
            done = subprocess.run([tool, "init"], cwd=self.project, env=CLEAN, capture_output=True, text=True, timeout=DEADLINE, user=65534, group=65534)
        else:
            self.project.chmod(0o555)
            done = self.ctl("init")
            self.project.chmod(0o755)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("permission denied", done.stderr.lower())
        self.assertEqual(os.listdir(self.project), [])

    def test_json_and_quiet(self):
        """The same in JSON; nothing at all with --quiet."""
        self.put("Procfile", "web: exec sleep 1000\n")
        told = json.loads(self.ctl("init", "--json", check=0).stdout)
        self.assertEqual((told["file"], told["services"], told["kept"]), (str(self.file), ["web"], None))
        self.assertEqual(self.ctl("init", "--quiet", "--force", check=0).stdout, "")


class Runs(InitCase):
    def tearDown(self):
        if (self.project / ".aurora").exists():
            self.ctl("down")
        super().tearDown()

    def up_and_down(self, names):
        self.ctl("up", "-d", check=0)
        told = json.loads(self.ctl("status", "--json", check=0).stdout)
        self.assertEqual({s["name"]: s["state"] for s in told["services"]}, names)
        self.logs = lambda: self.ctl("logs", check=0).stdout

    def test_the_example(self):
        """`up -d` runs it."""
        self.init()
        self.up_and_down({"example": "running"})

    def test_a_procfile(self):
        """`up -d` runs it: the port, the environment and the shell's own variables are as foreman gives them."""
        port = free_port()
        self.put(".env", f"PORT={port}\nGREETING=hello there\n")
        self.put("Procfile", "web: exec python3 -m http.server ${PORT} --bind 127.0.0.1\nworker: X=1; echo $GREETING ${X}; exec sleep 1000\nrelease: echo migrated\n")
        self.init()
        self.up_and_down({"web": "running", "worker": "running", "release": "completed"})
        eventually(lambda: "hello there 1" in self.logs() and "migrated" in self.logs(), "they print what they are to print")


if __name__ == "__main__":
    main()
