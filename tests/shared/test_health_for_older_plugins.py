"""`/health` as a plugin of version 0.2.0 reads it: the one call that says who is to be updated."""

from dataclasses import dataclass

from layerpeel.shared.jobs import EngineInfo, Health
from layerpeel.shared.wire import from_text, to_text


@dataclass(frozen=True)
class EngineThen:
    """`EngineInfo` of version 0.2.0. Do not change it: it is in use."""

    name: str
    missing: str
    words: bool
    words_hint: str


@dataclass(frozen=True)
class HealthThen:
    """`Health` of version 0.2.0. Do not change it: it is in use."""

    version: str
    protocol: int
    engines: tuple[EngineThen, ...]


def test_an_older_plugin_reads_what_is_said_today():
    engine = EngineInfo("auto", "", words=False, words_hint="what words lack")
    read = from_text(HealthThen, to_text(Health("9.0.0", 99, (engine,))))
    assert read.protocol == 99
    assert read.engines == (EngineThen("auto", "", words=False, words_hint="what words lack"),)


def test_what_an_older_backend_says_is_read_today():
    said = to_text(HealthThen("0.2.0", 2, (EngineThen("auto", "", words=True, words_hint=""),)))
    assert from_text(Health, said).protocol == 2
