"""What a slice keeps, and that no text makes it raise."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.grading.hand_in import slices
from coursekit.grading.hand_in.slices import bound, needed, used


def slice_of(source, *wanted):
    return needed([source], set(wanted))[0]


@pytest.mark.parametrize(
    ("source", "wanted", "kept"),
    [
        ("a = 1\nb = 2", "a", "a = 1"),
        ("a = 1\na = 2", "a", "a = 1\na = 2"),
        ("a = 1; b = 2; c = a", "c", "a = 1\nc = a"),
        ("a = 1\nb = a\nc = b\nd = 4", "c", "a = 1\nb = a\nc = b"),
        ("import math\nimport os\ndef f():\n    return math.pi", "f", "import math\ndef f():\n    return math.pi"),
        ("import a.b\nx = a.b.c", "x", "import a.b\nx = a.b.c"),
        ("import a as b\nx = b", "a", ""),
        ("x = []\nx.append(1)\nprint(x)", "x", "x = []\nx.append(1)"),
        ("x = make()\nx.a[0].b().c()", "x", "x = make()\nx.a[0].b().c()"),
        ("x = {}\nx['k'] = 1\nx.y = 2\nx += 1\nx[0]", "x", "x = {}\nx['k'] = 1\nx.y = 2\nx += 1"),
        ("x = {1: 2}\ndel x[1]\ny = x", "y", "x = {1: 2}\ndel x[1]\ny = x"),
        ("x = 1\ndel x", "x", "x = 1"),
        ("import t\nt.seed(0)\nx = t.rand()", "x", "import t\nt.seed(0)\nx = t.rand()"),
        ("import t\nfor i in []:\n    t.plot(i)\nx = t.y", "x", "import t\nx = t.y"),
        ("x = []\nfor i in range(3):\n    x.append(i)", "x", "x = []\nfor i in range(3):\n    x.append(i)"),
        ("if 1:\n    x = 1\nelse:\n    y = 2", "y", "if 1:\n    x = 1\nelse:\n    y = 2"),
        ("with open('f') as f, g() as (h, *k):\n    pass", "k", "with open('f') as f, g() as (h, *k):\n    pass"),
        ("try:\n    import a\nexcept E as e:\n    a = 1", "a", "try:\n    import a\nexcept E as e:\n    a = 1"),
        ("print(y := 3)\nz = 1", "y", "print(y := 3)"),
        ("p = [q := i for i in range(3)]", "q", "p = [q := i for i in range(3)]"),
        ("p = [i for i in range(3)]", "i", ""),
        ("match v:\n    case {'a': a, **b}: pass", "b", "match v:\n    case {'a': a, **b}: pass"),
        ("async def f(): pass\nclass C: x = 1", "C", "class C: x = 1"),
        ("class C:\n    x = 1\nx = 2", "x", "x = 2"),
        ("rows = train()\ndef f():\n    rows = []\n    return rows", "f", "def f():\n    rows = []\n    return rows"),
        (
            "k = 1\ndef f():\n    def g():\n        return k\n    return g",
            "f",
            "k = 1\ndef f():\n    def g():\n        return k\n    return g",
        ),
        ("k = 1\ndef f(a=k): pass", "f", "k = 1\ndef f(a=k): pass"),
        ("from x import *\na = 1", "b", "from x import *"),
        ("from __future__ import annotations\na = 1\nb = 2", "b", "from __future__ import annotations\nb = 2"),
        (
            "def deco(f): return f\n\n# why\n@deco\n@deco\ndef g(): pass",
            "g",
            "def deco(f): return f\n@deco\n@deco\ndef g(): pass",
        ),
        ("@(\n    mark\n)\ndef g(): pass", "g", "@(\n    mark\n)\ndef g(): pass"),
        ("s = 'é'; t = 'ü'  # both", "t", "t = 'ü'"),
        (
            "def set_up():\n    global t\n    t = 1\nset_up()\nu = 2",
            "t",
            "def set_up():\n    global t\n    t = 1\nset_up()",
        ),
        ("def fill(d): d[0] = 1\nc = {}\nfill(c)\nprint(c)", "c", "def fill(d): d[0] = 1\nc = {}\nfill(c)"),
        ("import t\nw = t.x()\nt.ones_(w.data)", "w", "import t\nw = t.x()\nt.ones_(w.data)"),
    ],
)
def test_the_statements_that_a_name_needs_are_kept(source, wanted, kept):
    assert slice_of(source, wanted) == kept


def test_each_cell_keeps_its_own_part_and_later_cells_may_define_what_earlier_ones_use():
    cells = ["def f():\n    return g()", "x = 1", "def g():\n    return 2", "y = f()"]
    assert needed(cells, {"f"}) == [cells[0], "", cells[2], ""]


def test_a_lesson_that_only_shows_something_is_left_out():
    cells = ["import torch", "net = torch.nn.Linear(1, 1)\ntrain(net)", "def answer(net):\n    return net.weight"]
    assert needed(cells, {"answer"}) == ["", "", cells[2]]


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("%matplotlib inline\na = 1", "a = 1"),
        ("!pip install x\na = 1", "a = 1"),
        ("a = 1\nlen?\nlen??", "a = 1"),
        ("files = !ls\na = 1", "a = 1"),
        ("if True:\n    %pip install x\n    pass\na = 1", "a = 1"),
        ("if True:\n    %pip install x\na = 1", "a = 1"),
        ("%%time\na = 1", "a = 1"),
        ("%%bash\na = 1", ""),
        ("%%html\n<b>", ""),
        ("a = '''\n%d\n'''", "a = '''\n%d\n'''"),
        ("%time\na = '''\n%d\n'''", "a = '''\n%d\n'''"),
        ("a = (7\n%2)", "a = (7\n%2)"),
        ("a = 1\nb = (", ""),
        ("a = 1\r\nb = 2\rc = 3", "a = 1"),
        ("a = 1\n\0", ""),
        ("a = '\ud800'", ""),
        ("a = " + "(" * 300, ""),
        ("a = " + "-" * 40_000 + "1", ""),
        ("a = 1" + "+1" * 20_000, ""),
        ("a = 1\n" * 1_001, ""),
        ("a = '" + "x" * 60_000 + "'", ""),
        ("", ""),
    ],
)
def test_magics_are_left_out_and_what_is_no_python_gives_nothing(source, kept):
    assert slice_of(source, "a") == kept


def test_used_counts_what_functions_look_up_but_not_what_they_hold():
    assert used("def f(x):\n    y = x + g(k)\n    return lambda z: z + y + w\nv = [i for i in u]") == {
        "g",
        "k",
        "w",
        "u",
    }
    assert used("class A(B):\n    c = d\n    def e(self): return self.h(__p)") == {"B", "d", "__p"}
    assert used("x +") == set()


def test_bound_names_and_the_fallback_for_broken_cells():
    assert bound("import a.b, c as d\ne: int = 1\nf, (g, *h) = 1\ndef i(): j = 1\nk.l = 2") == {
        "a",
        "d",
        "e",
        "f",
        "g",
        "h",
        "i",
    }
    broken = "def area(w, h)\n    x = 1\nclass Limit\nasync def later(:\nTOP: int = 3\nk == 2\n  y = 1\n"
    assert bound(broken) == {"area", "Limit", "later", "TOP"}
    assert bound("a = 1\n" * 60_000) == {"a"}


def test_a_slice_runs_and_gives_the_same():
    cells = ["import math\nunused = 1 / 0", "def f(r):\n    return math.floor(r) + offset", "offset = 2\nprint(unused)"]
    space = {}
    for source in needed(cells, {"f"}):
        exec(source, space)
    assert space["f"](1.5) == 3 and "unused" not in space


PIECES = st.sampled_from(
    [
        "a = 1",
        "def f():",
        "    return a",
        "\n",
        ";",
        "%x",
        "!y",
        "b?",
        "@",
        "(",
        "[",
        "'''",
        "\\",
        "\f",
        "\0",
        "é",
        "class A:",
        "  ",
        "import a",
        "*",
        ":=",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.text(), st.lists(PIECES).map("".join), st.lists(PIECES).map("\n".join)), max_size=4))
def test_no_text_makes_it_raise_and_slices_are_python(cells):
    names = set().union(*map(bound, cells))
    for part in needed(cells, names):
        assert isinstance(part, str) and (not part or slices.parses(part))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a = 1",
                "b = a",
                "c = [a, b]",
                "c.append(b)",
                "def d():\n    return c",
                "e = d()",
                "import os",
                "for a in c:\n    b = a",
            ]
        ),
        max_size=12,
    ),
    st.sampled_from("abcde"),
)
def test_a_slice_of_a_slice_is_itself(lines, name):
    once = slice_of("\n".join(lines), name)
    assert slice_of(once, name) == once


@pytest.mark.parametrize(
    "source",
    [
        "a=1\n" * 900,
        "if a:\n b\n" * 900,
        "a = " + "[" * 150 + "]" * 150,
        "@a\n" * 10_000 + "def f(): 0",
        "f'{" * 100,
        "{a:" * 10_000,
        "a(b," * 5_000,
    ],
)
def test_dense_sources_are_quick(source):
    start = time.process_time()
    needed([source], {"a"})
    bound(source)
    assert time.process_time() - start < 2
