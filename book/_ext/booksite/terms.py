"""The glossary's way back: below each entry the places in the chapters that use it first, above all a line of letters.

A place is the link to the entry itself: the first one of its page, which gets an anchor for it.
"""

import re

from docutils import nodes
from sphinx import addnodes

from .numbers import chapter


def places(doctree) -> list[tuple[str, str, str]]:
    """The first link of a page to each term: its target, the anchor put before it, the heading above it."""
    found = {}
    for link in list(doctree.findall(addnodes.pending_xref)):
        target = link.get("reftarget", "").lower()
        if link.get("reftype") != "term" or target in found or _in_card(link):
            continue
        anchor = f"use-{nodes.make_id(target)}"
        link.parent.insert(link.parent.index(link), nodes.target("", "", ids=[anchor]))
        found[target] = anchor, _heading(link)
    return [(target, *place) for target, place in found.items()]


def _in_card(node) -> bool:
    """Whether it stands in the box below a chapter's title, which tells what to know first."""
    while node := node.parent:
        if "card" in node.get("classes", ()):
            return True
    return False


def _heading(node) -> str:
    while not isinstance(node, nodes.section):
        if (node := node.parent) is None:
            return ""
    return node.next_node(nodes.title).astext()


def _collect(app, doctree):
    if chapter(app.env.docname):
        app.env.book_terms[app.env.docname] = places(doctree)


def _start(app):
    app.env.book_terms = getattr(app.env, "book_terms", {})


def _purge(app, env, docname):
    getattr(env, "book_terms", {}).pop(docname, None)


def _merge(app, env, docnames, other):
    env.book_terms |= {name: other.book_terms[name] for name in docnames if name in other.book_terms}


def _uses(env, names: list[str]) -> list[tuple[str, str, str]]:
    """The pages that use one of these names, in the order of the chapters: page, anchor, heading."""
    known = {name.lower() for name in names}
    firsts = {}
    for docname in sorted(env.book_terms, key=chapter):
        for target, anchor, heading in env.book_terms[docname]:
            if target in known:
                firsts.setdefault(docname, (docname, anchor, heading))
    return list(firsts.values())


def way_back(uses, uri) -> nodes.paragraph:
    """`Chapter 1: Five words and a photograph; also in chapters 2, 3.`, each a link; `uri` gives a page's address."""
    line = nodes.paragraph(classes=["book-uses"])
    for at, (docname, anchor, heading) in enumerate(uses):
        (number,) = chapter(docname)
        words = f"Chapter {number}: {heading}" if at == 0 else str(number)
        before = "" if at == 0 else ", " if at > 1 else "; also in chapters " if len(uses) > 2 else "; also in chapter "
        title = {} if at == 0 else {"reftitle": heading}
        link = nodes.reference("", words, internal=True, refuri=f"{uri(docname)}#{anchor}", **title)
        line += [nodes.Text(before), link] if before else [link]
    return line


def letters(firsts: dict[str, str]) -> nodes.paragraph:
    """A line with a link to the first entry of each letter."""
    line = nodes.paragraph(classes=["book-letters"])
    for letter, anchor in firsts.items():
        line += [nodes.reference("", letter, internal=True, refid=anchor), nodes.Text(" ")]
    return line


def _complete(app, doctree, docname):
    for link in doctree.findall(nodes.reference):
        if any("std-term" in node.get("classes", ()) for node in link.findall(nodes.inline)):
            link["classes"].append("book-term")
    for glossary in list(doctree.findall(addnodes.glossary)):
        firsts = {}
        for item in glossary.findall(nodes.definition_list_item):
            terms = list(item.findall(nodes.term))
            if uses := _uses(app.env, [re.sub(r"\s+", " ", term.astext()) for term in terms]):
                item.next_node(nodes.definition).append(
                    way_back(uses, lambda page: app.builder.get_relative_uri(docname, page))
                )
            firsts.setdefault(terms[0].astext()[0].upper(), terms[0]["ids"][0])
        glossary.parent.insert(glossary.parent.index(glossary), letters(firsts))


def setup(app):
    """Register the part."""
    app.connect("builder-inited", _start)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-read", _collect)
    app.connect("doctree-resolved", _complete)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
