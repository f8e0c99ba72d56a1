"""Assembling a widget's front end: the shared module inlined, every other import refused."""

import shutil
import subprocess

import pytest

from lightnets_edu.widgets import _base, channel_shuffle
from lightnets_edu.widgets._base import STATIC, Figure, front_end, inline_shared

SHARED = "const hidden = 1;\nexport function one() { return hidden; }\nexport const two = () => one() + 1;\n"
WIDGETS = [path.stem for path in STATIC.glob("*.js") if path.stem != "shared"]


def evaluate(script: str) -> str:
    """What node prints for a module."""
    node = shutil.which("node") or pytest.fail("node is missing: apt-get install nodejs", pytrace=False)
    command = [node, "--input-type=module", "-e", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_shared_names_work_in_a_scope_of_their_own():
    own = 'import { one, two } from "./shared.js";\nconst hidden = 40;\nconsole.log(one(), two(), hidden);'
    assert evaluate(inline_shared(own, SHARED)) == "1 2 40"


def test_an_import_over_several_lines():
    own = "import {\n  one,\n  two,\n} from './shared.js';\nconsole.log(one() + two());"
    assert evaluate(inline_shared(own, SHARED)) == "3"


def test_a_widget_without_the_shared_module_stays_as_it_is():
    assert inline_shared("export default { render() {} };", SHARED) == "export default { render() {} };"


@pytest.mark.parametrize(
    "line",
    [
        'import { a } from "./other.js";',
        'import a from "./shared.js";',
        'import * as a from "./shared.js";',
        'import "./other.js";',
        'import { a } from "https://cdn.example/a.js";',
        'import a, { b } from "d3";',
        'export { a } from "./other.js";',
        'export * from "./other.js";',
        'const a = await import("./other.js");',
        "  import {\n a\n} from '../up.js';",
    ],
)
def test_any_other_import_is_refused(line):
    own = f'import {{ one }} from "./shared.js";\n{line}\n'
    with pytest.raises(ValueError, match=r'a widget may import only from "./shared.js", got'):
        inline_shared(own, SHARED)
    with pytest.raises(ValueError, match="the shared module must import nothing"):
        inline_shared("", f"{SHARED}\n{line}\n")


def test_unknown_names_and_second_imports_are_refused():
    with pytest.raises(ValueError, match=r"shared.js does not export hidden; it exports one, two"):
        inline_shared('import { one, hidden } from "./shared.js";', SHARED)
    with pytest.raises(ValueError, match=r"import from .* once"):
        inline_shared('import { one } from "./shared.js";\nimport { two } from "./shared.js";', SHARED)


@pytest.mark.parametrize("name", WIDGETS)
def test_every_front_end_is_whole(name):
    """Parses as a module, exports render, and asks nothing of anywhere."""
    script, css = front_end(name)
    assert evaluate(f"{script}\n;console.log('parsed');") == "parsed"
    assert "export default" in script
    for text in (script.replace("http://www.w3.org/2000/svg", ""), css):
        assert "http" not in text and "url(" not in text and "@import" not in text


@pytest.mark.parametrize("name", WIDGETS)
def test_budgets(name):
    sizes = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert sizes[f"{name}.js"] <= 10 * 1024
    assert sizes["shared.js"] <= 8 * 1024


def test_the_class_carries_the_assembled_module():
    assert (channel_shuffle.ChannelShuffle._esm, channel_shuffle.ChannelShuffle._css) == front_end("channel_shuffle")


def test_a_missing_front_end_is_said():
    with pytest.raises(FileNotFoundError, match="no_such_widget"):
        front_end("no_such_widget")


def test_a_figure_without_a_picture_says_so():
    class Bare(Figure):
        _esm = "export default {}"

    with pytest.raises(NotImplementedError, match="Bare has no static picture"):
        Bare().fallback_html()


def test_names_are_prefixed_and_nothing_has_an_id():
    for path in STATIC.glob("*.css"):
        rules = [line for line in path.read_text().splitlines() if line.endswith(("{", ","))]
        for rule in rules:
            if rule.startswith("@"):
                continue
            assert "#" not in rule
            assert ".ln-" in rule, f"{path.name}: {rule} reaches beyond the widget"
    for path in STATIC.glob("*.js"):
        source = path.read_text()
        assert "document.addEventListener" not in source and ".id =" not in source and " id:" not in source
    assert _base.STATIC.is_dir()
