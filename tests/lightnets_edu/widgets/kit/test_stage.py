"""The checks of the stage are awake: each is shown something broken and must say so."""

import pytest
import stage

from lightnets_edu.widgets import ChannelShuffle


@pytest.fixture
def shown(page):
    """A page with one figure, some of it spoilt by a script."""

    def show(script: str):
        tab = page(ChannelShuffle(), width=800)
        tab.evaluate(f"() => {{ const figure = document.querySelector('figure'); {script} }}")
        return tab

    return show


TEXT = "const svg = figure.querySelector('svg'), t = svg.querySelector('text').cloneNode(true);"


LINE = f"""{TEXT} const [box, all] = [svg.querySelector('text'), svg].map((node) => node.getBoundingClientRect());
const line = document.createElementNS(svg.namespaceURI, 'path'), y = box.y - all.y + box.height / 2;
line.setAttribute('d', `M${{box.x - all.x - 9}} ${{y}}h${{box.width + 18}}`); line.style.cssText = 'stroke: red; fill: none';"""


@pytest.mark.parametrize(
    ("check", "script"),
    [
        ("WIDER", "figure.style.width = '1200px';"),
        ("SMALL", "figure.querySelector('select').style.cssText = 'min-height: 0; height: 12px';"),
        ("SMALL", "const own = figure.querySelector('[role=option]'); own.style.cssText += 'transition: none; transform: scale(0.3)';"),
        ("CROPPED", f"{TEXT} t.setAttribute('x', -90); svg.append(t);"),
        ("OVERLAPS", f"{TEXT} svg.append(t);"),
        ("STRUCK", f"{LINE} svg.append(line);"),
        ("SPILLS", "const p = figure.querySelector('p'); p.style.cssText = 'white-space: nowrap; width: 60px';"),
        ("CONTRAST", "figure.querySelector('svg text').style.fill = '#bbb';"),
        ("CONTRAST", "figure.querySelector('.ln-ray').style.opacity = 0.2; figure.querySelectorAll('.ln-ray').forEach((r) => { r.style.opacity = 0.2; });"),
        ("CONTRAST", "figure.querySelector('figcaption').style.color = '#aaa';"),
    ],
)
def test_a_fault_is_seen(shown, check, script):
    assert shown("").evaluate(getattr(stage, check)) == []
    assert shown(script).evaluate(getattr(stage, check)) != []


def test_movement_is_seen(shown):
    assert shown("setInterval(() => { figure.title += 1; }, 100);").evaluate(stage.STILL, 500) != []
