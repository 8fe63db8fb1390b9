#!/bin/bash
# debian_tree.sh - unpack packages of a Debian suite, with all they depend on, into a folder to chroot into.
#
#   debian_tree.sh [--only] SUITE DIR PACKAGE...     e.g. debian_tree.sh trixie /var/tmp/ruby33 ruby3.3
#
# --only: these packages and nothing they depend on.
# SUITE may be two, "experimental,sid": packages come from both. No maintainer scripts run and nothing
# of the host changes; a few seconds and 60-110 MB for a Ruby.
# Environment: REDBEE_TEST_CACHE (default ~/.cache/redbee-test), DEBIAN_MIRROR.
set -euo pipefail
only=
[ "${1:-}" != --only ] || { only=1; shift; }
[ $# -ge 3 ] || { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
. "$(dirname "$0")/debian_suite.sh"
suite=$1 dir=$2; shift 2
use_debian_suite "$suite"

# usr-merge links first, or the unpacked tree has two /lib
mkdir -p "$dir"/{proc,sys,dev,tmp}
if [ "$suite" != bullseye ]; then
  for d in bin sbin lib lib64; do mkdir -p "$dir/usr/$d"; ln -sfn "usr/$d" "$dir/$d"; done
fi
unpack() { dpkg-deb --fsys-tarfile "$1" | tar -C "$dir" -x --keep-directory-symlink; }
if [ -n "$only" ]; then
  downloads=$(mktemp -d)
  trap 'rm -rf "$downloads"' EXIT
  (cd "$downloads" && apt-get -qq download "$@" > /dev/null)
  for deb in "$downloads"/*.deb; do unpack "$deb"; done
  exit
fi
apt-get -qq -y --no-install-recommends --download-only install "$@" libc-bin > /dev/null
apt-get -s --no-install-recommends install "$@" libc-bin | awk '$1 == "Inst" { gsub(/[(]/, "", $3); print $2 "_" $3 }' |
  while IFS=_ read -r name version; do
    deb=$(compgen -G "$cache/archives/${name%%:*}_${version//:/%3a}_*.deb" | head -1)
    [ -n "$deb" ] || { echo "debian_tree.sh: $name $version was not downloaded" >&2; exit 1; }
    unpack "$deb"
  done
