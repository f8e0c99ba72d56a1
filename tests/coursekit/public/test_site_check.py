"""Each fault is planted in a tiny site; the checker names it, its page and a cure. A sound site has none."""

import json

import pytest

from coursekit.public.site_check import check

STATE = json.dumps({"state": {"widget-1": {"model_name": "AnyModel", "state": {}}}})
SOUND = f"""<!doctype html><html lang="en"><head><title>A page</title>
<link rel="stylesheet" href="_static/book.css?v=1"><link rel="canonical" href="https://example.org/a.html">
<script src="_static/book.js"></script>
<script type="application/vnd.jupyter.widget-state+json">{STATE}</script></head><body><article>
<h1 id="top">A page</h1><p>The thebe project; see <a href="b.html#there">there</a>, <a href="#top">here</a> and
<a href="https://unpkg.com/browse">a page elsewhere</a>. <code>fetch("https://unpkg.com/x")</code></p>
<figure id="fig"><img src="_static/a.png" alt="Two lines that cross"><figcaption>Two lines.</figcaption></figure>
<img src="_static/a.png" alt="" role="presentation">
<svg><title>A box</title><rect/></svg><svg aria-hidden="true"></svg><div role="img" aria-label="Planes"><svg></svg></div>
<div class="cell_output"><div class="output stream"><pre>1</pre></div>
<script type="application/vnd.jupyter.widget-view+json">{{"model_id": "widget-1"}}</script></div>
</article></body></html>"""
CSS = "@font-face{src:url(fonts/a.woff2)} /* https://example.org/ is only named */"
JS = "// see https://example.org/docs\nconst home = 'https://example.org/';"


@pytest.fixture
def site(tmp_path):
    """A sound site of two pages."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/book.css").write_text(CSS)
    (tmp_path / "_static/book.js").write_text(JS)
    (tmp_path / "_static/a.png").write_bytes(b"png")
    (tmp_path / "a.html").write_text(SOUND)
    (tmp_path / "b.html").write_text('<html><body><p id="there">There.</p></body></html>')
    return tmp_path


def test_sound_site_has_no_problems(site):
    assert check(site) == []


def test_missing_site_says_how_to_build_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        check(tmp_path)


FAULTS = {
    "dead link": ('<a href="c.html">c</a>', "dead link c.html"),
    "dead picture": ('<img src="c.png" alt="A cat on a mat">', "dead link c.png"),
    "dead anchor elsewhere": ('<a href="b.html#nowhere">b</a>', "no such anchor b.html#nowhere"),
    "dead anchor here": ('<a href="#nowhere">b</a>', "no such anchor #nowhere"),
    "link out of the site": ('<a href="../../etc/x">x</a>', "leads out of the site"),
    "dead refresh": ('<meta http-equiv="Refresh" content="0; url=gone.html">', "dead link gone.html"),
    "double id": ('<p id="top">again</p>', "'top' stands 2 times"),
    "no alt": ('<img src="_static/a.png">', "has no alternative text"),
    "blank alt": ('<img src="_static/a.png" alt=" ">', "has no alternative text"),
    "empty alt on a plain picture": ('<img src="_static/a.png" alt="">', "has no alternative text"),
    "file name as alt": ('<img src="_static/a.png" alt="plot.png">', "a file name for a text: 'plot.png'"),
    "path as alt": ('<img src="_static/a.png" alt="_images/0a1b">', "a file name for a text"),
    "untitled svg": ("<svg><rect/></svg>", "has no title"),
    "svg in an untitled picture": ('<div role="img" aria-label=" "><svg><rect/></svg></div>', "has no title"),
    "foreign script": ('<script src="https://cdn.jsdelivr.net/npm/x"></script>', "page loads https://cdn.jsdelivr"),
    "foreign script without scheme": ('<script src="//example.org/x.js"></script>', "page loads //example.org"),
    "foreign style": ('<link rel="stylesheet" href="https://example.org/x.css">', "page loads https://example.org"),
    "foreign connection": ('<link rel="preconnect" href="https://fonts.gstatic.com">', "page loads"),
    "foreign picture": ('<img alt="A cat on a mat" src="http://example.org/a.png">', "page loads http://example.org"),
    "foreign srcset": ('<img alt="A cat" src="_static/a.png" srcset="https://example.org/a 2x">', "page loads"),
    "foreign source": ('<video><source src="https://example.org/v.mp4"></video>', "page loads"),
    "foreign frame": ('<iframe src="https://example.org/"></iframe>', "page loads"),
    "foreign object": ('<object data="https://example.org/a.svg"></object>', "page loads"),
    "foreign inline style": ('<p style="background: url(https://example.org/a.png)">x</p>', "style loads"),
    "foreign import": ("<style>@import 'https://example.org/a.css';</style>", "style loads"),
    "foreign module": ('<script>import("https://example.org/m.js")</script>', "script names https://example.org/m"),
    "CDN in a script": ('<script>const U = "https://unpkg.com/thebe@0.8"</script>', "script names https://unpkg.com"),
    "traceback": ('<div class="cell_output"><div class="output traceback">x\nKeyError: 3</div></div>', "KeyError: 3"),
    "stderr": ('<div class="cell_output"><div class="output stderr">FutureWarning: old</div></div>', "FutureWarning"),
    "printed traceback": (
        '<div class="cell_output"><pre>Traceback (most recent call last):\n  x</pre></div>',
        "holds a traceback",
    ),
    "no caption": ('<figure id="bare"><img src="_static/a.png" alt="A cat on a mat"></figure>', "figure bare has no"),
    "column without a head": ("<table><tr><th><p></p></th><th>weights</th></tr></table>", "a head, beside weights"),
    "empty caption": ('<figure id="bare"><figcaption> </figcaption></figure>', "figure bare has no caption"),
    "widget without state": (
        '<script type="application/vnd.jupyter.widget-view+json">{"model_id": "lost"}</script>',
        "state of widget lost",
    ),
    "model not found": ('<div class="cell_output">Error: model not found</div>', "'model not found' behind"),
}


@pytest.mark.parametrize(("markup", "named"), FAULTS.values(), ids=FAULTS)
def test_planted_fault_is_named(site, markup, named):
    page = site / "a.html"
    page.write_text(page.read_text().replace("</article>", markup + "</article>"))
    problems = check(site)
    assert any(named in problem.what and problem.page == "a.html" and problem.todo for problem in problems), problems


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("book.css", "@import url('https://fonts.googleapis.com/css');", "style loads https://fonts.googleapis.com"),
        ("book.css", "body{background:url(//example.org/a.png)}", "style loads //example.org/a.png"),
        ("book.js", "import x from 'https://example.org/x.js'", "script names https://example.org/x.js"),
        ("book.js", "await fetch(`https://example.org/x.json`)", "script names https://example.org/x.json"),
        ("book.js", "load('https://cdnjs.cloudflare.com/a.js')", "script names https://cdnjs.cloudflare.com/a.js"),
    ],
)
def test_foreign_loads_in_files(site, name, text, named):
    (site / "_static" / name).write_text(text)
    assert [problem.page for problem in check(site) if named in problem.what] == [f"_static/{name}"]


def test_problem_reads_as_page_fault_and_cure(site):
    (site / "b.html").write_text('<p id="there"><a href="gone.html">x</a></p>')
    assert str(check(site)[0]) == "b.html: dead link gone.html\n    correct the link, or add the file to the book"
