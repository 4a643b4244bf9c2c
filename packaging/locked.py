"""What a lock pins: packages, versions, where each is installed, and the hashes of its files."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

HASH = re.compile(r"\s+--hash=sha256:(?P<hex>[0-9a-f]{64})(?=\s|$)")


@dataclass(frozen=True, order=True)
class Pin:
    """One version of a package.

    marker: on which systems and Pythons it is installed; empty for all. hashes: SHA-256 of each of
    its files, in hexadecimal.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def pins_in(lock: Path) -> list[Pin]:
    """Read a lock. Raises ValueError for a line that does not pin one version by hashes."""
    lines = lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [_pin_of(line) for line in lines if line.strip() and not line.startswith("#")]


def _pin_of(line: str) -> Pin:
    hashes = tuple(found["hex"] for found in HASH.finditer(line))
    asked = Requirement(HASH.sub("", line).strip())
    versions = [each.version for each in asked.specifier if each.operator == "=="]
    if len(versions) != 1 or not hashes:
        raise ValueError(f"{asked} is not pinned to one version by hashes.")
    return Pin(asked.name, versions[0], str(asked.marker or ""), hashes)
