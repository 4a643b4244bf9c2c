"""Who may call: the owner's own programs on this machine, and no web page.

Before they send the token, they may have the server prove that it is theirs (`shared/proof.py`).

A page in the owner's browser can reach loopback too. But it does not know the token, its browser
sends Origin, and after DNS rebinding the Host header shows another name.
"""

import ipaddress
import secrets
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from layerpeel.backend.server.refusal import Refused, as_json
from layerpeel.shared.proof import CHALLENGE_HEADER, PROOF_PATH, is_challenge, prove
from layerpeel.shared.version import PROTOCOL, VERSION
from layerpeel.shared.wire import PROTOCOL_HEADER, to_text

HEALTH = "/health"


@dataclass(frozen=True)
class Door:
    """Where the server listens, and the token that callers need.

    host: as given by `--host`. open_to_network: whether other machines may call.
    """

    host: str
    port: int
    token: str
    open_to_network: bool = False

    def answers_to(self, host_header: str) -> bool:
        """Whether a Host header names this server.

        DNS rebinding needs a name: an address given as numbers is safe.
        """
        name, _, port = host_header.rpartition(":")
        if port != str(self.port):
            return False
        if name.lower() in ("localhost", self.host.lower()):
            return True
        try:
            address = ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return address.is_loopback or self.open_to_network

    def is_opened_by(self, authorization: str) -> bool:
        """Whether an Authorization header holds the token; compared in constant time."""
        return secrets.compare_digest(authorization.encode(), f"Bearer {self.token}".encode())


class Guard:
    """Passes on to `app` only calls with the right host, token and protocol."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a call, or pass it on."""
        headers = Headers(scope=scope)
        try:
            self._check_host(headers)
            if scope["path"] == PROOF_PATH:
                await self._prove(headers)(scope, receive, send)
                return
            self._check_token(headers)
        except Refused as refused:
            response = refused.response()
            # Whatever else a stranger sends, above all the body of this call, is not read.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        try:
            if scope["path"] != HEALTH:
                _check_protocol(headers.get(PROTOCOL_HEADER, ""))
        except Refused as refused:
            await refused.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._door.answers_to(hosts[0]):
            raise Refused(
                403, "This call was meant for another host: use the backend's own address."
            )
        if "origin" in headers:
            raise Refused(403, "Web pages may not call the backend.")

    def _prove(self, headers: Headers) -> Response:
        """Show who asks that this server knows the token, which they have not sent yet."""
        challenge = headers.get(CHALLENGE_HEADER, "")
        if not is_challenge(challenge):
            raise Refused(400, "There is no challenge to answer: update the plugin.")
        return as_json(to_text(prove(self._door.token, self._door.port, challenge)))

    def _check_token(self, headers: Headers) -> None:
        if not self._door.is_opened_by(headers.get("authorization", "")):
            raise Refused(
                401,
                "The call did not bring this backend's token, which is in the server file: "
                "read it again and retry.",
            )


def _check_protocol(spoken: str) -> None:
    if spoken == str(PROTOCOL):
        return
    ours = f"this backend ({VERSION}) speaks {PROTOCOL}"
    if not (spoken.isascii() and spoken.isdecimal()):
        raise Refused(426, f"The plugin does not say which protocol it speaks: update it ({ours}).")
    older = "plugin in Krita" if int(spoken[:9]) < PROTOCOL else "backend"
    raise Refused(426, f"The plugin speaks protocol {spoken[:9]}, {ours}: update the {older}.")
