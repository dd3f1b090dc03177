#!/usr/bin/env bash
# Makes of an installed tree what a Debian package holds: documents, compressed pages, and modes and times
# that do not depend on who builds and when.
#
#   SOURCE_DATE_EPOCH=SECONDS bash etc/debian/stage.sh ROOT PACKAGE VERSION MAINTAINER
set -euo pipefail
export LC_ALL=C TZ=UTC
root=$1 package=$2 version=$3 maintainer=$4
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
documents=$root/usr/share/doc/$package

mkdir -p "$documents"
cp "$source/etc/debian/copyright" "$documents/copyright"
cp "$source/CHANGELOG.md" "$documents/CHANGELOG.md"
cat >"$documents/changelog" <<TEXT
aurora ($version) unstable; urgency=medium

  * What changed is told in CHANGELOG.md, beside this file.

 -- $maintainer  $(date -R -d "@$SOURCE_DATE_EPOCH")
TEXT
gzip -9nf "$documents/changelog" "$documents/CHANGELOG.md"
if [ -d "$root/usr/share/man" ]; then
  find "$root/usr/share/man" -type f -exec gzip -9nf {} +
fi
if [ -d "$root/usr/share/man/man1" ]; then
  for part in tls top; do # parts of aurorctl, told of there
    ln -s aurorctl.1.gz "$root/usr/share/man/man1/aurorctl-$part.1.gz"
  done
fi
if [ -e "$source/etc/debian/$package.lintian-overrides" ]; then
  install -D "$source/etc/debian/$package.lintian-overrides" "$root/usr/share/lintian/overrides/$package"
fi

find "$root" -type d -exec chmod 0755 {} +
find "$root" -type f -exec chmod 0644 {} +
if [ -d "$root/usr/bin" ]; then chmod 0755 "$root"/usr/bin/*; fi
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
