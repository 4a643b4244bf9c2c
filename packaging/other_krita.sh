#!/usr/bin/env bash
# Puts another Debian with its Krita into a folder, for LAYERPEEL_KRITA_ROOT: as root, 2 GB, minutes.
#   packaging/other_krita.sh trixie|sid|experimental FOLDER
# A second call only sees to it that what the tests share with that Krita is mounted there.
set -euo pipefail

suite=$1 folder=$2
repository=$(cd "$(dirname "$0")/.." && pwd)
base=$suite
packages=(krita xauth dbus fonts-dejavu-core python3-pyqt5)
if [ "$suite" = experimental ]; then
    base=sid
    # Of these Krita 6 only recommends the first two, but does not start, or has no icons, without.
    packages=(krita/experimental libxcb-cursor0 qt6-svg-plugins xauth dbus fonts-dejavu-core python3-pyqt6)
fi

share() {
    mkdir -p "$folder$1"
    mountpoint -q "$folder$1" || mount --bind "$1" "$folder$1"
}

inside() {
    chroot "$folder" env DEBIAN_FRONTEND=noninteractive "$@"
}

if [ ! -x "$folder/usr/bin/krita" ]; then
    debootstrap --variant=minbase "$base" "$folder"
    cp /etc/resolv.conf "$folder/etc/"
    if [ "$suite" = experimental ]; then
        sed "s/ $base / experimental /" "$folder/etc/apt/sources.list" \
            > "$folder/etc/apt/sources.list.d/experimental.list"
    fi
    # The list of a suite that moves daily may be older than it says that it may be.
    inside apt-get -qq -o Acquire::Check-Valid-Until=false update
    share /proc
    inside apt-get -qq install -y --no-install-recommends "${packages[@]}"
fi
for shared in /proc /dev /dev/shm /tmp "$repository"; do
    share "$shared"
done
