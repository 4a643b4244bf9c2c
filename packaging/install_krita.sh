#!/usr/bin/env bash
# Installs what the tests in tests/krita start: Krita itself, and a screen, mouse and window manager
# for it. Ends with 0 when all of it is there, with 3 when it is not and cannot be installed here.
set -euo pipefail

PROGRAMS=(krita Xvfb xdotool openbox import)
PACKAGES=(krita xvfb xdotool imagemagick python3-pyqt5 xauth openbox dbus fonts-dejavu-core)

missing() {
    local program
    for program in "${PROGRAMS[@]}"; do
        command -v "$program" > /dev/null || echo "$program"
    done
}

give_up() {
    cat >&2 << MESSAGE
********************************************************************************
The tests that start the real Krita are LEFT OUT of this run: $1
Missing: $(missing | tr '\n' ' ')
To run them, install: ${PACKAGES[*]}
********************************************************************************
MESSAGE
    exit 3
}

[ -z "$(missing)" ] && exit 0

command -v apt-get > /dev/null || give_up "there is no apt-get here to install it with."
AS_ROOT=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2> /dev/null || give_up "installing it takes root, or sudo without a password."
    AS_ROOT=(sudo -n)
fi
APT=("${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)

echo "Installing Krita for the tests (1.6 GB, once) ..." >&2
"${APT[@]}" update >&2 || give_up "apt-get update failed."
"${APT[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >&2 || give_up "apt-get install failed."
[ -z "$(missing)" ] || give_up "the packages do not hold all the programs."
