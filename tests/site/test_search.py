"""The search, without a browser: how pages are cut, which words are the same, and in which order sections are found."""

import hashlib
import json
import re

import pytest
from booksite import ASSETS, licences, search, sections
from search_engine import asked
from sphinx.errors import ExtensionError

FORMULA = (
    '<span class="math"><span class="katex"><span class="katex-mathml"><math><mrow><mi>α</mi></mrow><annotation>\\alpha</annotation></math></span>'
    '<span class="katex-html">α</span></span></span>'
)
CHAPTER = f"""<body><nav>Contents of the site</nav><article class="bd-article"><section id="nets"><h1>1. Nets<a class="headerlink" href="#nets">#</a></h1>
<p>A first word about <em>layers</em>.</p><div class="admonition"><p>Before</p><p>you start</p></div>
<section id="width"><h2>The first dial: width</h2><p>A factor {FORMULA} on the channels.</p>
<div class="cell"><details class="hide"><summary>Show code</summary><pre><span>channel_shuffle</span>(<span>x</span>)
ShuffleUnit(channel_shuffle)</pre></details>
<div class="cell_output"><table><tr><th>layer</th><th>weights</th></tr><tr><td>stem</td><td>1,234</td></tr><tr><td>5</td><td>6</td></tr></table></div></div>
<svg><text>drawn</text></svg><div class="ln-fallback">still</div><form>asked</form><script>let code</script>
<section id="deep"><h3>Deeper</h3><p>Colour and 1×1.<br>End.</p></section></section></section></article></body>"""
GLOSSARY = """<article><section id="glossary"><h1>Glossary</h1><dl class="glossary">
<dt id="term-map">map<a class="headerlink">#</a></dt><dd><p>What a layer reads. Also called feature map or activation.</p></dd>
<dt id="term-batch-norm">batch norm</dt><dd><p>Subtracts a mean.</p><ul><li>folded</li></ul></dd></dl></section></article>"""


def test_a_page_is_cut_into_its_sections():
    nets, width, deep = sections.cut(CHAPTER)
    assert (nets.anchor, nets.level, nets.title, nets.above) == ("nets", 1, "1. Nets", [])
    assert nets.text == "A first word about layers. Before you start"
    assert (width.title, width.above) == ("The first dial: width", ["1. Nets"])
    assert width.text == "A factor α on the channels. layer · weights · stem", "a formula once, no numbers, nothing drawn"
    assert width.code.split() == ["channel_shuffle(x)", "ShuffleUnit(channel_shuffle)"]
    assert (deep.above, deep.text) == (["1. Nets", "The first dial: width"], "Colour and 1×1. End.")


def test_the_terms_of_a_glossary_are_places_of_their_own():
    page, first, second = sections.cut(GLOSSARY)
    assert (page.kind, page.text) == ("section", "")
    assert (first.anchor, first.kind, first.title, first.text) == ("term-map", "term", "map", "What a layer reads. Also called feature map or activation.")
    assert (second.title, second.text) == ("batch norm", "Subtracts a mean. folded")
    assert sections.other_names(first.text) == ["feature map", "activation"]
    both = sections.cut(GLOSSARY.replace("</dt><dd><p>Sub", "</dt><dt id='term-bn'>BN</dt><dd><p>Sub"))[2:]
    assert [(one.title, one.text) for one in both] == [("batch norm", "Subtracts a mean. folded"), ("BN", "Subtracts a mean. folded")]
    assert sections.other_names("A unit (in full: long unit). PyTorch calls it SiLU.") == ["long unit", "SiLU"]


def test_pages_without_sections_are_refused(tmp_path):
    search.write_words(tmp_path, {"a": CHAPTER})
    told = json.loads((tmp_path / "search-words.js").read_text("utf-8").partition(" = ")[2].rstrip(";\n"))
    assert told["pages"] == [["a.html", "1. Nets"]] and told["sections"][1][-1] == "channel_shuffle ShuffleUnit"
    with pytest.raises(ExtensionError, match="no section"):
        search.write_words(tmp_path, {"a": CHAPTER.replace("<article", "<main")})


def test_minisearch_is_as_it_was_published():
    told = (ASSETS / "search/README.md").read_text("utf-8")
    assert hashlib.sha256((ASSETS / "search/minisearch.js").read_bytes()).hexdigest() in told
    assert "MiniSearch" in licences.compose(ASSETS) and "Luca Ongaro" in licences.compose(ASSETS)
    assert "/**" not in search.script().partition("Which words are the same")[0] and "MiniSearch = factory" in search.script()


# ---- words and order
def page(title: str, *parts: tuple[str, str], body: str = "") -> str:
    """A page with its sections, whose anchors are s0, s1, …"""
    inner = "".join(f'<section id="s{i}"><h2>{head}</h2><p>{text}</p></section>' for i, (head, text) in enumerate(parts))
    return f'<article><section id="top"><h1>{title}</h1><p>{body}</p>{inner}</section></article>'


FILLER = [(f"Part {word}", f"Here is {word} for the sake of {word}, and no more.") for word in ("sand", "rain", "wood", "iron", "salt", "clay", "silk", "wool")]
BOOK = {
    "a": page("1. Layers", ("Time it", "A colour of a channel, and batch norm behind it."), ("Neighbours", "The channels are shuffled by a 1×1 layer."), *FILLER),
    "b": page("2. MobileNet V2: wide", ("Shortcuts", "A shortcut adds. The channel shuffle is another matter."), ("The channel shuffle", "A permutation.")),
    "c": page("3. Normalisation", ("What a layer’s scale does", "Modelling with the width α. Call BatchNorm2d."), body="In the centre of it all."),
    "book/glossary": GLOSSARY,
    "book/claims": page("Claims", ("1. Layers", "The channel shuffle, the channel shuffle, the channel shuffle.")),
}
SAME = [
    ("colour", "color"), ("colours", "COLOR"), ("normalisation", "normalization"), ("modelling", "modeling"), ("centre", "center"), ("neighbours", "neighbor"),
    ("1×1", "1x1"), ("1×1", "1 x 1"), ("1×1", "1 × 1"), ("α", "alpha"), ("batch norm", "batchnorm"), ("batch norm", "batch-norm"), ("batch norm", "BatchNorm"),
    ("batch norm", "batch norms"), ("layer’s", "layers"), ("layer's", "layer"), ("shuffled", "shuffling"), ("MobileNet V2", "mobilenetv2"), ("feature map", "Feature-Maps"),
]  # fmt: skip


def test_one_word_in_other_spellings_finds_the_same():
    found = asked(search, BOOK, [one for pair in SAME for one in pair])
    first = [[hit["place"] for hit in answer["hits"][:1]] for answer in found]
    assert [pair for pair, a, b in zip(SAME, first[::2], first[1::2], strict=True) if a != b or not a] == []


def test_headings_come_before_text_and_lists_behind_it():
    places = [hit["place"] for hit in asked(search, BOOK, ["channel shuffle"])[0]["hits"]]
    assert places[:3] == ["b.html#s1", "b.html#s0", "a.html#s1"] and places.index("book/claims.html#s0") > 0


def test_what_a_reader_types_before_it_is_a_word():
    typed = ["s", "sh", "shuf", "shuffli", "normalis", "normaliz", "batchn", "1×", "channel shuf"]
    for word, answer in zip(typed[1:], asked(search, BOOK, typed)[1:], strict=True):
        assert answer["hits"] and not answer["missing"], word


def test_several_words_slips_and_words_that_are_nowhere():
    both = asked(search, BOOK | {"d": page("4. Loss", ("Dense or sparse?", "A bias."), *FILLER)}, ["sparse", "dense bias loss"])
    assert all(answer["hits"][0]["place"] == "d.html#s0" and not answer["missing"] for answer in both), "a stem is not cut again"
    all_of_it, slip, partly, nothing, other = asked(search, BOOK, ["why is there a permutation", "chanel shufle", "permutation zzzzzz", "zzzzzz", "feature map"])
    assert all_of_it["hits"][0]["place"] == "b.html#s1"
    assert slip["near"] == ["chanel", "shufle"] and slip["hits"][0]["place"] == "b.html#s1"
    assert partly["missing"] == ["zzzzzz"] and partly["hits"]
    assert nothing["hits"] == [] and nothing["missing"] == ["zzzzzz"]
    assert other["hits"][0]["place"] == "book/glossary.html#term-map", "by its other name"


def test_any_query_is_safe():
    said = ["a", "the", "constructor", "__proto__", "x" * 5000, "<img src=x onerror=alert(1)>", "(" * 400 + "shuffle"]
    silent = ["", "  ", "?", '"', "'", "“”", "(((", "\\", "🙂"]
    answers = asked(search, BOOK, [*said, *silent])
    assert all(isinstance(answer["hits"], list) for answer in answers)
    assert [answer["hits"] for answer in answers[len(said) :]] == [[] for _ in silent]


def test_a_snippet_shows_the_words_and_marks_them():
    long = " ".join(f"Sentence {i} is about nothing much." for i in range(60))
    book = BOOK | {"d": page("4. Long", ("Far down", f"{long} The quick brown permutation of channels jumps here. {long}"))}
    hit = next(hit for hit in asked(search, book, ["permutation channels"])[0]["hits"] if hit["place"] == "d.html#s0")
    text = "".join(part for part, _ in hit["snippet"])
    assert [part for part, on in hit["snippet"] if on] == ["permutation", "channels"] and len(text) < 260
    assert re.match(r"The quick", text) and text.endswith("…") and hit["words"] == ["permutation", "channels"]
    code = asked(search, {"a": CHAPTER}, ["shuffleunit"])[0]["hits"][0]
    assert ["ShuffleUnit", True] in code["snippet"], "what only the code holds is shown from there"


def test_the_first_three_keep_their_places_and_others_join_their_page():
    orders = asked(search, BOOK, ["layer"], order="abacab")[0]["runs"]
    assert orders == ["a", "b", "a a", "c", "b"]
