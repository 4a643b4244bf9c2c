#!/usr/bin/env bash
# Installs what the tests with the mark `browser` start: Chromium and its driver. Ends with 0 when
# both are there, with 3 when they are not and cannot be installed here.
set -euo pipefail

PROGRAMS=(chromium chromedriver)
PACKAGES=(chromium chromium-driver fonts-dejavu-core)

missing() {
    local program
    for program in "${PROGRAMS[@]}"; do
        command -v "$program" > /dev/null || echo "$program"
    done
}

give_up() {
    cat >&2 << MESSAGE
********************************************************************************
The tests that open reports in a real browser are LEFT OUT of this run: $1
Missing: $(missing | tr '\n' ' ')
To run them, install: ${PACKAGES[*]}
********************************************************************************
MESSAGE
    exit 3
}

[ -z "$(missing)" ] && exit 0

command -v apt-get > /dev/null || give_up "there is no apt-get here to install them with."
AS_ROOT=()
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2> /dev/null || give_up "installing them takes root, or sudo without a password."
    AS_ROOT=(sudo -n)
fi
APT=("${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq)

echo "Installing Chromium for the tests (400 MB, once) ..." >&2
"${APT[@]}" update >&2 || give_up "apt-get update failed."
"${APT[@]}" install -y --no-install-recommends "${PACKAGES[@]}" >&2 || give_up "apt-get install failed."
[ -z "$(missing)" ] || give_up "the packages do not hold both programs."
