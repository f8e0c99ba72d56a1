"""Composing a front end: modules in scopes of their own, every other import refused."""

import shutil
import subprocess

import pytest
import traitlets

from lightnets_edu.drawing import DARK, PAINT
from lightnets_edu.widgets import _base, channel_shuffle
from lightnets_edu.widgets._base import STATIC, Figure, compose, front_end, modules, one_of

SHARED = "// A comment.\nconst hidden = 1;\n/** Two\n    lines. */\nexport function one() { return hidden; }\nexport const two = () => one() + 1;\n"
UPPER = 'import { two } from "./shared.js";\nconst hidden = 30;\nexport const three = () => two() + 1 + 0 * hidden;\n'
NAMES = [path.stem for path in STATIC.glob("*.js") if "export default" in path.read_text()]


def evaluate(script: str) -> str:
    """What node prints for a module."""
    node = shutil.which("node") or pytest.fail("node is missing: apt-get install nodejs", pytrace=False)
    command = [node, "--input-type=module", "-e", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def folder(tmp_path):
    """A function that composes a module `own` beside two others."""
    (tmp_path / "shared.js").write_text(SHARED)
    (tmp_path / "upper.js").write_text(UPPER)

    def compose_own(source: str) -> str:
        (tmp_path / "own.js").write_text(source)
        return compose("own", tmp_path)

    compose_own.path = tmp_path
    return compose_own


def test_names_work_in_scopes_of_their_own(folder):
    own = 'import { one, two } from "./shared.js";\nconst hidden = 40;\nconsole.log(one(), two(), hidden);'
    assert evaluate(folder(own)) == "1 2 40"


def test_a_module_that_two_others_import_is_there_once(folder):
    own = 'import {\n  one,\n} from "./shared.js";\nimport { three } from "./upper.js";\nconsole.log(one(), three());'
    text = folder(own)
    assert evaluate(text) == "1 3" and text.count("hidden = 1;") == 1 and "comment" not in text and "lines" not in text
    assert modules("own", folder.path) == ["shared", "upper", "own"]


def test_a_module_that_imports_nothing_stays_as_it_is(folder):
    assert folder("export default { render() {} };") == "export default { render() {} };"


@pytest.mark.parametrize(
    "line",
    [
        'import a from "./shared.js";',
        'import * as a from "./shared.js";',
        'import "./shared.js";',
        'import { a } from "https://cdn.example/a.js";',
        'import { a } from "../up.js";',
        'import a, { b } from "d3";',
        'export { a } from "./shared.js";',
        'export * from "./shared.js";',
        'const a = await import("./shared.js");',
        "  import {\n a\n} from '../up.js';",
    ],
)
def test_any_other_import_is_refused(folder, line):
    with pytest.raises(ValueError, match=r'own.js may import names from "./other.js" only, got'):
        folder(f'import {{ one }} from "./shared.js";\n{line}\n')
    (folder.path / "upper.js").write_text(f"{line}\n{UPPER}")
    with pytest.raises(ValueError, match=r"upper.js may import names"):
        folder('import { three } from "./upper.js";')


def test_unknown_names_second_imports_and_rings_are_refused(folder):
    with pytest.raises(ValueError, match=r"shared.js does not export hidden; it exports one, two"):
        folder('import { one, hidden } from "./shared.js";')
    with pytest.raises(ValueError, match=r"own.js: import from .* once"):
        folder('import { one } from "./shared.js";\nimport { two } from "./shared.js";')
    with pytest.raises(FileNotFoundError, match=r"gone\.js"):
        folder('import { one } from "./gone.js";')
    (folder.path / "shared.js").write_text(f'import {{ three }} from "./upper.js";\n{SHARED}')
    with pytest.raises(ValueError, match="import each other: own → upper → shared → upper"):
        folder('import { three } from "./upper.js";')


@pytest.mark.parametrize("name", NAMES)
def test_every_front_end_is_whole(name):
    """Parses as a module, exports a figure, and asks nothing of anywhere."""
    script, css = front_end(name)
    assert evaluate(f"{script}\n;console.log('parsed');") == "parsed"
    for text in (script.replace("http://www.w3.org/2000/svg", ""), css):
        assert "http" not in text and "url(" not in text and "@import" not in text


def test_the_class_carries_the_composed_module():
    assert (channel_shuffle.ChannelShuffle._esm, channel_shuffle.ChannelShuffle._css) == front_end("channel_shuffle")
    assert modules("channel_shuffle") == ["shared", "player", "channels", "channel_shuffle"]


def test_a_missing_front_end_is_said():
    with pytest.raises(FileNotFoundError, match="no_such_figure"):
        front_end("no_such_figure")


class Bare(Figure):
    """A figure with one trait."""

    _esm = "export default {}"
    size = traitlets.Int(1).tag(sync=True)


class Drawn(Bare):
    """A figure that draws its trait where it is even."""

    drawn = ("size",)

    def whole(self) -> bool:
        return self.size % 2 == 0

    def fallback_html(self) -> str:
        return f"<p>{self.size}</p>"


def test_the_still_picture_follows_the_traits_it_shows():
    figure = Drawn(size=4)
    assert figure.fallback == "<p>4</p>"
    figure.size = 5
    assert figure.fallback == "<p>4</p>", "a state that does not fit together is not drawn"
    figure.size = 6
    assert figure.fallback == "<p>6</p>" and Bare().fallback == ""
    with pytest.raises(NotImplementedError, match="Bare has no static picture"):
        Bare().fallback_html()


def test_a_closed_figure_shows_its_still_picture_alone(monkeypatch):
    shown, figure = [], Drawn(size=4, caption="Four & more.")
    monkeypatch.setattr(_base, "publish_display_data", lambda data, metadata: shown.append((data, metadata)))
    figure._ipython_display_()
    figure.close()
    figure._ipython_display_()
    assert repr(figure) == "Drawn: Four & more." == shown[0][0]["text/plain"]
    assert len(shown) == 3 and shown[1] == shown[2] and shown[1][1] == {"fallback": True}
    html = shown[1][0]["text/html"]
    assert html.startswith('<figure class="ln-asleep"><p>4</p><figcaption>Four &amp; more.</figcaption>')


class Followed(Bare):
    """A figure one of whose traits follows the other."""

    double = traitlets.Int(2).tag(sync=True)

    @traitlets.observe("size")
    def _follow(self, change) -> None:
        self.double = 2 * change["new"]


def test_what_follows_is_sent_in_the_same_message(monkeypatch):
    figure, sent = Followed(), []
    monkeypatch.setattr(figure, "_send", lambda message, buffers=None: sent.append(message["state"]), raising=True)
    figure.size = 3
    figure.double = 8
    assert sent == [{"size": 3, "double": 6}, {"double": 8}]


def test_one_of():
    assert one_of("size", 3, range(1, 4)) == 3 and one_of("kind", "a", ("a", "b")) == "a"
    with pytest.raises(traitlets.TraitError, match="size must be one of 1 to 3; got 4"):
        one_of("size", 4, range(1, 4))
    with pytest.raises(traitlets.TraitError, match="kind must be one of a, b; got c"):
        one_of("kind", "c", iter("ab"))


def test_names_are_prefixed_and_nothing_has_an_id():
    for path in STATIC.glob("*.css"):
        rules = [line for line in path.read_text().splitlines() if line.endswith(("{", ","))]
        for rule in rules:
            if rule.startswith("@") or ("{" in rule and rule.strip().startswith("--")):
                continue
            assert "#" not in rule
            assert ".ln-" in rule, f"{path.name}: {rule} reaches beyond the figure"
    for path in STATIC.glob("*.js"):
        source = path.read_text()
        assert "document.addEventListener" not in source and ".id =" not in source and " id:" not in source


def test_figures_and_diagrams_have_the_same_colours():
    css = (STATIC / "shared.css").read_text()
    for i, colour in enumerate(dict.fromkeys(PAINT.values())):
        assert f"--ln-{i}: {colour};" in css
    for rule in DARK.split(";"):
        assert f"{rule.replace(':', ': ')};" in css
