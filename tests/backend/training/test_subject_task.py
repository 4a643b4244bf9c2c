"""The network that weighs opinions about the subject: what it learns from, and what comes of it."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from layerpeel.backend.errors import BadInputError, ModelError
from layerpeel.backend.stages.small_networks.running import OUTPUT
from layerpeel.backend.stages.subject.opinions import ISNET, PLANES
from layerpeel.backend.stages.subject.whole_subject import EMBEDDING_INPUT, PLANES_INPUT
from layerpeel.backend.training.export import onnx_of_subject
from layerpeel.backend.training.opened_art import art_to_learn_from
from layerpeel.backend.training.recipe import RECIPES, read_subject_recipe
from layerpeel.backend.training.subject_samples import KnownSubjects, shuffled_batches
from layerpeel.backend.training.subject_task import SubjectTask, load_subject_network
from layerpeel.backend.training.trainer import train
from tiny_checkpoints.point import save_tiny_minisam

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
SHIPPED = RECIPES / "small-subject.toml"


def say_nothing(words, done):
    pass


@pytest.fixture(scope="module")
def subjects(small_art, isnet_store, tmp_path_factory):
    """Three composites that the real ISNet was asked about, and a miniSAM that draws discs."""
    minisam = save_tiny_minisam(tmp_path_factory.mktemp("tiny") / "minisam")
    art, isnet = art_to_learn_from(small_art), isnet_store.path_of("isnet")
    return KnownSubjects(art, 3, 0, isnet, minisam, say_nothing)


@pytest.fixture
def recipe():
    """The recipe that is shipped, with less of everything."""
    shipped = read_subject_recipe(SHIPPED)
    return replace(
        shipped,
        network=replace(shipped.network, widths=(4, 6, 6, 6), embedded=4, dropout=0.0),
        training=replace(shipped.training, iterations=16, batch_size=3, learning_rate=1e-2),
        run=replace(shipped.run, save_every=16, check_every=16),
    )


def test_a_composite_is_kept_with_its_opinions_and_its_truth(subjects):
    assert len(subjects) == 3
    batch = subjects.batch(np.array([0, 2]), mirrored=False, device=CPU)
    assert batch["planes"].shape == (2, PLANES, 256, 256)
    assert batch["embedding"].shape == (2, 256, 64, 64)
    assert batch["truth"].shape == (2, 1, 256, 256)
    assert all(0 <= batch[name].min() <= batch[name].max() <= 1 for name in ("planes", "truth"))
    # A disc on speckles is what ISNet finds.
    seen, truth = batch["planes"][:, ISNET : ISNET + 1] > 0.5, batch["truth"] > 0.5
    assert (seen & truth).sum() > 0.8 * (seen | truth).sum()


def test_all_that_belongs_to_a_composite_is_mirrored_with_it(subjects):
    plain, mirrored = (subjects.batch(np.array([1]), each, CPU) for each in (False, True))
    for name, planes in plain.items():
        assert torch.equal(mirrored[name], planes.flip(-1))


def test_each_round_shows_every_composite_once(subjects):
    def shown(numbers):
        return [batch["truth"] for batch in shuffled_batches(subjects, numbers, 1, 0, CPU)]

    first_round = [truth.sum().item() for truth in shown(range(3))]
    every = [truth.sum().item() / 255 for truth in subjects.truths.float()]
    assert np.allclose(sorted(first_round), sorted(every), rtol=1e-4)
    # A run that goes on gets what it would have got.
    assert torch.equal(shown(range(7))[5], shown(range(5, 7))[0])


def test_an_untrained_network_says_what_isnet_says(subjects, recipe):
    network = SubjectTask(recipe, subjects, subjects).network().eval()
    batch = subjects.batch(np.arange(3), mirrored=False, device=CPU)
    said = network(batch["planes"], batch["embedding"]) > 0
    assert torch.equal(said, batch["planes"][:, ISNET : ISNET + 1] > 0.5)


def test_what_it_learns_is_kept_and_answers_as_a_file(subjects, recipe, tmp_path):
    task = SubjectTask(recipe, subjects, subjects)
    weights = train(task, recipe, tmp_path, say_nothing)
    rows = (tmp_path / "losses.csv").read_text(encoding="utf-8").splitlines()
    overlap = rows[0].split(",").index("overlap")
    assert float(rows[-1].split(",")[overlap]) < float(rows[1].split(",")[overlap])
    assert (tmp_path / "sheet-000016.png").is_file()
    network = load_subject_network(weights)
    file = onnx_of_subject(network)
    assert b".py" not in file
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    batch = subjects.batch(np.array([0]), mirrored=False, device=CPU)
    for rows, columns in ((256, 256), (16, 256), (208, 64)):
        planes = batch["planes"][..., :rows, :columns].contiguous()
        embedding = batch["embedding"][..., : rows // 4, : columns // 4].contiguous()
        given = {PLANES_INPUT: planes.numpy(), EMBEDDING_INPUT: embedding.numpy()}
        (answer,) = session.run([OUTPUT], given)
        with torch.inference_mode():
            expected = torch.sigmoid(network(planes, embedding)).numpy()
        # The file keeps its weights in half floats.
        assert np.abs(answer - expected).max() < 0.01


def test_other_weights_are_refused(tmp_path):
    with pytest.raises(BadInputError, match="no training has saved"):
        load_subject_network(tmp_path / "network.safetensors")
    torch.save({}, tmp_path / "network.safetensors")
    with pytest.raises(ModelError, match="damaged"):
        load_subject_network(tmp_path / "network.safetensors")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("[16, 32, 64, 96]", "[16, 32]", "`widths` must be 4 numbers"),
        ("count = 400", "count = 0", "`count` may not be 0"),
        ("dropout = 0.1", "dropout = 1.5", "`dropout` may not be 1.5"),
        ("count = 400", "count = 400\nside = 3", "nothing is called `side`"),
    ],
)
def test_a_wrong_recipe_is_refused(right, wrong, said, tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "recipe.toml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        read_subject_recipe(file)
    assert said in str(refused.value)
