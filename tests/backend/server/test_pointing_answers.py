"""What the pointing process does at a question, and what it need not do again."""

import asyncio
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from layerpeel.backend.errors import ModelError
from layerpeel.backend.models.model_store import ModelStore
from layerpeel.backend.progress import StopWork
from layerpeel.backend.server.pointing_answers import PointingAnswers
from layerpeel.backend.server.pointing_desk import PointingDesk
from layerpeel.backend.server.pointing_orders import Answered, AskOrder, DropOrder
from layerpeel.backend.server.pointing_process import PointingWork
from layerpeel.backend.server.refusal import Refused
from layerpeel.shared.pointing import Outlined, ThingsFound, WhatIsAt, WhatThings
from layerpeel.shared.protocol import Box, ColourModel, Depth, Picture, PixelBlock, Point, Points
from layerpeel.shared.wire import pack
from tiny_checkpoints.point import store_with_tiny_minisam


@pytest.fixture
def store(tmp_path):
    return store_with_tiny_minisam(tmp_path / "tiny")


@pytest.fixture
def save_picture(tmp_path):
    """Write a picture of noise, 100×80, as it comes over HTTP; return its file."""

    def save(seed):
        rgba = np.random.default_rng(seed).integers(0, 256, (80, 100, 4), np.uint8)
        file = tmp_path / f"{seed}.picture"
        block = PixelBlock(100, 80, ColourModel.RGBA, Depth.U8, rgba.tobytes())
        file.write_bytes(pack(Picture(block)))
        return file

    return save


def what_is_at(*places, box=None):
    return WhatIsAt(Points(tuple(Point(x, y) for x, y in places), box))


def processes():
    return [each for each in active_children() if each.name == "layerpeel-pointing"]


def go_on(_done):
    pass


def test_a_picture_is_seen_once_however_often_it_is_asked_about(store, save_picture, runs):
    answers = PointingAnswers(store)
    pictures = [save_picture(seed) for seed in range(3)]
    for picture in pictures:
        answers.look(picture)
    assert runs["encoder.onnx"] == 3
    answered = runs["sam.onnx"]
    # In a box as large as the picture, so that nothing is looked at more closely.
    for places in [(50, 40)], [(50, 40), (60, 40)], [(50, 40), (60, 40), (5, 70)]:
        for picture in pictures:
            answers.answer(picture, what_is_at(*places, box=Box(0, 0, 100, 80)), go_on)
    assert runs["encoder.onnx"] == 3
    assert runs["sam.onnx"] > answered


def test_a_small_thing_is_outlined_roughly_before_it_is_looked_at_more_closely(
    store, save_picture, runs
):
    answers, picture = PointingAnswers(store), save_picture(0)
    answers.look(picture)
    asked = what_is_at((50, 40))
    at_once = replace(asked, at_once=True)
    rough = answers.answer(picture, at_once, go_on)
    assert runs["encoder.onnx"] == 1
    exact = answers.answer(picture, asked, go_on)
    assert runs["encoder.onnx"] == 2
    assert rough.is_rough
    assert rough.rings
    assert not exact.is_rough
    assert rough.rings != exact.rings
    # From then on nothing need be rough.
    assert answers.answer(picture, at_once, go_on) == exact
    boxed = what_is_at(box=Box(60, 30, 12, 12))
    assert answers.answer(picture, replace(boxed, at_once=True), go_on).is_rough
    assert not answers.answer(picture, boxed, go_on).is_rough


def test_it_can_be_stopped(store, save_picture):
    def stop(_done):
        raise StopWork

    answers = PointingAnswers(store)
    picture = save_picture(0)
    with pytest.raises(StopWork):
        answers.answer(picture, what_is_at((50, 40)), stop)
    assert answers.answer(picture, what_is_at((50, 40)), go_on).rings


class Server:
    """What the process sees of the server: orders that have come, and what it reports."""

    def __init__(self, *orders):
        self.orders = list(orders)
        self.reports = []

    @property
    def has_order(self):
        return bool(self.orders)

    def receive(self):
        return self.orders.pop(0)

    def send(self, report):
        self.reports.append(report)


@pytest.mark.parametrize("is_dropped", [False, True])
def test_a_click_does_not_wait_until_things_are_found(is_dropped):
    things, click = AskOrder(1, Path("any"), WhatThings(4)), AskOrder(2, Path("any"), what_is_at())
    server = Server(things)

    def answer(_picture, question, report):
        if isinstance(question, WhatIsAt):
            return Outlined(())
        server.orders += [DropOrder(1), click] if is_dropped else [click]
        report(0.5)
        return ThingsFound(())

    work = PointingWork(server, SimpleNamespace(answer=answer))
    work.carry_out_next()
    if is_dropped:
        assert not server.reports
        work.carry_out_next()
    answers = [Answered(2, Outlined(())), Answered(1, ThingsFound(()))]
    assert server.reports == answers[: 1 if is_dropped else 2]


def test_a_model_that_comes_later_is_used(tmp_path, store, save_picture):
    late = ModelStore(tmp_path / "late", store.manifest)
    answers, picture = PointingAnswers(late), save_picture(0)
    with pytest.raises(ModelError):
        answers.look(picture)
    late.pull("minisam", mirror=tmp_path / "tiny" / "mirror")
    assert answers.answer(picture, what_is_at((50, 40)), go_on).rings


def test_the_process_ends_when_nobody_points_any_more(tmp_path, store, save_picture):
    async def point_and_wait():
        desk = PointingDesk(tmp_path / "desk", store, idle_seconds=0.1)
        picture_id, file = desk.new_picture()
        file.write_bytes(save_picture(0).read_bytes())
        desk.show(picture_id)
        outlined = await desk.ask(picture_id, what_is_at((50, 40)))
        assert processes()
        while processes():
            await asyncio.sleep(0.02)
        assert await desk.ask(picture_id, what_is_at((50, 40))) == outlined
        desk.close()
        with pytest.raises(Refused):
            await desk.ask(picture_id, what_is_at((50, 40)))

    asyncio.run(point_and_wait())
