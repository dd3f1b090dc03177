"""A root of its own to install packages into: this machine's, under an overlay whose changes live in memory.

apt, dpkg and the maintainer scripts are real, and so is what runs; nothing of it reaches the machine. There is
no network and no other process in it, and all that it started ends with it. It takes root and the right to
mount; `enter` ends the test as skipped (77) and says why where that is not given.
"""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
INSIDE = "AURORA_DEB_ROOT"
# What apt and dpkg note about any package, whichever it is.
BOOKS = ("/var/lib/dpkg/", "/var/lib/apt/", "/var/cache/apt/", "/var/cache/debconf/", "/var/cache/ldconfig/",
         "/var/cache/man/", "/var/lib/man-db/", "/var/log/apt/", "/var/log/dpkg.log", "/var/log/alternatives.log")


def skip(why):
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def enter():
    """Goes on in namespaces of its own; the shell is their first process, and reaps what is left to it."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        skip("installing a package takes root")
    alone = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
    tried = subprocess.run([*alone, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        skip(f"no namespaces here: {tried.stderr.strip()}")
    os.environ[INSIDE] = "1"
    os.execvp(alone[0], [*alone, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-B", *sys.argv])


class Root:
    """The overlay. `upper` is what was changed."""

    def __init__(self, packages):
        self.base = Path(tempfile.mkdtemp(prefix="aurora-deb-"))
        mount("-t", "tmpfs", "aurora-deb", self.base)
        self.upper, self.path, work = self.base / "upper", self.base / "root", self.base / "work"
        for folder in (self.upper, self.path, work):
            folder.mkdir()
        try:
            mount("-t", "overlay", "aurora-deb", "-o", f"lowerdir=/,upperdir={self.upper},workdir={work}", self.path)
        except subprocess.CalledProcessError as fault:
            self.leave()
            skip(f"no overlay of / here: {fault.stderr.strip()}")
        mount("-t", "proc", "proc", self.path / "proc")
        mount("--rbind", "/dev", self.path / "dev")
        mount("-t", "tmpfs", "tmp", self.path / "tmp")
        mount("-t", "tmpfs", "run", self.path / "run")
        mount("--bind", packages, self.path / "mnt")
        # The index of all man pages, which no page needs to be found: seconds with each package.
        (self.path / "var/lib/man-db/auto-update").unlink(missing_ok=True)

    def leave(self):
        subprocess.run(["umount", "--recursive", "--lazy", self.base], check=True)
        self.base.rmdir()

    def run(self, *command, fails=False):
        """Both outputs of a command in it, which must succeed, or must fail."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(["chroot", self.path, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment, timeout=120)
        if (done.returncode != 0) != fails:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def apt(self, *words):
        # Slim images leave out man pages and documents, of every package.
        return self.run("apt-get", "-y", "-q", "-o", "Dpkg::Options::=--path-include=*",
                        "-o", "APT::Sandbox::User=root", *words)

    def traces(self):
        """Paths that are not as they were before the first command, books of apt and dpkg aside."""
        changed = set()
        for folder, folders, files in os.walk(self.upper):
            for name in folders + files:
                now = Path(folder) / name
                path = "/" + str(now.relative_to(self.upper))
                if not f"{path}/".startswith(BOOKS) and not path.startswith(BOOKS) and differs(now, Path(path)):
                    changed.add(path)
        return changed


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True, capture_output=True, text=True)


def differs(now, before):
    """Whether an entry of the upper layer changes what lies below; a folder that is only passed through does not."""
    if not os.path.lexists(before):
        return True
    new, old = now.lstat(), before.lstat()
    if (new.st_mode, new.st_uid, new.st_gid) != (old.st_mode, old.st_uid, old.st_gid):
        return True  # a whiteout is a character device
    if stat.S_ISREG(new.st_mode):
        return now.read_bytes() != before.read_bytes()
    return stat.S_ISLNK(new.st_mode) and os.readlink(now) != os.readlink(before)
