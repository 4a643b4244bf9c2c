"""The page in a real browser: what is shown, and the blind comparison from end to end."""

import json
import re

import pytest
from scipy.stats import binomtest

pytestmark = pytest.mark.browser

COUNT = 12
NASTY = '</script><img src=x onerror="document.title=1"> & “x”'


@pytest.fixture(scope="module")
def page(write_page):
    """Twelve pictures; the engine is worst in the last, the blur in the first."""
    figures = {"compact": lambda n: n, "classical": lambda _n: 1, "blur": lambda n: 20 - n}
    names = [NASTY, *(f"thing {number}" for number in range(2, COUNT + 1))]
    return write_page(COUNT, lambda method, number: float(figures[method](number)), names)


@pytest.fixture
def visit(browser, page):
    """Open a part of the page by its #, by default with an empty local storage."""

    def go(part="", forget=True):
        browser.get("about:blank")
        browser.get(f"{page.as_uri()}#{part}")
        if forget:
            browser.execute_script("localStorage.clear()")
            browser.refresh()

    browser.get_log("browser")
    browser.get_log("performance")
    yield go
    complaints = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert complaints == []


@pytest.fixture
def find(browser):
    return lambda selector: browser.find_element("css selector", selector)


@pytest.fixture
def seen(browser):
    """Texts of the visible elements of a selector."""

    def texts(selector):
        found = browser.find_elements("css selector", selector)
        return [element.text for element in found if element.is_displayed()]

    return texts


@pytest.fixture
def press(browser):
    from selenium.webdriver.common.action_chains import ActionChains

    def keys(*names):
        for name in names:
            ActionChains(browser).send_keys(name).perform()

    return keys


@pytest.fixture
def key():
    from selenium.webdriver.common.keys import Keys

    return Keys


def methods_shown(browser):
    """Return which methods are on the left and on the right, found by their pictures."""
    return browser.execute_script(
        """
        const layer = document.querySelector("[name=layer]:checked").value;
        const all = [...document.querySelectorAll(`img[data-layer=${layer}][data-method]`)];
        return ["left", "right"].map((side) => {
          const shown = document.querySelector(`#${side} img`).src;
          return all.find((image) => image.src === shown).dataset.method;
        });
        """
    )


def answers_in(browser):
    return browser.execute_script(
        "return JSON.parse(Object.values(localStorage)[0] || 'null')?.answers"
    )


def test_it_opens_with_the_figures_and_fetches_nothing(browser, visit, seen, find):
    visit()
    assert "Which of the two would you keep?" not in seen("h2")
    assert "Against the true layers" in seen("h2")
    (row,) = (text for text in seen("#table tbody tr") if text.startswith("Bvis_mad"))
    # Medians and means of 1 to 12, of all 1, of 8 to 19; ratios to 1. A dot marks the best.
    compact, classical, blur = ["6.50"] * 3, ["1.00"] * 2, ["13.50"] * 3
    assert [word for word in row.split()[1:] if word != "●"] == [*compact, *classical, *blur]
    assert "best" in find("[data-figure=Bvis_mad] td:nth-of-type(4)").get_attribute("class")
    requested = [
        json.loads(entry["message"])["message"]["params"]["request"]["url"]
        for entry in browser.get_log("performance")
        if 'Network.requestWillBeSent"' in entry["message"]
    ]
    assert any(url.startswith("file:") for url in requested)
    assert [url for url in requested if not re.match(r"(file|data|about):", url)] == []
    assert browser.title == "Layerpeel: how good the layers are"


def test_every_picture_is_drawn(browser, visit):
    visit("pictures")
    drawn = browser.execute_async_script(
        """
        const done = arguments[0];
        const images = [...document.querySelectorAll("#list img")];
        Promise.all(images.map((image) => image.decode().then(() => image.naturalWidth)))
          .then(done, () => done("broken"));
        """
    )
    # The picture, and two layers each of the truth and of three methods.
    assert drawn == [32] * COUNT * 9


def test_a_name_of_a_file_is_shown_as_it_is(visit, seen):
    visit("pictures")
    assert f"1 · {NASTY}" in seen("article h3")


def test_pictures_come_worst_first_and_can_be_sorted_by_another_method(visit, seen, find):
    from selenium.webdriver.support.ui import Select

    visit("pictures")
    numbers = [int(title.split()[0]) for title in seen("article h3")]
    assert numbers == list(range(COUNT, 0, -1))
    Select(find("#worst-method")).select_by_visible_text("blur")
    assert [int(title.split()[0]) for title in seen("article h3")] == list(range(1, COUNT + 1))


def test_a_dot_leads_to_its_picture(browser, visit, find, seen):
    visit()
    browser.execute_script(
        "document.querySelector('a[href=\"#picture-3\"]').dispatchEvent("
        "new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    assert seen("h2")[-1] == "Pictures, worst first"
    top = browser.execute_script(
        "return document.getElementById('picture-3').getBoundingClientRect().top"
    )
    assert 0 <= top < 1000


def test_the_comparison_is_blind_until_its_end(browser, visit, find, seen):
    visit("compare")
    find("#start").click()
    for _ in range(COUNT):
        text = find("body").text
        assert not any(name in text for name in ("compact", "classical", "blur"))
        assert sorted(methods_shown(browser)) == ["classical", "compact"]
        assert [find(f"#{side} img").get_attribute("alt") for side in ("left", "right")] == [
            "left",
            "right",
        ]
        find("#keep-left").click()
    assert "compact" in find("#result-says").text


def test_sides_and_order_are_drawn_at_random(browser, visit, find, press, key):
    rounds = []
    for _ in range(2):
        visit("compare")
        find("#start").click()
        rounds.append([])
        for _ in range(COUNT):
            context = find("#context").get_attribute("src")
            rounds[-1].append((methods_shown(browser)[0], context))
            press(key.ARROW_LEFT)
    # 12 equal throws happen once in 2048, two equal rounds of 12 once in 4096.
    stored = browser.execute_script("return JSON.parse(Object.values(localStorage)[0]).trials")
    assert sorted(trial["picture"] for trial in stored) == list(range(1, COUNT + 1))
    assert {method for one in rounds for method, _ in one} == {"compact", "classical"}
    assert rounds[0] != rounds[1]


def keep(browser, press, key, method):
    """Keep one method by keyboard, on whatever side it is; None for no difference."""
    left, _ = methods_shown(browser)
    arrow = key.ARROW_LEFT if left == method else key.ARROW_RIGHT
    press(key.ARROW_DOWN if method is None else arrow)


def test_the_preference_is_that_of_the_answers_with_wilson_s_interval(
    browser, visit, find, press, key
):
    visit("compare")
    find("#start").click()
    for method in ["compact"] * 8 + ["classical"] * 2 + [None] * 2:
        keep(browser, press, key, method)
    interval = binomtest(8, 10).proportion_ci(method="wilson")
    low, high = (round(end * 100) for end in interval)
    says = find("#result-says").text
    assert f"compact was kept over classical in 8 of 10: 80%, 95% interval {low}%–{high}%" in says
    assert "2 without a difference" in says
    assert "No preference can be told yet" in says


@pytest.mark.parametrize(("kept", "judged"), [(0, 5), (3, 7), (50, 60), (1, 1), (24, 24)])
def test_wilson_s_interval_is_that_of_scipy(browser, visit, kept, judged):
    visit()
    ours = browser.execute_script(f"return wilsonInterval({kept}, {judged})")
    assert ours == pytest.approx(list(binomtest(kept, judged).proportion_ci(method="wilson")))


def test_a_clear_preference_is_said(browser, visit, find, press, key):
    visit("compare")
    find("#start").click()
    for _ in range(COUNT):
        keep(browser, press, key, "classical")
    assert "classical was kept over compact in 12 of 12" in find("#result-says").text
    assert "classical is preferred." in find("#result-says").text


def test_answers_outlive_the_page_and_can_be_taken_back(browser, visit, find, press, key):
    visit("compare")
    find("#start").click()
    press(key.ARROW_LEFT, key.ARROW_DOWN, key.ARROW_RIGHT)
    before = methods_shown(browser)
    visit("compare", forget=False)
    assert "3 of 12 are answered" in find("#setup-says").text
    find("#resume").click()
    assert find("#trial-progress").text.startswith("4 of 12")
    assert methods_shown(browser) == before
    press(key.BACKSPACE)
    assert find("#trial-progress").text.startswith("3 of 12")
    assert answers_in(browser) == ["left", "same"]


def test_leaving_half_way_shows_the_page_again(browser, visit, find, seen):
    visit("compare")
    find("#start").click()
    browser.execute_script("location.hash = 'figures'")
    assert "Against the true layers" in seen("h2")
    assert "Figures" in seen("nav a")
    browser.execute_script("location.hash = 'compare'")
    assert find("#resume").is_displayed()


def test_answers_are_saved_as_json(browser, visit, find, press, key):
    visit("compare")
    find("input[value=foregrounds]").click()
    for box in ("compact", "classical", "blur"):
        if not find(f"input[value={box}]").is_selected():
            find(f"input[value={box}]").click()
    find("#start").click()
    assert find("#trial-progress").text.startswith("1 of 36")
    chosen = []
    for _ in range(5):
        chosen.append(methods_shown(browser)[1])
        press(key.ARROW_RIGHT)
    find("#finish").click()
    find("#download").click()
    saved = json.loads(wait_for_file(browser.downloads).read_text())
    assert saved["layer"] == "foregrounds"
    assert [answer[answer["kept"]] for answer in saved["answers"]] == chosen
    assert all(answer["name"] for answer in saved["answers"])
    assert sum(sum(one["kept"]) for one in saved["preferences"]) == 5
    assert saved["run"]["composites"] == str(COUNT)


def wait_for_file(folder):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(folder, 10, 0.05).until(
        lambda there: next(there.glob("answers-*.json"), None)
    )


def test_one_method_alone_cannot_be_compared(visit, find):
    visit("compare")
    find("input[value=classical]").click()
    find("#start").click()
    assert find("#setup-says").text == "Choose two methods or more."
    assert not find("#trial").is_displayed()
