"""The programs that tests with the real Krita need, and what happens without them."""

import shutil

# The program, and the Debian package that holds it.
PROGRAMS = {
    "krita": "krita",
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "openbox": "openbox",
    "import": "imagemagick",
}
LEFT_OUT = "The tests that start the real Krita are left out"


def program(name):
    """Return the path of one of the PROGRAMS; LookupError if it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise LookupError(f"{name} is not installed")
    return path


def reason_to_leave_out(environment, find_program=shutil.which):
    """Return why no test can start Krita here, None if it can."""
    if environment.get("LAYERPEEL_WITHOUT_KRITA") == "1":
        return f"{LEFT_OUT}: LAYERPEEL_WITHOUT_KRITA=1 is set."
    missing = [name for name in PROGRAMS if find_program(name) is None]
    if not missing:
        return None
    packages = " ".join(PROGRAMS[name] for name in missing)
    return (
        f"{LEFT_OUT}: {', '.join(missing)} not found. "
        f"Install {packages} (packaging/install_krita.sh does) or set LAYERPEEL_WITHOUT_KRITA=1."
    )


def is_failure(environment):
    """Whether to fail instead of skip: under CI, unless LAYERPEEL_WITHOUT_KRITA=1 is set."""
    return bool(environment.get("CI")) and environment.get("LAYERPEEL_WITHOUT_KRITA") != "1"
