"""The network that decides about parts: what it learns from, and what comes of it."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.stages.small_networks.running import FACTS_INPUT, OUTPUT
from layerpeel.backend.stages.subject.parts import FACTS, overlap
from layerpeel.backend.training.export import onnx_of_scorer
from layerpeel.backend.training.opened_art import art_to_learn_from
from layerpeel.backend.training.recipe import RECIPES, read_scorer_recipe
from layerpeel.backend.training.scorer_task import load_fact_scorer
from layerpeel.backend.training.subject_samples import batches_of_parts, known_subjects
from layerpeel.backend.training.subject_task import SubjectTask
from layerpeel.backend.training.trainer import train
from tiny_checkpoints.point import save_tiny_minisam

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
SHIPPED = RECIPES / "small-subject.toml"


def say_nothing(words, done):
    pass


@pytest.fixture(scope="module")
def subjects(small_art, isnet_store, tmp_path_factory):
    """Two composites that the real ISNet was asked about, and a miniSAM that draws discs."""
    minisam = save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")
    art, isnet = art_to_learn_from(small_art), isnet_store.path_of("isnet")
    return known_subjects(art, 2, 0, isnet, minisam, say_nothing)


@pytest.fixture
def recipe():
    """The recipe that is shipped, with less of everything."""
    shipped = read_scorer_recipe(SHIPPED)
    return replace(
        shipped,
        network=replace(shipped.network, widths=(8, 6), members=2),
        training=replace(shipped.training, iterations=40, batch_size=64, learning_rate=1e-2),
        run=replace(shipped.run, save_every=40, check_every=40),
    )


def test_a_composite_is_cut_into_parts_of_which_it_is_known_what_they_are(subjects):
    for each in subjects:
        count = len(each.parts.areas)
        assert each.parts.facts.shape == (count, FACTS)
        assert np.isfinite(each.parts.facts).all()
        assert each.parts.areas.sum() == each.parts.labels.size == 256 * 256
        # Decided rightly part by part, the subject is nearly whole.
        best = (each.shares > 0.5)[each.parts.labels].astype(np.float32)
        assert overlap(best, each.truth) > 0.95
        assert each.weights.max() <= 1


def test_large_parts_are_drawn_as_often_as_they_are_large(subjects):
    parts = batches_of_parts(subjects)
    (batch,) = parts.batches(range(1), 4000, 0, CPU)
    weights = np.concatenate([each.weights for each in subjects])
    shares = np.concatenate([each.shares for each in subjects])
    expected = (weights * shares).sum() / weights.sum()
    assert abs(batch["score"].mean().item() - expected) < 0.05


def test_a_batch_depends_on_its_number_alone(subjects):
    parts = batches_of_parts(subjects)
    whole, rest = (list(parts.batches(range(*span), 8, 0, CPU)) for span in ((0, 4), (3, 4)))
    assert torch.equal(whole[3]["facts"], rest[0]["facts"])
    assert not torch.equal(whole[2]["facts"], whole[3]["facts"])


def test_what_it_learns_is_kept_and_answers_as_a_file(subjects, recipe, tmp_path):
    task = SubjectTask(recipe, subjects, subjects)
    weights = train(task, recipe, tmp_path, say_nothing)
    rows = (tmp_path / "losses.csv").read_text(encoding="utf-8").splitlines()
    entropy = rows[0].split(",").index("entropy")
    assert float(rows[-1].split(",")[entropy]) < 0.7 * float(rows[1].split(",")[entropy])
    assert (tmp_path / "sheet-000040.png").is_file()
    scorer = load_fact_scorer(weights)
    # What is usual of each fact is kept with the weights.
    assert torch.allclose(scorer.mean, batches_of_parts(subjects).facts.mean(dim=0))
    file = onnx_of_scorer(scorer)
    assert b".py" not in file
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for count in (1, 7):
        facts = subjects[0].parts.facts[:count]
        (answer,) = session.run([OUTPUT], {FACTS_INPUT: facts})
        with torch.inference_mode():
            expected = scorer(torch.from_numpy(facts)).numpy()
        assert answer.shape == (count,)
        assert np.abs(answer - expected).max() < 1e-5


def test_other_weights_are_refused(tmp_path):
    with pytest.raises(BadInputError, match="no training has saved"):
        load_fact_scorer(tmp_path / "network.safetensors")
    torch.save({}, tmp_path / "network.safetensors")
    with pytest.raises(ModelError, match="damaged"):
        load_fact_scorer(tmp_path / "network.safetensors")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[48, 24]", "[48]", "`widths` must be 2 numbers"),
        ("count = 200", "count = 0", "`count` may not be 0"),
        ("dropout = 0.2", "dropout = 1.5", "`dropout` may not be 1.5"),
        ("count = 200", "count = 200\nside = 3", "nothing is called `side`"),
    ],
)
def test_a_wrong_recipe_is_refused(right, wrong, said, tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "recipe.toml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        read_scorer_recipe(file)
    assert said in str(refused.value)
