"""aurorctl backup and restore: whole, verified, all or nothing."""

import io
import json
import signal
import subprocess
import tarfile
import threading

from aurora_e2e import BIN, CLEAN, FOREVER, Case, eventually, main


class Backup(Case):
    def written(self, **top):
        """A daemon's directory with a configuration, an include, an env file, and no daemon."""
        (self.home / "conf.d").mkdir()
        (self.home / ".env").write_text("SECRET=canary\n")
        self.include("two", "two")
        return self.daemon({"web": {"command": FOREVER}}, start=False, include=["conf.d/*"], env_files=[".env"], **top)

    def include(self, file, service):
        config = {"version": 1, "services": {service: {"command": FOREVER, "autostart": False}}}
        (self.home / "conf.d" / f"{file}.json").write_text(json.dumps(config))

    def files(self):
        """What a backup is about, as it is on the disk."""
        paths = [self.home / "aurora.json", self.home / ".env", *(self.home / "conf.d").glob("[!.]*"), self.home / ".aurora" / "state.json"]
        return {str(path.relative_to(self.home)): path.read_bytes() for path in paths if path.exists()}

    def spoil(self, daemon):
        """Another configuration, valid too."""
        daemon.write(self.config({"other": {"command": FOREVER}}, include=["conf.d/*"], env_files=[".env"]))
        (self.home / "conf.d" / "two.json").unlink()
        self.include("three", "three")
        (self.home / ".env").write_text("SECRET=other\n")

    def stop_web(self, daemon):
        daemon.ctl("stop", "web", check=0)
        saved = daemon.state / "state.json"  # before the answer, but for a disk that takes longer than a second
        eventually(lambda: saved.exists() and '"web"' in saved.read_text(), "what was stopped is on the disk", daemon)

    def test_there_and_back(self):
        """Beside a running daemon; other tools can look into it; a new machine has the same, what was stopped stays so."""
        daemon = self.written()
        daemon.start()
        daemon.wait_state("web", "running")
        self.stop_web(daemon)
        daemon.ctl("backup", "b.tar", check=0, umask=0)
        before = self.files()
        self.assertEqual((self.home / "b.tar").stat().st_mode & 0o777, 0o600)
        subprocess.run("mkdir x && tar xf b.tar -C x && cd x && sha256sum --strict -c SHA256SUMS", shell=True, cwd=self.home, check=True, capture_output=True)
        with tarfile.open(self.home / "b.tar") as archive:
            names = archive.getnames()
        self.assertEqual(sorted(n for n in names if n.startswith("config/")), ["config/.env", "config/aurora.json", "config/conf.d/two.json"])
        self.assertEqual(sorted(n for n in names if n.startswith("state/")), ["state/events", "state/state.json"])
        token = (daemon.state / "token").read_text().strip() if (daemon.state / "token").exists() else "no token"
        self.assertNotIn(token.encode(), (self.home / "b.tar").read_bytes())
        daemon.stop()
        elsewhere = self.home / "new"
        elsewhere.mkdir()
        done = subprocess.run([BIN / "aurorctl", "restore", "../b.tar"], cwd=elsewhere, env=CLEAN, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("next: aurorctl up -d", done.stdout)
        for name, text in before.items():
            self.assertEqual((elsewhere / name).read_bytes(), text, name)
        again = self.daemon({}, start=False, home=elsewhere)
        again.write(before["aurora.json"].decode())
        again.start()
        self.assertEqual((again.status("web")["state"], again.status("web")["desired"]), ("stopped", "down"))

    def test_over_another(self):
        """What the backup does not know is no longer included; what was there can be put back in turn."""
        daemon = self.written()
        before = self.files()
        daemon.ctl("backup", "b.tar", check=0)
        self.spoil(daemon)
        spoilt = self.files()
        told = json.loads(daemon.ctl("--json", "restore", "b.tar", check=0).stdout)
        self.assertEqual(self.files(), before)
        self.assertEqual(told["removed"], [str(self.home / "conf.d" / "three.json")])
        daemon.ctl("restore", told["kept"], check=0)
        self.assertEqual(self.files(), spoilt)
        self.assertIn("0 put back, 0 removed, 3 as they were", daemon.ctl("restore", told["kept"], check=0).stdout)

    def test_beside_a_daemon(self):
        """Refused; with --force the configuration alone, which a reload then takes."""
        daemon = self.written()
        daemon.ctl("backup", "b.tar", check=0)
        daemon.start()
        daemon.wait_state("web", "running")
        self.stop_web(daemon)
        self.spoil(daemon)
        spoilt = self.files()
        self.assertIn("the daemon runs", daemon.ctl("restore", "b.tar", check=1).stderr)
        self.assertEqual(self.files(), spoilt)
        self.assertIn("reload", daemon.ctl("restore", "--force", "b.tar", check=0).stdout)
        daemon.ctl("reload", check=0)
        self.assertEqual(sorted(daemon.status()), ["two", "web"])
        self.assertEqual(daemon.status("web")["desired"], "down")

    def test_refused(self):
        """Hostile, damaged and foreign archives, and a configuration that is not valid here: nothing is touched."""
        daemon = self.written()
        daemon.ctl("backup", "b.tar", check=0)
        self.spoil(daemon)
        present = self.files()
        good = (self.home / "b.tar").read_bytes()
        bad = {"cut": good[:-1], "empty": b"", "flipped": good.replace(b"canary", b"cenary"), "linked": self.with_entry(tarfile.SYMTYPE, "config/x"),
               "device": self.with_entry(tarfile.CHRTYPE, "config/x"), "absolute": self.with_entry(tarfile.REGTYPE, "/tmp/x"),
               "up": self.with_entry(tarfile.REGTYPE, "config/../../x"), "token": self.with_entry(tarfile.REGTYPE, "state/token")}
        for name, text in bad.items():
            (self.home / "bad.tar").write_bytes(text)
            done = daemon.ctl("restore", "bad.tar")
            self.assertEqual((name, done.returncode), (name, 1), done.stderr)
            self.assertIn("nothing was put back", done.stderr)
        with open(self.home / "large.tar", "wb") as large:
            large.truncate(1 << 40)
        self.assertIn("more than", daemon.ctl("restore", "large.tar", check=1).stderr)
        self.assertEqual(daemon.ctl("restore", "none.tar").returncode, 1)
        self.assertEqual(self.files(), present)
        daemon.write('{"version": 1, "services": {"web": {"command": "${AURORA_UNSET_HERE}"}}}')
        daemon.ctl("backup", "c.tar", check=6)
        daemon.ctl("backup", "c.tar", check=0, env={"AURORA_UNSET_HERE": "x"})
        self.assertIn("AURORA_UNSET_HERE", daemon.ctl("restore", "c.tar", check=6).stderr)
        self.assertIn("already", daemon.ctl("backup", "c.tar", check=1, env={"AURORA_UNSET_HERE": "x"}).stderr)
        (self.home / "c.tar").chmod(0o644)
        daemon.ctl("backup", "--force", "c.tar", check=0, env={"AURORA_UNSET_HERE": "x"})
        self.assertEqual((self.home / "c.tar").stat().st_mode & 0o777, 0o600)

    def with_entry(self, kind, name):
        """The backup with an entry more, its sums as they have to be."""
        import hashlib
        out = io.BytesIO()
        with tarfile.open(self.home / "b.tar") as old, tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as new:
            held = [(m, old.extractfile(m).read()) for m in old.getmembers()][1:]
            extra = tarfile.TarInfo(name)
            extra.type, extra.linkname = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else ""
            held.append((extra, b""))
            sums = "".join(f"{hashlib.sha256(text).hexdigest()}  {m.name}\n" for m, text in held).encode()
            first = tarfile.TarInfo("SHA256SUMS")
            for member, text in [(first, sums), *held]:
                member.size = len(text)
                new.addfile(member, io.BytesIO(text))
        return out.getvalue()

    def test_killed_anywhere(self):
        """Killed at each system call that changes something: all is as it was, or all as in the backup, for whoever looks next."""
        if subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True).returncode:
            self.skipTest("nothing can be traced here")
        daemon = self.written()
        daemon.ctl("backup", "b.tar", check=0)
        wanted = self.files()
        self.spoil(daemon)
        spoilt = self.files()
        daemon.ctl("backup", "spoilt.tar", check=0)
        environment = CLEAN | {"ASAN_OPTIONS": "detect_leaks=0"}
        calls = "write,rename,renameat2,unlink,link,fsync,fchmod,chmod,mkdir,flock"
        seen, ended = [], False
        for n in range(1, 200):
            done = subprocess.run(["strace", "-o", "/dev/null", "-e", f"inject={calls}:signal=KILL:when={n}", BIN / "aurorctl", "restore", "b.tar"],
                                  cwd=self.home, env=environment, capture_output=True, text=True)
            if ended := done.returncode == 0:
                break
            self.assertIn(done.returncode, (-signal.SIGKILL, 128 + signal.SIGKILL), done.stderr)
            daemon.ctl("backup", "--force", "now.tar", check=0)
            now = self.files()
            self.assertIn(now, (spoilt, wanted), n)
            seen.append(now == wanted)
            daemon.ctl("restore", "spoilt.tar", check=0)
            self.assertEqual(self.files(), spoilt)
        self.assertTrue(ended)
        self.assertEqual(seen, sorted(seen), "once it has begun it is finished")
        self.assertEqual({True, False}, set(seen))

    def test_daemon_finishes(self):
        """A restore that was killed half way is finished by the daemon that starts next."""
        daemon = self.written()
        daemon.ctl("backup", "b.tar", check=0)
        wanted = self.files()
        self.spoil(daemon)
        staged = []
        for name in ("aurora.json", ".env", "conf.d/two.json"):
            path = self.home / name
            fresh = path.parent / f".{path.name}.restored"
            fresh.write_bytes(wanted[name])
            staged += [str(fresh), str(path)]
        staged += [str(self.home / "conf.d" / "three.json"), ""]
        steps = self.home / ".aurora.json.restoring"
        steps.write_text("aurora-restore 1\0" + "".join(f"{word}\0" for word in staged))
        steps.chmod(0o666)
        done = subprocess.run([BIN / "aurorad", "--http", "off"], cwd=self.home, env=CLEAN, capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0, "what others may have written is not believed")
        self.assertIn(".restoring", done.stderr)
        steps.chmod(0o600)
        daemon.start()
        self.assertEqual({k: v for k, v in self.files().items() if not k.startswith(".aurora/")}, wanted)
        self.assertEqual(sorted(daemon.status()), ["two", "web"])
        self.assertFalse(steps.exists())

    def test_while_it_changes(self):
        """Written while somebody replaces the configuration over and over: each backup holds files that belong together."""
        daemon = self.written()
        texts = [self.config({f"web{n}": {"command": FOREVER}}, include=["conf.d/*"], env_files=[".env"]) for n in range(2)]
        over = threading.Event()

        def change():
            for n in range(100000):
                if over.is_set():
                    return
                fresh = self.home / "fresh"
                fresh.write_text(json.dumps({"version": 1, **texts[n % 2]}))
                fresh.rename(self.home / "aurora.json")

        changing = threading.Thread(target=change)
        changing.start()
        try:
            codes = set()
            for _ in range(10):
                done = daemon.ctl("backup", "--force", "b.tar")
                codes.add(done.returncode)
                if done.returncode:
                    self.assertIn("changes while it is read", done.stderr)
        finally:
            over.set()
            changing.join()
        self.assertLessEqual(codes, {0, 1})
        daemon.ctl("backup", "--force", "b.tar", check=0)
        daemon.ctl("restore", "b.tar", check=0)


if __name__ == "__main__":
    main()
