"""A home, a configuration in a folder of an odd name, and a crontab(1) and a systemctl(1) that keep what they are told in files."""

import json
import os
import subprocess

from aurora_e2e import BIN, CLEAN, DEADLINE, Case

CRONTAB = """#!/bin/sh
# Keeps the crontab in a file, as crontab(1) does.
file=$HOME/crontab.kept
case $1 in
  -l) [ -e "$file" ] || { echo "no crontab for you" >&2; exit 1; }; cat "$file" ;;
  -r) rm "$file" ;;
  -) cat > "$file.new" && mv "$file.new" "$file" ;;
esac
"""
SYSTEMCTL = """#!/bin/sh
# A manager that runs while $HOME/manager is there.
echo "$*" >> "$HOME/systemctl.log"
[ -e "$HOME/manager" ] || { echo "System has not been booted with systemd" >&2; exit 1; }
[ "$1" = --user ] && shift
dir=${SYSTEMD_UNIT_PATH:-$HOME/.config/systemd/user}
wants=$dir/$(sed -n s/WantedBy=//p "$dir/$2" 2>/dev/null).wants
case $1 in
  enable) mkdir -p "$wants" && ln -sf "$dir/$2" "$wants/$2" ;;
  disable) rm -f "$wants/$2" ;;
esac
"""
ODD = "it's 100% \"odd\" $HOME \\%a"


class AutostartCase(Case):
    folder = ODD

    def setUp(self):
        super().setUp()
        self.user = self.home / "user"
        self.tools = self.home / "tools"
        self.place = self.home / self.folder
        for made in (self.user, self.tools, self.place):
            made.mkdir()
        self.units = self.home / "units"
        self.bashrc = self.user / ".bashrc"
        self.crontab = self.user / "crontab.kept"
        self.config = self.place / "aurora.json"
        self.write("stack")
        key, _, value = self.marker.partition("=")
        self.environment = {key: value, "HOME": str(self.user), "SYSTEMD_UNIT_PATH": str(self.units), "PATH": f"{self.tools}:/usr/bin:/bin"}
        self.tool("crontab", CRONTAB)
        self.tool("systemctl", SYSTEMCTL)
        (self.user / "manager").touch()

    def write(self, name):
        self.config.write_text(json.dumps({"version": 1, "name": name, "http": {"listen": "off"}, "services": {
            "web": {"command": "echo begun; exec sleep 1000"}}}))

    def tool(self, name, text):
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def ctl(self, *arguments, check=None, env=None, cwd=None):
        done = subprocess.run([BIN / "aurorctl", *map(str, arguments)], cwd=cwd or self.place, env=CLEAN | self.environment | (env or {}),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE * 2)
        if check is not None:
            self.assertEqual(done.returncode, check, f"aurorctl {arguments}\n{done.stdout}{done.stderr}")
        return done

    def enable(self, method, *arguments, **run):
        return self.ctl("autostart", "enable", "--method", method, *arguments, check=0, **run).stdout

    def enable_twice(self, method):
        """Enabled, and the same once more, which changes nothing; every file as it is then."""
        self.enable(method)
        self.assertEqual(self.status(), {method})
        first = self.tree()
        self.enable(method)
        self.assertEqual(self.tree(), first)
        return first

    def disable(self, *arguments):
        return self.ctl("autostart", "disable", *arguments, check=0).stdout

    def status(self):
        """Which are enabled; the exit code says whether any is."""
        done = self.ctl("autostart", "status", "--json")
        found = {m["method"] for m in json.loads(done.stdout)["methods"] if m["enabled"]}
        self.assertEqual(done.returncode, 0 if found else 3)
        self.assertEqual(self.ctl("autostart", "status").returncode, done.returncode)
        return found

    def tree(self):
        """Every file below HOME and the units: bytes, mode, owner and where links lead."""
        found = {}
        for base in (self.user, self.units):
            for path in sorted(base.rglob("*")):
                if path.name == "systemctl.log" or path.is_dir():
                    continue
                of = path.lstat()
                found[path] = (os.readlink(path) if path.is_symlink() else path.read_bytes(), of.st_mode, of.st_uid)
        return found
