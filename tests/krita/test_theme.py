"""The docker takes on the colours of a theme that is changed while Krita runs."""

import pytest

pytestmark = [pytest.mark.krita, pytest.mark.usefixtures("docker")]

CHOOSE = """
for action in krita.action('theme_menu').menu().actions():
    if action.text() == theme:
        action.trigger()
"""
# Of a choice beside its text, and of the darkest line of the icon that peels.
LIGHTNESS = (
    "[w := widgets.the(name), i := w.grab().toImage(),"
    " i.pixelColor(6, i.height() // 2).lightness()][-1]"
)
DARKEST = (
    "[i := widgets.the('layerpeel_peel').icon().pixmap(24, 24).toImage(),"
    " min(c.lightness() for x in range(24) for y in range(24)"
    " if (c := i.pixelColor(x, y)).alpha() > 200)][-1]"
)


@pytest.fixture
def choose_theme(krita):
    """Choose one of Krita's themes by its name; the dark one comes back in the end."""

    def choose(theme):
        krita.run(CHOOSE, theme=theme)

    yield choose
    if krita.is_running:
        choose("Krita dark")


def test_choices_and_icons_follow_the_theme(krita, choose_theme):
    choice = "layerpeel_page_generate"
    for theme, is_light in (("Krita bright", True), ("Krita dark", False), ("Krita bright", True)):
        choose_theme(theme)
        krita.wait_until(
            lambda is_light=is_light: (
                (krita.evaluate(LIGHTNESS, name=choice) > 150) == is_light
                and (krita.evaluate(DARKEST) < 100) == is_light
            ),
            5,
            f"the colours of {theme}",
        )
