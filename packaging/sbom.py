"""What a release is made of, for those who have to know: an SBOM as CycloneDX.

It lists what set-up installs, from the locks (the newest form of a package and the older one, where
they differ between systems), and the networks inside the wheel.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from locked import Pin, pins_in
from packageurl import PackageURL
from plugin_zip import LOCKS, NAME

LICENCE = "GPL-3.0-or-later"
# It holds the merges of CLIP's tokenizer too.
OF_THE_WHEEL = f"{LICENCE} AND MIT"


def write_sbom(path: Path, wheel: Path, version: str, repository: Path) -> None:
    """Write the SBOM of a wheel as JSON; the same wheel and locks give the same bytes.

    Raises ValueError when a lock pins nothing by hashes, or the SBOM is not as its schema says.
    """
    needed, *others = (pins_in(repository / lock) for lock in LOCKS)
    ours = _ours(wheel, version)
    required = {(pin.name, pin.version) for pin in needed}
    pins = [*needed, *(pin for each in others for pin in each)]
    parts = [*(_package(each, required) for each in _by_version(pins)), *_networks_in(wheel)]
    digest = hashlib.sha256(wheel.read_bytes() + b"".join(map(_identity, parts))).hexdigest()
    bom = Bom(components=parts, serial_number=uuid5(NAMESPACE_URL, digest))
    bom.metadata.component = ours
    bom.register_dependency(ours, parts)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    del written["metadata"]["timestamp"]  # The same on any day.
    text = json.dumps(written, indent=2, ensure_ascii=False) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"The SBOM is not as CycloneDX has it: {error}")
    path.write_text(text, encoding="utf-8")


def _ours(wheel: Path, version: str) -> Component:
    url = PackageURL("pypi", name=NAME, version=version)
    return Component(
        name=NAME,
        version=version,
        type=ComponentType.APPLICATION,
        purl=url,
        bom_ref=str(url),
        licenses=[LicenseExpression(OF_THE_WHEEL)],
        hashes=_hashes([hashlib.sha256(wheel.read_bytes()).hexdigest()]),
    )


def _by_version(pins: list[Pin]) -> list[list[Pin]]:
    """Put the pins of one version together: two locks may name it, each for other systems."""
    found: dict[tuple[str, str], list[Pin]] = {}
    for pin in pins:
        found.setdefault((pin.name, pin.version), []).append(pin)
    return list(found.values())


def _package(pins: list[Pin], required: set[tuple[str, str]]) -> Component:
    """hashes: of all files of that version, of which set-up takes the one for its system."""
    name, version = pins[0].name, pins[0].version
    url = PackageURL("pypi", name=name, version=version)
    is_required = (name, version) in required
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.REQUIRED if is_required else ComponentScope.OPTIONAL,
        purl=url,
        bom_ref=str(url),
        hashes=_hashes(sorted({digest for pin in pins for digest in pin.hashes})),
        properties=[
            Property(name=f"{NAME}:installed-where", value=pin.marker) for pin in pins if pin.marker
        ],
    )


def _networks_in(wheel: Path) -> list[Component]:
    with zipfile.ZipFile(wheel) as archive:
        networks = {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in sorted(archive.namelist())
            if name.endswith(".onnx")
        }
    return [
        Component(
            name=PurePosixPath(name).name,
            type=ComponentType.MACHINE_LEARNING_MODEL,
            scope=ComponentScope.REQUIRED,
            bom_ref=name,
            licenses=[DisjunctiveLicense(id=LICENCE)],
            hashes=_hashes([digest]),
        )
        for name, digest in networks.items()
    ]


def _hashes(digests: Iterable[str]) -> list[HashType]:
    return [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in digests]


def _identity(part: Component) -> bytes:
    return f"{part.bom_ref} {sorted(each.content for each in part.hashes)}\n".encode()
