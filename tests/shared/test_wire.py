"""What goes in comes out; what is damaged is refused, and never half read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerpeel.shared.jobs import Finished, JobEvent, Preview, Progress, SubmitJob
from layerpeel.shared.protocol import (
    Box,
    ChannelOrder,
    ColourModel,
    Coverage,
    Depth,
    Layer,
    LayerStack,
    MadeWith,
    Mask,
    PeelRequest,
    Phrases,
    Picture,
    PixelBlock,
    Point,
    Points,
    ProtocolError,
    Role,
    Subject,
    Thing,
    ThingPart,
    Things,
    Words,
)
from layerpeel.shared.scenes import (
    BackgroundRequest,
    Guide,
    GuideKind,
    ObjectRequest,
    Painting,
    SceneRequest,
)
from layerpeel.shared.wire import from_text, pack, to_text, unpack

whole = st.integers(1, 4)


@st.composite
def pixel_blocks(draw):
    width, height = draw(whole), draw(whole)
    model, depth = draw(st.sampled_from(ColourModel)), draw(st.sampled_from(Depth))
    size = width * height * model.channels * depth.bytes
    order = draw(st.sampled_from(ChannelOrder))
    return PixelBlock(
        width, height, model, depth, draw(st.binary(min_size=size, max_size=size)), order
    )


@st.composite
def coverages(draw):
    width, height = draw(whole), draw(whole)
    return Coverage(
        width, height, draw(st.binary(min_size=width * height, max_size=width * height))
    )


points = st.builds(Point, whole, whole, st.booleans())
thing_parts = st.builds(ThingPart, coverages(), st.tuples(whole, whole))
things = st.builds(Thing, st.text(), st.lists(thing_parts, max_size=2).map(tuple))
lifts = st.one_of(
    st.builds(Subject, st.none() | coverages()),
    st.builds(Mask, coverages(), st.booleans()),
    st.builds(Box, whole, whole, whole, whole),
    st.builds(Words, st.text()),
    st.builds(Phrases, st.lists(st.text(), max_size=3).map(tuple)),
    st.builds(
        Points,
        st.lists(points, max_size=3).map(tuple),
        st.none() | st.builds(Box, whole, whole, whole, whole),
    ),
    st.builds(Things, st.lists(things, max_size=2).map(tuple)),
)
paintings = st.builds(
    Painting, whole, st.text(), st.none() | whole, st.none() | st.floats(0, 9), st.text()
)
pictures = st.builds(Picture, pixel_blocks(), st.binary(max_size=9))
guides = st.builds(
    Guide,
    st.sampled_from(GuideKind),
    st.none() | st.floats(0, 1),
    st.lists(pictures, max_size=2).map(tuple),
    st.none() | coverages(),
)
requests = st.one_of(
    st.builds(PeelRequest, lifts, whole, st.none() | st.floats(0.1, 9)),
    st.builds(SceneRequest, st.text(), paintings, st.none() | guides, st.text()),
    st.builds(ObjectRequest, st.text(), coverages(), paintings),
    st.builds(BackgroundRequest, st.text(), paintings, st.text()),
)
jobs = st.builds(
    SubmitJob,
    st.text(),
    requests,
    pictures,
    st.text(),
)
stacks = st.builds(
    LayerStack,
    st.tuples(whole, whole),
    st.lists(st.builds(Layer, st.text(), st.sampled_from(Role), pixel_blocks()), max_size=3).map(
        tuple
    ),
    st.builds(MadeWith, st.text(), whole, st.dictionaries(st.text(), st.text(), max_size=2)),
    selection=st.none() | coverages(),
)


@given(jobs)
def test_a_job_comes_out_as_it_went_in(job):
    assert unpack(SubmitJob, pack(job)) == job


@given(stacks)
def test_a_stack_comes_out_as_it_went_in(stack):
    assert unpack(LayerStack, pack(stack)) == stack


@given(jobs, st.data())
def test_a_job_that_was_cut_short_is_refused(job, data):
    message = pack(job)
    length = data.draw(st.integers(0, len(message) - 1))
    with pytest.raises(ProtocolError):
        unpack(SubmitJob, message[:length])


@given(st.binary(max_size=60))
def test_noise_is_refused(noise):
    with pytest.raises(ProtocolError):
        unpack(SubmitJob, noise)
    with pytest.raises(ProtocolError):
        from_text(JobEvent, noise)


@pytest.mark.parametrize(
    "event", [Progress("Finding its edge", 0.25), Preview(b"\x89PNG\0"), Finished(("a", "ü"))]
)
def test_an_event_is_one_line_that_says_which_it_is(event):
    line = to_text(event, JobEvent)
    assert "\n" not in line
    assert from_text(JobEvent, line) == event


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("name",), 3, "3 came where str belongs"),
        (("request", "layers"), True, "True came where int belongs"),
        (("request", "layers"), 1.5, "1.5 came where int belongs"),
        (("request", "lift", "type"), "Scissors", "Scissors"),
        (("request", "outcome"), "soup", "soup"),
        (("picture", "pixels", "data"), 7, "7 came where bytes belongs"),
        (("picture", "pixels", "width"), 5, "are 40 bytes, but 8 came"),
        (("surprise",), 1, "surprise"),
    ],
)
def test_a_message_says_what_is_wrong_with_it(path, value, complaint):
    block = PixelBlock(1, 1, ColourModel.RGBA, Depth.U16, bytes(8))
    header, pixels = pack(SubmitJob("x", PeelRequest(), Picture(block))).split(b"\n", 1)
    tree = json.loads(header)
    inner = tree["message"]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ProtocolError, match=complaint):
        unpack(SubmitJob, json.dumps(tree).encode() + b"\n" + pixels)


def test_each_block_belongs_to_one_field():
    """Else a small message would be many large pictures."""
    shown = Picture(PixelBlock(1, 1, ColourModel.RGBA, Depth.U8, bytes(4)))
    guide = Guide(GuideKind.EDIT, references=(shown, shown))
    header, blocks = pack(guide).split(b"\n", 1)
    assert unpack(Guide, header + b"\n" + blocks) == guide
    tree = json.loads(header)
    first, second = tree["message"]["references"]
    second["pixels"]["data"] = first["pixels"]["data"]
    with pytest.raises(ProtocolError, match="came for several fields"):
        unpack(Guide, json.dumps(tree).encode() + b"\n" + blocks)


def test_a_missing_field_is_named():
    with pytest.raises(ProtocolError, match="done"):
        from_text(JobEvent, '{"type": "Progress", "stage": "x"}')


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ProtocolError, match="NaN is not a number"):
        from_text(JobEvent, '{"type": "Progress", "stage": "x", "done": NaN}')


def test_half_a_letter_is_refused():
    with pytest.raises(ProtocolError, match="is not text"):
        from_text(JobEvent, r'{"type": "Failed", "message": "\ud83d"}')
    assert from_text(JobEvent, r'{"type": "Failed", "message": "\ud83d\ude00"}').message == "😀"


def test_every_event_can_be_told_from_the_others():
    names = [kind.__name__ for kind in JobEvent.__args__]
    assert len(set(names)) == len(names)


def test_a_field_that_has_a_default_may_be_missing():
    """Jobs that an older version has kept can be read."""
    header, pixels = pack(Points((Point(1, 2),))).split(b"\n", 1)
    tree = json.loads(header)
    del tree["message"]["box"]
    assert unpack(Points, json.dumps(tree).encode() + b"\n" + pixels) == Points((Point(1, 2),))
