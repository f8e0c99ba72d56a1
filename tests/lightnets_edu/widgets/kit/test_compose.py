"""Composing a front end: modules in scopes of their own, every other import refused."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lightnets_edu import widgets
from lightnets_edu.drawing import DARK, PAINT
from lightnets_edu.widgets.kit import compose, front_end, modules
from lightnets_edu.widgets.kit.compose import KIT

SHARED = "// A comment.\nconst hidden = 1;\n/** Two\n    lines. */\nexport function one() { return hidden; }\nexport const two = () => one() + 1;\n"
UPPER = 'import { two } from "./shared.js";\nconst hidden = 30;\nexport const three = () => two() + 1 + 0 * hidden;\n'
ROOMS = sorted(path.parent for path in KIT.parent.glob("*/figure.js"))
NAMES = [room.name for room in ROOMS]


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
        return compose(tmp_path / "own.js")

    compose_own.path = tmp_path
    return compose_own


def test_names_work_in_scopes_of_their_own(folder):
    own = 'import { one, two } from "./shared.js";\nconst hidden = 40;\nconsole.log(one(), two(), hidden);'
    assert evaluate(folder(own)) == "1 2 40"


def test_a_module_that_two_others_import_is_there_once(folder):
    own = 'import {\n  one,\n} from "./shared.js";\nimport { three } from "./upper.js";\nconsole.log(one(), three());'
    text = folder(own)
    assert evaluate(text) == "1 3" and text.count("hidden = 1;") == 1 and "comment" not in text and "lines" not in text
    assert [path.stem for path in modules(folder.path / "own.js")] == ["shared", "upper", "own"]


def test_a_module_that_imports_nothing_stays_as_it_is(folder):
    """But for what only its writers need: comments and indentation."""
    assert folder("export default { render() {} };") == "export default { render() {} };"
    assert folder("// Two.\nexport const two = () =>\n  1 +\n\t1; // two\n") == "export const two = () =>\n1 +\n1; // two\n"


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
    with pytest.raises(ValueError, match=r"own.js: import from shared.js once"):
        folder('import { one } from "./shared.js";\nimport { two } from "./shared.js";')
    with pytest.raises(FileNotFoundError, match=r"gone\.js"):
        folder('import { one } from "./gone.js";')
    (folder.path / "shared.js").write_text(f'import {{ three }} from "./upper.js";\n{SHARED}')
    with pytest.raises(ValueError, match="import each other: own → upper → shared → upper"):
        folder('import { three } from "./upper.js";')


def test_a_room_takes_from_the_kit(folder):
    """And from itself, where both may have a module of one name."""
    own, kit = folder.path / "own", folder.path / "kit"
    own.mkdir()
    kit.mkdir()
    (kit / "shared.js").write_text(SHARED)
    (own / "parts.js").write_text('import { one } from "../kit/shared.js";\nexport const ten = () => 10 * one();\n')
    figure = 'import { one } from "../kit/shared.js";\nimport { ten } from "./parts.js";\nconsole.log(one(), ten());'
    (own / "figure.js").write_text(figure)
    assert evaluate(compose(own / "figure.js")) == "1 10"
    for sheet in (kit / "shared.css", own / "figure.css"):
        sheet.write_text(f".{sheet.stem} {{}}")
    assert front_end(own / "__init__.py") == (compose(own / "figure.js"), ".shared {}.figure {}")
    (own / "shared.js").write_text((own / "parts.js").read_text())
    (own / "figure.js").write_text(figure.replace("./parts.js", "./shared.js"))
    assert evaluate(compose(own / "figure.js")) == "1 10"


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_every_front_end_is_whole(room):
    """Parses as a module, exports a figure, and asks nothing of anywhere."""
    script, css = front_end(room / "__init__.py")
    assert evaluate(f"{script}\n;console.log('parsed');") == "parsed" and "export default" in script
    for text in (script.replace("http://www.w3.org/2000/svg", ""), css):
        assert "http" not in text and "url(" not in text and "@import" not in text


def test_the_class_carries_the_composed_module():
    room = KIT.parent / "channel_shuffle"
    assert (widgets.ChannelShuffle._esm, widgets.ChannelShuffle._css) == front_end(room / "__init__.py")
    names = [f"{path.parent.name}/{path.stem}" for path in modules(room / "figure.js")]
    kit = [f"kit/{name}" for name in ("words", "shared", "asks", "drag", "keys", "parts", "player", "keep")]
    assert names == [*kit, *(f"channel_shuffle/{name}" for name in ("channels", "wiring", "words", "figure"))]


def test_a_missing_front_end_is_said():
    with pytest.raises(FileNotFoundError, match="no_such_figure"):
        front_end(KIT.parent / "no_such_figure/__init__.py")


def test_names_are_prefixed_and_nothing_has_an_id():
    for path in KIT.parent.glob("*/*.css"):
        rules = [line for line in path.read_text().splitlines() if line.endswith(("{", ","))]
        for rule in rules:
            if rule.startswith("@") or ("{" in rule and rule.strip().startswith("--")):
                continue
            assert "#" not in rule
            assert ".ln-" in rule, f"{path.name}: {rule} reaches beyond the figure"
    for path in KIT.parent.glob("*/*.js"):
        source = path.read_text()
        assert "document.addEventListener" not in source and ".id =" not in source and " id:" not in source


def test_no_line_is_longer_than_120():
    """The formatter leaves long comments and strings as they are."""
    for path in [*KIT.parent.glob("*/*.js"), *KIT.parent.glob("*/*.css")]:
        assert [line for line in path.read_text().splitlines() if len(line) > 120] == [], path.name


def test_figures_and_diagrams_have_the_same_colours():
    css = (KIT / "shared.css").read_text()
    for i, colour in enumerate(dict.fromkeys(PAINT.values())):
        assert f"--ln-{i}: {colour};" in css
    for rule in DARK.split(";"):
        assert f"{rule.replace(':', ': ')};" in css


# Figures stand on one page ---------------------------------------------------------------------------------------------

CLASS = re.compile(r"\.(ln-[\w-]+)")


def style(path: Path) -> str:
    """A style sheet without comments and the heads of its @-rules."""
    return re.sub(r"@[^{]*\{", "", re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S))


def reaching(sheets: dict[str, str]) -> list[str]:
    """Selectors of figures that hold no class of their figure's own: they would reach parts of others on the page."""
    kit = set(re.findall(r"ln-[\w-]+", "".join(path.read_text("utf-8") for path in KIT.glob("*.[jc]s*"))))
    found = []
    for name, sheet in sheets.items():
        own = set(CLASS.findall(sheet)) - kit
        own -= {one for other, text in sheets.items() if other != name for one in CLASS.findall(text)}
        for head in re.findall(r"([^{}]+)\{", sheet):
            while head != (head := re.sub(r"\(([^()]*)\)", lambda inner: f"<{inner[1].replace(',', '&')}>", head)):
                pass
            found += [f"{name}: {' '.join(one.split())}" for one in head.split(",") if not own & set(CLASS.findall(one))]
    return found


def test_a_figure_styles_its_own_parts_only():
    assert reaching({path.parent.name: style(path) for path in KIT.parent.glob("*/figure.css")}) == []


def test_a_rule_that_reaches_others_is_seen():
    sheets = {"one": ".ln-part path + path { fill: none; } .ln-one:is(.ln-part, .ln-chip) rect { x: 0 }", "two": ".ln-two, .ln-chip { y: 0 }"}
    assert reaching(sheets) == ["one: .ln-part path + path", "two: .ln-chip"]
