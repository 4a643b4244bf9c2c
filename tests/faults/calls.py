"""Faults of who calls: cut connections, odd messages, half-written files."""

import contextlib
import os
import secrets
import socket

from faults.campaign import SIDE, Campaign
from layerpeel.shared.wire import FILE_HEADER, MESSAGE_TYPE, pack


def connection_is_cut(campaign: Campaign) -> None:
    """After a random byte of a call that submits a job, in its head or its body."""
    backend = campaign.backend
    body = pack(campaign.job())
    lines = [f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{backend.port}"]
    lines += [f"{name}: {value}" for name, value in backend.headers.items()]
    lines += [f"Content-Type: {MESSAGE_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"]
    whole = "\r\n".join(lines).encode() + body
    with socket.create_connection(("127.0.0.1", backend.port), timeout=30) as connection:
        connection.sendall(whole[: campaign.chance.randrange(len(whole))])


def message_is_odd(campaign: Campaign) -> None:
    """A job in which one to eight random bytes are others."""
    body = bytearray(pack(campaign.job()))
    head = body.index(b"\n")
    for _ in range(campaign.chance.randrange(1, 9)):
        body[campaign.chance.randrange(head)] = campaign.chance.randrange(256)
    answer = campaign.backend.post(bytes(body))
    if answer.status_code >= 500:
        campaign.broken.append(f"odd message: {answer.status_code} {answer.text}")


def many_connect(campaign: Campaign) -> None:
    """Two hundred at once, who begin a call and never end it."""
    with contextlib.ExitStack() as held:
        for _ in range(200):
            connection = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                connection.connect(("127.0.0.1", campaign.backend.port))
                connection.sendall(b"POST /jobs HTTP/1.1\r\nHost: ")
        campaign.backend.http.close()
        campaign.backend.jobs()


def fetching_is_cut(campaign: Campaign) -> None:
    """After a random byte of a result, its thumbnails or its picture, as it is being fetched."""
    backend, what = campaign.backend, campaign.chance.choice(["result", "look", "thumbnails"])
    job = campaign.some_result()
    with backend.call("GET", f"/jobs/{job}/{what}", stream=True) as answer:
        answer.raw.read(campaign.chance.randrange(3 * SIDE * SIDE))


def handed_over_file_is_odd(campaign: Campaign) -> None:
    """A picture that comes as a file: cut at a random byte, gone, a pipe, a link, or elsewhere."""
    folder = campaign.home / "incoming"
    name = secrets.token_hex(16)
    body = pack(campaign.job())
    match campaign.chance.randrange(5):
        case 0:
            (folder / name).write_bytes(body[: campaign.chance.randrange(len(body))])
        case 1:
            os.mkfifo(folder / name)
        case 2:
            (folder / name).symlink_to("/etc/passwd")
        case 3:
            name = campaign.chance.choice(["../jobs/jobs.sqlite", "/etc/passwd", "", "x" * 5000])
        case 4:
            pass
    headers = {FILE_HEADER: name, "Content-Type": MESSAGE_TYPE}
    answer = campaign.backend.call("POST", "/jobs", headers=headers)
    if not 400 <= answer.status_code < 500:
        campaign.broken.append(f"handed-over file: {answer.status_code} {answer.text}")
