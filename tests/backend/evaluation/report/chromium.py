"""Chromium for tests: whether it is installed, what happens if not, and how to start it."""

import os
import shutil

# Each program, and the Debian package that contains it.
PROGRAMS = {"chromium": "chromium", "chromedriver": "chromium-driver"}
LEFT_OUT = "The tests that open reports in a real browser are left out"

# No sandbox: in a container, and as root, Chromium does not start with it.
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--window-size=1440,1000",
)


def reason_to_leave_out(environment, find_program=shutil.which):
    """Return why tests cannot start a browser here, None when they can."""
    if environment.get("LAYERPEEL_WITHOUT_BROWSER") == "1":
        return f"{LEFT_OUT}: LAYERPEEL_WITHOUT_BROWSER=1 is set."
    missing = [name for name in PROGRAMS if find_program(name) is None]
    if not missing:
        return None
    packages = " ".join(PROGRAMS[name] for name in missing)
    return (
        f"{LEFT_OUT}: {', '.join(missing)} not found. Install {packages} "
        "(packaging/install_chromium.sh does) or set LAYERPEEL_WITHOUT_BROWSER=1."
    )


def is_failure(environment):
    """Whether a missing browser fails the run: under CI, unless told to go without."""
    return bool(environment.get("CI")) and environment.get("LAYERPEEL_WITHOUT_BROWSER") != "1"


def start(downloads):
    """Start Chromium; files that a page saves go into `downloads`."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": os.fspath(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
