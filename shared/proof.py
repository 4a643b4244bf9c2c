"""The backend proves who it is before anybody tells it a secret.

A backend that was killed leaves its server file behind, and any program on the machine may take its
port. So a client sends no token and no picture before it has asked that port something that only
who knows the token can answer: an HMAC (RFC 2104) of a challenge that is made up for this once.

The port is part of what is answered: nobody at another port can have this backend answer in their
place. The address is not, so a client asks at the one that the backend has announced, not a name.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

PROOF_PATH = "/proof"
CHALLENGE_HEADER = "X-Layerpeel-Challenge"

_CHALLENGE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Proof:
    """The answer to a challenge: an HMAC-SHA256 in hexadecimal."""

    proof: str


def new_challenge() -> str:
    """Make up a challenge: 32 random bytes in hexadecimal."""
    return secrets.token_hex(32)


def is_challenge(text: str) -> bool:
    """Whether a text is a challenge as `new_challenge` makes them."""
    return _CHALLENGE.fullmatch(text) is not None


def prove(token: str, port: int, challenge: str) -> Proof:
    """Answer a challenge, as the backend that listens on that port and has that token."""
    answered = f"Layerpeel's backend at port {port} answers {challenge}"
    code = hmac.new(token.encode("utf-8"), answered.encode("utf-8"), hashlib.sha256)
    return Proof(code.hexdigest())


def is_proved(proof: Proof, token: str, port: int, challenge: str) -> bool:
    """Whether a proof is the right one; compared in constant time."""
    wanted = prove(token, port, challenge).proof
    return hmac.compare_digest(proof.proof.encode("utf-8"), wanted.encode("utf-8"))
