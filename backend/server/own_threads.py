"""Threads for what takes long, a few for each kind of work, so that no kind waits for another.

Looking into a folder takes up to twenty seconds. If that, what workers report and the answer to
`/health` shared threads, eight looks would silence the server.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from layerpeel.backend.child_process import NotStartedError

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class OwnThreads:
    """Threads for one kind of work.

    name: of the kind. most: how many there are; what comes when all are taken waits.
    """

    def __init__(self, name: str, most: int) -> None:
        self._most = most
        self._taken = 0
        self._pool = ThreadPoolExecutor(most, name)
        # The first is started now, so that what begins in it later cannot fail for want of one.
        self._pool.submit(int)

    @property
    def is_full(self) -> bool:
        """Whether further work would wait."""
        return self._taken >= self._most

    async def run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Call `work` in one of the threads, and wait for what it returns or raises.

        Raises NotStartedError when the system has no thread left.
        """
        try:
            answer = asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        except RuntimeError as error:
            raise NotStartedError(str(error)) from error
        self._taken += 1
        try:
            return await answer
        finally:
            self._taken -= 1
