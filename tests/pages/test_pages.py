"""Every page as a person sees it: in Chromium, on a phone, a desk, and paper."""

import pytest
from matplotlib.figure import Figure

from tests.factories.pages.served import dashboard_page, live_page, noted_run
from tests.factories.pages.written import PAGES, PICTURE, Names, front_run, write_pages
from tests.factories.processes.browser import browser

pytestmark = [
    pytest.mark.slow,
    # Optuna's, of few trials, while it answers the dashboard.
    pytest.mark.filterwarnings("ignore:Some regimes for parameter"),
]

LIVE = "live"
PHONE, DESK, PAPER = 390, 1440, 794
"""Pixels; a sheet of A4 has 794."""

FIRST = {
    "report": ("Report of the study tiny", "Macro F1 of emotion is 0."),
    "pareto": ("Report of the study tiny", "Not tested: the search has ended"),
    "nested": ("Report of the study tiny", "Macro F1 of emotion is 0."),
    "comparison": ("Comparison of tiny, weak, few", "weak minus tiny, hold-out: macro"),
    "data": ("The data of tiny", "development images"),
    LIVE: ("What the model sees", "Study tiny, trained on a.png"),
}
"""Page -> its heading, and what stands before any section."""

SECTIONS = {
    "report": ("The result on the hold-out", "What mattered", "What to do next"),
    "pareto": ("What the search did", "Several objectives"),
    "nested": ("The result on the outer parts", "The outer parts"),
    "comparison": ("Side by side", "Differences on the hold-out"),
    "data": ("Emotions", "Valence and arousal", "Who the subjects are"),
    LIVE: ("Emotion", "Valence and arousal", "Action units"),
}

EVIL = (
    '=1+1"><script>window.hit=1</script><img src=x onerror="window.hit=1">'
    "\x1b[31m\x1b]0;title\x07\u202e"
)
MARKUP = "<script>window.hit=1</script>"

HEADINGS = "[...document.querySelectorAll('h1, h2')].map((h) => h.innerText)"
TEXT = "document.body.innerText"
WIDER = "document.scrollingElement.scrollWidth - innerWidth"
CUT = """[...document.querySelectorAll('body *')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !e.closest('.table, .wide') })
    .map((e) => e.outerHTML.slice(0, 80))"""
UNNAMED = """[...document.querySelectorAll('img, canvas')].filter((e) =>
    !(e.alt || e.ariaLabel)?.trim()).length"""
UNDRAWN = "[...document.images].filter((i) => i.naturalWidth < 200).length"
FAINT = """(() => {
    const paint = document.createElement('canvas').getContext('2d', {
        willReadFrequently: true });
    const shade = (colour, under) => {
        paint.fillStyle = under; paint.fillRect(0, 0, 1, 1);
        paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3) };
    const css = (rgb) => `rgb(${rgb.join(' ')})`;
    const ground = (e) => e ? css(shade(getComputedStyle(e).backgroundColor,
        ground(e.parentElement))) : getComputedStyle(document.documentElement)
        .colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)')
        .matches ? 'rgb(0 0 0)' : 'rgb(255 255 255)';
    const light = (rgb) => rgb.map((c) => c / 255).map((c) => c <= 0.04045
        ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, k) =>
        sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    const found = [];
    for (const e of document.querySelectorAll('body *')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!own || e.disabled || !e.checkVisibility() ||
            e.closest('style, noscript, .unseen')) continue;
        const under = ground(e), style = getComputedStyle(e);
        const [a, b] = [light(shade(style.color, under)), light(shade(under, under))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) found.push([contrast, style.color, under, e.outerHTML]);
    }
    return found.map((f) => f.join(' ').slice(0, 200)) })()"""
HIDDEN = """[...document.querySelectorAll('section *, dl *, ul.leads *')].filter((e) =>
    !e.closest('summary, nav') && !e.checkVisibility({ contentVisibilityAuto: true }))
    .map((e) => e.outerHTML.slice(0, 80))"""
INJECTED = (
    "document.querySelectorAll('[onerror], img[src=x], script:not([src])').length"
)
CONTROLS = r"/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(document.body.innerText)"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A browser that all tests here share."""
    with browser(tmp_path_factory.mktemp("browser")) as shown:
        yield shown


def written_fast(folder, names):
    """Writes the pages with one picture in place of each chart."""
    png = PICTURE.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", lambda _, file, **__: file.write(png))
        return write_pages(folder, names)


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """All pages with usual names: their addresses by name."""
    folder = tmp_path_factory.mktemp("pages")
    written = written_fast(folder, Names())
    with live_page(folder, Names()) as live:
        yield {LIVE: live, **{name: path.as_uri() for name, path in written.items()}}


@pytest.fixture(params=[*PAGES, LIVE])
def opened(request, page, addresses):
    """One page after another, opened, on a phone."""
    name, address = request.param, addresses[request.param]
    page.watch()
    page.emulate()
    page.resize(PHONE)
    page.open(address)
    page.wait(f"document.readyState === 'complete' && {TEXT}.length > 100")
    if name == LIVE:
        page.wait("document.querySelectorAll('[role=meter]').length")
    return name


def test_the_answer_comes_first(page, opened):
    """A page has its headings, and its answer before any section."""
    headings = page.run(HEADINGS)
    title, answer = FIRST[opened]
    assert headings[0].startswith(title)
    assert [name for name in SECTIONS[opened] if name not in headings] == []
    text = page.run(TEXT)
    assert text.index(answer) < text.rindex(SECTIONS[opened][0])


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_is_wider_than_the_screen(page, width):
    """Nothing is beyond the screen's edge; wide tables scroll in their own box."""
    page.resize(width)
    assert page.run(WIDER) <= 0
    assert page.run(CUT) == []


def test_it_needs_no_network_and_names_each_picture(page, opened, addresses):
    """No error, no request elsewhere; each picture is there and has a text."""
    address = addresses[opened]
    own = address.rpartition("/")[0] + "/" if opened == LIVE else address
    assert page.faults() == []
    assert [u for u in page.requests() if not u.startswith((own, "data:"))] == []
    assert page.run(UNNAMED) == 0
    assert page.run(UNDRAWN) == 0


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(page, scheme):
    """Text has a contrast of 4.5 at least (WCAG 2.2, 1.4.3), in both schemes."""
    page.emulate(scheme=scheme)
    ground = page.run("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.run(FAINT) == []


def test_paper(page, opened):
    """On paper folded tables are open, nothing is cut, and letters are dark."""
    if opened == LIVE:
        return
    page.emulate(media="print", scheme="dark")
    page.resize(PAPER)
    assert page.run(WIDER) <= 0
    assert page.run(HIDDEN) == []
    assert page.run(FAINT) == []
    assert page.run("getComputedStyle(document.body).color") == "rgb(26, 26, 26)"


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    """The pages where everything that people name has an evil name."""
    return written_fast(tmp_path_factory.mktemp("evil"), Names.all(EVIL))


def harmless(page, *, controls=False):
    """Checks that an evil name is there, as text, and does not widen the page."""
    page.emulate()
    page.resize(PHONE)
    assert page.run(WIDER) <= 0
    assert MARKUP in page.run(TEXT)
    assert page.run("window.hit") is None
    assert page.run(INJECTED) == 0
    assert controls or not page.run(CONTROLS)
    assert page.faults() == []


@pytest.mark.parametrize("name", PAGES)
def test_names_are_text_in_files(page, evil, name):
    """A page runs nothing of a name, and has none of its controls."""
    page.watch()
    page.open(evil[name].as_uri())
    page.wait("document.readyState === 'complete'")
    harmless(page)


def test_names_are_text_on_the_live_page(page, tmp_path):
    """The live page shows the names of a foreign model as they are."""
    page.watch()
    with live_page(tmp_path, Names.all(EVIL)) as address:
        page.open(address)
        page.wait("document.querySelectorAll('[role=meter]').length")
        harmless(page, controls=True)


def test_the_dashboard(page, tmp_path):
    """A note and the reason of a failure are text."""
    run = noted_run(tmp_path, Names.all(EVIL))
    page.watch()
    with dashboard_page(run) as address:
        page.open(f"{address}/note")
        page.wait(f"{TEXT}.includes('Your notes')")
        assert page.run("window.hit") is None
        assert MARKUP in page.run(TEXT)
        page.open(f"{address}/trials?numbers=8")
        page.wait(f"{TEXT}.includes('seconds_trained')")
        assert MARKUP in page.run(TEXT)
        assert page.run("window.hit") is None
    origin = address.partition("/dashboard")[0]
    assert [u for u in page.requests() if not u.startswith((origin, "data:"))] == []


def test_the_dashboard_has_a_front(page, tmp_path):
    """A search with several objectives has its front, by the objectives' names."""
    with dashboard_page(front_run(tmp_path)) as address:
        page.resize(DESK)
        page.open(address)
        page.wait(f"{TEXT}.includes('Pareto Front')")
        text = page.run(TEXT)
        assert "emotion.macro_f1" in text
        assert "Objective 0" not in text
