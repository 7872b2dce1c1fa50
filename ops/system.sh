#!/bin/sh
# Installs Debian packages that are missing, saying so; fails with one line naming them where it cannot.
# Usage: ops/system.sh PACKAGE…
set -eu
missing=
for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "Installing system packages:$missing" >&2
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
# Servers are started by the tests themselves, on their own ports: none is to start on install.
{ $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends $missing; } >/tmp/veritem-apt.log 2>&1 || {
    echo "veritem: please install these system packages first:$missing (apt-get failed, see /tmp/veritem-apt.log)" >&2
    exit 1
}
