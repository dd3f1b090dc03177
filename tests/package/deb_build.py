"""Packs one build twice, by two people as unlike as can be: what comes out must be equal, byte for byte.

    deb_build.py BUILD OUT      leaves the packages in OUT
"""

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Of the second: another umask, language, time zone and day. The day is the clock's, which CPack asks.
PEOPLE = {
    "first": (0o022, {"LC_ALL": "C", "TZ": "UTC"}, []),
    "second": (0o077, {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu"}, ["faketime", "-f", "+400d"]),
}


def pack(build, to, umask, variables, before):
    environment = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"} | variables
    return subprocess.Popen([*before, "cpack", "--config", build / "CPackConfig.cmake", "-B", to],
                            stdout=subprocess.DEVNULL, env=environment, umask=umask)


def pack_by_all(build, out):
    """The packages that each has made; all at once, for compressing takes the most of it."""
    running = {who: pack(build, out / who, *how) for who, how in PEOPLE.items()}
    failed = [who for who, packing in running.items() if packing.wait() != 0]
    if failed:
        sys.exit(f"cpack failed for the {' and the '.join(failed)}: see above")
    return {who: sorted((out / who).glob("*.deb")) for who in PEOPLE}


def contents(package, into):
    into.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-R", package, into], check=True)
    return into


def differences(one, other, scratch):
    """Where two packages differ, for people."""
    shutil.rmtree(scratch, ignore_errors=True)
    trees = [contents(one, scratch / "one"), contents(other, scratch / "other")]
    lists = [subprocess.run(["dpkg-deb", "-c", p], capture_output=True, text=True).stdout for p in (one, other)]
    found = subprocess.run(["diff", "-rq", *trees], capture_output=True, text=True).stdout
    return found or "\n".join(sorted(set(lists[0].splitlines()) ^ set(lists[1].splitlines()))) or "the archives' heads"


def paths_within(package, build, scratch):
    """Files that tell where they were built; the source is the folder that CMake was given."""
    shutil.rmtree(scratch, ignore_errors=True)
    source = next(line.split("=", 1)[1] for line in (build / "CMakeCache.txt").read_text().splitlines()
                  if line.startswith("CMAKE_HOME_DIRECTORY:"))
    told = [os.fsencode(p) for p in (source, build)]
    tree = contents(package, scratch)
    return [str(p.relative_to(tree)) for p in tree.rglob("*")
            if p.is_file() and not p.is_symlink() and any(t in p.read_bytes() for t in told)]


def main(build, out):
    shutil.rmtree(out, ignore_errors=True)
    made = pack_by_all(build, out)
    names = [p.name for p in made["first"]]
    faults = []
    if len(names) != 2 or names != [p.name for p in made["second"]]:
        faults.append(f"two packages were expected, twice: {made}")
    for one, other in zip(made["first"], made["second"]):
        if not filecmp.cmp(one, other, shallow=False):
            faults.append(f"{one.name} differs: {differences(one, other, out / 'tree')}")
        faults += [f"{one.name}: {p} names the folder it was built in" for p in paths_within(one, build, out / "tree")]
        shutil.copy(one, out)
        print(one.name, one.stat().st_size, "bytes")
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
