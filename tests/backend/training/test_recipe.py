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
        ("format = 1", "format = 9", "`format` must be 1"),
        ("format = 1", "format = true", "`format` may not be True"),
        ("batch_size = 64", "batch_size = 0", "[training]: `batch_size` may not be 0"),
        ("batch_size = 64", "", "[training]: `batch_size` is missing"),
        ("batch_size = 64", "batch_size = 64\nbach = 1", "nothing is called `bach`"),
        ("learning_rate = 1e-3", "learning_rate = -1.0", "`learning_rate` may not be -1.0"),
        ("weight_decay = 1e-4", "weight_decay = nan", "`weight_decay` may not be nan"),
        ("ema_decay = 0.999", "ema_decay = 1.5", "`ema_decay` may not be 1.5"),
        ("degraded = 0.35", "degraded = 1.5", "[samples]: `degraded` may not be 1.5"),
        ('"bfloat16"', '"bfloat17"', "`precision` may not be 'bfloat17'"),
        ("[200, 900]", "[900, 200]", "`longest_side` may not be [900, 200]"),
        ("[200, 900]", "[200]", "`longest_side` may not be [200]"),
        ("hair = 3", "fur = 3", "`softness` may not be"),
        ("[48, 96, 192, 288]", "[]", "`widths` may not be []"),
        ("[network]", "[net]", "`network` is missing"),
        ("[run]", "[other]\n[run]", "nothing is called `other`"),
        ("[network]", "[network", "is not TOML"),
    ],
)
def test_a_wrong_recipe_is_refused(right, wrong, said, tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "recipe.toml"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadInputError) as refused:
        read_recipe(file)
    assert str(refused.value).startswith(f"The recipe {file}")
    assert said in str(refused.value)


def test_a_missing_recipe_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
