"""Whether a backend runs, and whether it is the owner's that answers at its port."""

import http.client
from urllib.parse import urlsplit

from layerpeel.backend.doctor.finding import Finding
from layerpeel.shared.places import ServerAddress, is_gone, read_server_file, server_file
from layerpeel.shared.proof import CHALLENGE_HEADER, PROOF_PATH, Proof, is_proved, new_challenge
from layerpeel.shared.protocol import ProtocolError
from layerpeel.shared.wire import LONGEST_HEADER, from_text

_ABOUT = "backend"
_SECONDS = 5.0


def running_backend() -> Finding:
    """Look for the backend that the server file tells of; the token is not sent."""
    told = read_server_file()
    if told is None:
        if server_file().exists():
            return Finding(_ABOUT, f"{server_file()} cannot be used", "Remove it.")
        return Finding(_ABOUT, "does not run; the plugin starts it when it is needed")
    try:
        is_ours = _proves(told)
    except OSError as error:
        if is_gone(told.process):
            return Finding(_ABOUT, "does not run; the last one was killed")
        return Finding(
            _ABOUT,
            f"process {told.process} is there, but does not answer at {told.address} ({error})",
            "End that process, or see the log below.",
        )
    if not is_ours:
        return Finding(
            _ABOUT,
            f"another program answers at {told.address}, where the backend was",
            f"Remove {server_file()}; with `layerpeel serve --port`, choose another port.",
        )
    return Finding(_ABOUT, f"runs at {told.address}, process {told.process}")


def _proves(told: ServerAddress) -> bool:
    """Whether what answers at an address knows its token. Raises OSError when nothing answers."""
    where = urlsplit(told.address)
    challenge = new_challenge()
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=_SECONDS)
    try:
        connection.request("GET", PROOF_PATH, headers={CHALLENGE_HEADER: challenge})
        proof: Proof = from_text(Proof, connection.getresponse().read(LONGEST_HEADER))
    except (http.client.HTTPException, ProtocolError):
        return False
    finally:
        connection.close()
    return is_proved(proof, told.token, where.port or 0, challenge)
