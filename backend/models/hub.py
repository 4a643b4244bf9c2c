"""A model hub: its addresses, a repository's newest commit, and the files in it."""

import os
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import requests

from layerpeel.backend.models.delivery import OfferedFile, SourceError
from layerpeel.backend.models.download import CONNECT_SECONDS, SILENCE_SECONDS, why_not_downloaded

HUB = "https://huggingface.co"


def file_url(repository: str, revision: str, file: str) -> str:
    """Return the address of a file. LAYERPEEL_HUB names another hub with the same layout."""
    return _address(f"{repository}/resolve/{revision}/{file}")


def newest_commit(repository: str) -> str:
    """Ask for a repository's newest commit. Raises SourceError when the hub does not say."""
    answer = _ask(_address(f"api/models/{repository}/revision/main"))
    match _content(answer):
        case {"sha": str(commit)} if re.fullmatch("[0-9a-f]{40}", commit):
            return commit
    raise SourceError("the hub does not say at which commit the repository stands")


def files_at(repository: str, revision: str) -> list[OfferedFile]:
    """List all files of a repository at a commit; the hub may send the list in several pages.

    The paths are as the hub sends them: not yet checked for leading out of the folder.

    Raises SourceError when the hub does not send the list.
    """
    address = _address(f"api/models/{repository}/tree/{revision}")
    query = "recursive=true"
    asked = set()
    files = []
    while query:
        if query in asked:
            raise SourceError("the hub's list of files goes round in circles")
        asked.add(query)
        answer = _ask(urlunsplit(urlsplit(address)._replace(query=query)))
        entries = _content(answer)
        if not isinstance(entries, list):
            raise SourceError("the hub's list of files is not as expected")
        files += [_file(entry) for entry in entries if not _is_folder(entry)]
        # Only the query is taken from the link: a mirrored hub still names its own address.
        following = answer.links.get("next", {}).get("url", "")
        query = urlsplit(urljoin(address, following)).query if following else ""
    return files


def _address(path: str) -> str:
    base = os.environ.get("LAYERPEEL_HUB") or HUB
    return f"{base.rstrip('/')}/{quote(path)}"


def _ask(url: str) -> requests.Response:
    try:
        response = requests.get(url, timeout=(CONNECT_SECONDS, SILENCE_SECONDS))
        response.raise_for_status()
    except requests.RequestException as error:
        raise SourceError(why_not_downloaded(error)) from error
    return response


def _content(response: requests.Response) -> object:
    try:
        content: object = response.json()
    except requests.JSONDecodeError as error:
        raise SourceError("the hub's answer is not as expected") from error
    return content


def _is_folder(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("type") == "directory"


def _file(entry: object) -> OfferedFile:
    match entry:
        case {"path": str(path), "lfs": {"oid": str(sha256), "size": int(size)}}:
            return OfferedFile(path, size, sha256.lower())
        case {"path": str(path), "size": int(size), "oid": str(git_sha1)}:
            return OfferedFile(path, size, "", git_sha1.lower())
    raise SourceError("the hub's list of files is not as expected")
