"""Boxes round what words name: the library's own answer, by our phrases, in pixels."""

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import GroundingDinoForObjectDetection, GroundingDinoProcessor

from layerpeel.backend.errors import BadInputError, DeviceError, ModelError
from layerpeel.backend.stages.grounding_dino import GroundingDinoDetector, phrases_of

pytestmark = pytest.mark.torch


@pytest.fixture
def detector(detector_folder, pool):
    return GroundingDinoDetector(detector_folder, pool)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("a cat", ("a cat",)),
        ("a cat. a dog.", ("a cat", "a dog")),
        ("cat, dog", ("cat", "dog")),
        ("  A red\tcat ;dog\n\ncup?? ", ("A red cat", "dog", "cup")),
        ("cat, Cat, CAT", ("CAT",)),
        ("猫、狗。", ("猫", "狗")),
        (" ., ", ()),
        ("", ()),
    ],
)
def test_phrases_are_parted(text, phrases):
    assert phrases_of(text) == phrases


def by_hand(folder, picture, caption, phrases, threshold):
    """Box, score and phrase of all that transformers' own code finds."""
    network = GroundingDinoForObjectDetection.from_pretrained(folder).eval()
    processor = GroundingDinoProcessor.from_pretrained(folder)
    planes = torch.from_numpy(picture).permute(2, 0, 1)
    inputs = processor(images=planes, text=caption, do_rescale=False, return_tensors="pt")
    with torch.inference_mode():
        outputs = network(**inputs)
    (found,) = processor.post_process_grounded_object_detection(
        outputs, inputs["input_ids"], threshold=threshold, target_sizes=[picture.shape[:2]]
    )
    sure = outputs.logits[0].sigmoid()
    sure = sure[sure.amax(dim=-1) > threshold]
    tokens = inputs["input_ids"][0].tolist()
    likeness = []
    for phrase in phrases:
        its_own = processor.tokenizer(phrase, add_special_tokens=False)["input_ids"]
        (start,) = (
            place
            for place in range(len(tokens))
            if tokens[place : place + len(its_own) + 1] == [*its_own, 1012]
        )
        likeness.append(sure[:, start : start + len(its_own)].amax(dim=-1))
    named = torch.stack(likeness).argmax(dim=0).tolist()
    boxes = zip(found["boxes"].tolist(), found["scores"].tolist(), named, strict=True)
    return sorted(((box, score, phrases[name]) for box, score, name in boxes), key=lambda f: -f[1])


@pytest.mark.parametrize("threshold", [0.25, 0.8, 0.9])
@pytest.mark.parametrize("shape", [(60, 90), (90, 60), (31, 200)])
def test_it_finds_what_the_library_finds(detector, detector_folder, noise, shape, threshold):
    picture = noise(*shape)
    found = detector.find(picture, "A cat, red dogs", threshold)
    expected = by_hand(
        detector_folder, picture, "a cat. red dogs.", ["a cat", "red dogs"], threshold
    )
    assert len(found) == len(expected) > 0
    height, width = shape
    for detection, (box, score, phrase) in zip(found, expected, strict=True):
        within = np.clip(box, 0, [width, height, width, height])
        edges = (detection.left, detection.top, detection.right, detection.bottom)
        np.testing.assert_allclose(edges, within, atol=1e-3)
        assert detection.score == pytest.approx(score, abs=1e-5)
        assert detection.phrase.lower() == phrase


def test_both_phrases_are_among_what_is_found(detector, noise):
    """As the person wrote them; and a phrase within another has its own words only."""
    phrases = {each.phrase for each in detector.find(noise(60, 90), "Red Cat. cat")}
    assert phrases == {"Red Cat", "cat"}


def test_what_none_of_the_words_names_surely_is_left_out(detector, noise):
    picture = noise(60, 90)
    found = detector.find(picture, "cat, dog")
    surer = detector.find(picture, "cat, dog", text_threshold=0.9)
    assert 0 < len(surer) < len(found)
    assert set(surer) < set(found)
    assert detector.find(picture, "cat, dog", text_threshold=0.9999) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 3), (8, 4000), (4000, 8), (4000, 1)])
def test_any_shape_can_be_looked_at_and_boxes_lie_within(detector, noise, shape):
    found = detector.find(noise(*shape), "cat")
    assert found
    for each in found:
        assert 0 <= each.left < each.right <= shape[1]
        assert 0 <= each.top < each.bottom <= shape[0]


def test_it_is_surest_first_and_the_same_every_time(detector, detector_folder, pool, noise):
    found = detector.find(noise(60, 90), "cat, dog")
    assert [each.score for each in found] == sorted((e.score for e in found), reverse=True)
    assert GroundingDinoDetector(detector_folder, pool).find(noise(60, 90), "cat, dog") == found


def test_as_many_words_as_it_says_are_taken_and_no_more(detector, noise):
    picture = noise(30, 30)
    words = ["cat"] * 100
    with pytest.raises(BadInputError, match="the first 61 fit"):
        detector.find(picture, " ".join(words))
    assert detector.find(picture, " ".join(words[:61])) is not None
    with pytest.raises(BadInputError, match="the first 61 fit"):
        detector.find(picture, " ".join(words[:62]))


def test_a_word_that_fits_in_part_does_not_count(detector, noise):
    """“dogs” is two tokens here."""
    with pytest.raises(BadInputError, match="the first 30 fit"):
        detector.find(noise(30, 30), " ".join(["dogs"] * 40))


@pytest.mark.parametrize("text", ["", " ", ".,.", "\n"])
def test_no_words_are_refused(detector, noise, text):
    with pytest.raises(BadInputError, match="name nothing"):
        detector.find(noise(30, 30), text)


@pytest.mark.parametrize("text", ["猫", "cat, собака", "🐈", "\x00"])
def test_words_that_it_does_not_know_are_refused_and_named(detector, noise, text):
    with pytest.raises(BadInputError, match=text.rpartition(" ")[2]):
        detector.find(noise(30, 30), text)


@pytest.mark.parametrize("text", ["cat 猫", "CAT", "ca\u0301t", "cat\u200b"])
def test_a_word_that_it_knows_is_enough(detector, noise, text):
    assert detector.find(noise(30, 30), text)


@pytest.mark.parametrize("vocabulary", [None, "garbage", "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\n"])
def test_without_its_own_words_the_model_is_refused(
    detector_folder, pool, noise, tmp_path, vocabulary
):
    """Without any, transformers makes a tokenizer that knows none."""
    folder = shutil.copytree(detector_folder, tmp_path / "grounding-dino")
    (folder / "tokenizer.json").unlink()
    if vocabulary:
        (folder / "vocab.txt").write_text(vocabulary)
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        GroundingDinoDetector(folder, pool).find(noise(30, 30), "cat")


def test_a_processor_that_squeezes_pictures_is_refused(detector_folder, pool, noise, tmp_path):
    folder = shutil.copytree(detector_folder, tmp_path / "grounding-dino")
    config = json.loads((folder / "processor_config.json").read_text())
    config["image_processor"]["size"] = {"height": 64, "width": 64}
    (folder / "processor_config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="how large a picture may be"):
        GroundingDinoDetector(folder, pool).find(noise(30, 30), "cat")


def test_the_files_of_older_models_do_as_well(detector_folder, pool, noise, tmp_path):
    folder = shutil.copytree(detector_folder, tmp_path / "grounding-dino")
    both = json.loads((folder / "processor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(both["image_processor"]))
    words = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    (folder / "vocab.txt").write_text("\n".join(sorted(words, key=words.get)) + "\n")
    for name in ("processor_config.json", "tokenizer.json"):
        (folder / name).unlink()
    old, new = (
        GroundingDinoDetector(each, pool).find(noise(60, 90), "cat, red dogs")
        for each in (folder, detector_folder)
    )
    assert old == new


def test_too_little_memory_is_said(detector, noise, monkeypatch):
    def run_out(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(GroundingDinoForObjectDetection, "forward", run_out)
    with pytest.raises(DeviceError, match="not enough memory for looking"):
        detector.find(noise(30, 30), "cat")
