"""Ghost maps in a real browser: the keys, and a pointer that shows a family. Layout and contrast are asked of every figure."""

from stage import trait

from lightnets_edu.widgets import GhostMaps

NAMES = ("s", "d", "k", "channels", "map", "revealed")


def test_keyboard_only(page):
    """Tab order and keys of every control; the next figure stays as it was."""
    tab = page(GhostMaps(), GhostMaps())
    now = [2, 3, 3, "64:128", 7, True]
    steps = [
        ("Tab", {}), ("ArrowDown", {"s": 3}), ("Tab", {}), ("ArrowUp", {"d": 1}), ("Tab", {}), ("End", {"k": 5}),
        ("Tab", {}), ("Home", {"channels": "3:12"}), ("Tab", {}), ("ArrowLeft", {}), ("Enter", {"map": 6}),
        ("ArrowUp", {}), ("Space", {"map": 0}), ("Tab", {}), ("Enter", {"revealed": False}),
    ]  # fmt: skip
    for key, changes in steps:
        tab.keyboard.press(key)
        now = [changes.get(name, value) for name, value in zip(NAMES, now, strict=True)]
        assert [trait(tab, name) for name in NAMES] == now, key
    assert [trait(tab, name, 1) for name in NAMES] == [2, 3, 3, "64:128", 7, True]


def test_a_pointer_shows_a_family_and_leaves_the_choice(page):
    """Parent and siblings are marked while a map is pointed at; then the chosen map is back."""
    tab = page(GhostMaps())
    labels = tab.locator(".ln-gm-label")
    before = labels.all_text_contents()
    assert before[0] == "◆ 0" and before[7] == "◇ 7" and before[4] == "4"
    tab.get_by_role("option", name="Map 4, red, not blue").hover()
    assert labels.all_text_contents()[4:6] == ["◇ 4", "◆ 5"] and labels.nth(0).text_content() == "0"
    assert tab.locator(".ln-gm-title").first.text_content() == "map 4" and trait(tab, "map") == 7
    tab.mouse.move(2, 2)
    assert labels.all_text_contents() == before and trait(tab, "map") == 7
