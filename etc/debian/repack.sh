#!/usr/bin/env bash
# Packs a Debian package anew, with dpkg's own tool and nothing of whoever builds in it.
# Level 3: a third of the time of 6, for a tenth more bytes.
#
#   SOURCE_DATE_EPOCH=SECONDS bash etc/debian/repack.sh PACKAGE SCRATCH
set -euo pipefail
umask 022
rm -rf "$2"
mkdir -p "$2"
dpkg-deb --raw-extract "$1" "$2/tree"
dpkg-deb --root-owner-group -Zxz -z3 --build "$2/tree" "$1" >/dev/null
rm -rf "$2"
