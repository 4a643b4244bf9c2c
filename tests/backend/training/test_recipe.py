import pytest

from layerpeel.backend.errors import BadInputError
from layerpeel.backend.training.recipe import RECIPES, read_recipe

SHIPPED = RECIPES / "small-matting.toml"


def test_the_shipped_recipe_can_be_followed():
    recipe = read_recipe(SHIPPED)
    assert recipe.network.widths == (48, 96, 192, 288)
    assert recipe.samples.softness["hair"] > 0


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("format = 1", "format = 9", "does not begin with"),
        ("batch = 64", "batch = 0", "batch = 0 is not possible"),
        ("batch = 64", "batch = true", "batch = True is not possible"),
        ("batch = 64", "", "missing, or that nobody knows: batch"),
        ("batch = 64", "batch = 64\nbach = 1", "nobody knows: bach"),
        ("learning_rate = 1e-3", "learning_rate = -1.0", "learning_rate"),
        ("degraded = 0.35", "degraded = 1.5", "degraded"),
        ('"bfloat16"', '"bfloat17"', "precision"),
        ("[200, 900]", "[900, 200]", "longest_side"),
        ("hair = 3", "fur = 3", "softness"),
        ("[48, 96, 192, 288]", "[]", "widths"),
        ("[network]", "[net]", "sections"),
        ("[network]", "[network", "not TOML"),
    ],
)
def test_a_wrong_recipe_is_refused(right, wrong, said, tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "recipe.toml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadInputError, match=said):
        read_recipe(file)


def test_a_missing_recipe_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
