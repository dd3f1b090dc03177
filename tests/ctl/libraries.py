"""aurorctl starts in a millisecond because it needs no library but the C one: keep it so."""

import re
import subprocess
import sys

ALLOWED = re.compile(r"^(libc|libm|ld-linux[\w-]*|libpthread|libdl|librt)\.so")

for program in sys.argv[1:]:
    found = subprocess.run(["readelf", "-d", program], check=True, capture_output=True, text=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", found)
    strangers = [name for name in needed if not ALLOWED.match(name)]
    if not needed or strangers:
        sys.exit(f"{program} needs {', '.join(strangers) or 'nothing at all'}")
