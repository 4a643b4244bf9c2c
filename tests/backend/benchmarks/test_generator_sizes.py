"""The bytes of full-size generators: counted, and as the documents have them."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.torch

ENGINES = Path(__file__).parents[3] / "docs" / "engines.md"

# Numbers in the published networks.
PUBLISHED = {
    "FLUX.2 klein 4B": {"text_encoder": 4_022_468_096, "transformer": 3_875_544_576},
    "Z-Image-Turbo": {"text_encoder": 4_022_468_096, "transformer": 6_154_908_736},
}


def test_the_documents_have_what_is_counted():
    from layerpeel.backend.benchmarks import generator_sizes, room_to_edit

    for counted in (generator_sizes, room_to_edit):
        assert counted.table() in ENGINES.read_text(encoding="utf-8")


def test_what_is_counted_is_of_full_size_and_fits_in_four_bits():
    from layerpeel.backend.benchmarks.generator_sizes import (
        full_size_generators,
        how_it_is_loaded,
        sizes_of,
    )

    for title, networks in full_size_generators().items():
        halves = sizes_of(networks, few=False)
        for part, numbers in PUBLISHED[title].items():
            assert halves[part] == 2 * numbers
            assert sizes_of(networks, few=True)[part] < 0.4 * halves[part]
        assert how_it_is_loaded(networks, 4) == "refused"
        assert how_it_is_loaded(networks, 8) == "4 bit"
        assert how_it_is_loaded(networks, 24) == "16 bit"


def test_what_editing_needs_grows_with_each_picture_and_fits_on_the_stated_cards():
    from layerpeel.backend.benchmarks.generator_sizes import (
        CARDS,
        full_size_generators,
        how_it_is_loaded,
        sizes_of,
    )
    from layerpeel.backend.benchmarks.room_to_edit import room_to_edit
    from layerpeel.backend.devices.compute import ROOM_TO_WORK, budget_on_card

    none, one, four = (room_to_edit(pictures) for pictures in (0, 1, 4))
    assert four - none == pytest.approx(4 * (one - none), rel=1e-3)
    networks = full_size_generators()["FLUX.2 klein 4B"]
    for card in CARDS:
        few = how_it_is_loaded(networks, card) == "4 bit"
        weights = sizes_of(networks, few)["transformer"]
        assert weights + four <= budget_on_card(card * 1_000_000_000) + ROOM_TO_WORK
