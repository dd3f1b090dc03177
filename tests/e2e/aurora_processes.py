"""What /proc tells of processes."""

import contextlib
import os
from collections import Counter
from pathlib import Path


def alive(pid):
    """Whether a process lives. A zombie does not, unless threads of it are still ending: they hold what it had open."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0] not in "ZX" or int(fields[17]) > 1
    except (FileNotFoundError, ProcessLookupError):
        return False


def zombies_of(pid):
    """The children of a process that ended and were not reaped."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] == "Z" and int(fields[1]) == pid:
                    found.append(int(entry.name))
    return found


def carrying(marker):
    """Every living process with `marker` in its environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if marker.encode() in (entry / "environ").read_bytes() and alive(int(entry.name)):
                    found.append(int(entry.name))
    return found


def cpu_seconds(pid):
    """What a process, all threads of it, has used of a processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mappings(pid):
    """What a process has mapped, by proc_pid_smaps(5): "mode", "file" (empty: none), and the bytes of each kind, "Size" and "Rss" among them."""
    found = []
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split(maxsplit=5)
        if not words[0].endswith(":"):
            found.append({"mode": words[1], "file": words[5] if words[4] != "0" else ""})
        elif words[-1] == "kB":
            found[-1][words[0][:-1]] = int(words[1]) << 10
    return found


def copies(marker):
    """How many main processes each service has: leaders of a session that carry the marker and are no hooks."""
    counts = Counter()
    for pid in carrying(marker):
        with contextlib.suppress(OSError, IndexError):
            environment = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
            session = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3])
            if session == pid and not any(each.startswith("AURORA_HOOK=") for each in environment):
                counts.update(each.partition("=")[2] for each in environment if each.startswith("AURORA_SERVICE="))
    return counts
