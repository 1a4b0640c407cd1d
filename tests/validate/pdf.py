"""Looks at the pages that a browser printed: `python pdf.py FOLDER`.

The structure of a tagged PDF (ISO 32000-1, 14.7) says on which pages each element has content.
"""

import re
import sys
from pathlib import Path

from pypdf import PdfReader

HEADING = re.compile("/H[1-6]$")


class Element:
    """A node of the structure: its role, what holds it, the pages of its content and those of its words."""

    def __init__(self, role, parent):
        self.role, self.parent, self.pages, self.worded = role, parent, [], []

    def within(self, roles):
        above = self.parent
        while above is not None and above.role not in roles:
            above = above.parent
        return above is not None


def worded(page):
    """The marks of a page's pieces of content that show words. A box that moved to the next page may
    leave a background of no size behind."""
    found, open_marks = set(), []
    for operands, operator in page.get_contents().operations:
        if operator in (b"BDC", b"BMC"):
            open_marks.append(operands[1].get("/MCID") if operator == b"BDC" and hasattr(operands[1], "get") else None)
        elif operator == b"EMC":
            open_marks.pop()
        elif operator in (b"Tj", b"TJ"):
            found.update(mark for mark in open_marks if mark is not None)
    return found


def structure(reader):
    """All elements in the order of the document, and the pieces of content as (element, page)."""
    words = {number: worded(page) for number, page in enumerate(reader.pages, 1)}
    numbers = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
    elements, content = [], []

    def walk(node, parent, page):
        node = node.get_object()
        page = numbers[node.raw_get("/Pg").idnum] if "/Pg" in node else page
        if isinstance(node, dict) and "/MCID" in node:
            place(parent, page, node["/MCID"])
            return
        if node.get("/Type") == "/OBJR":
            return
        element = Element(node.get("/S"), parent)
        elements.append(element)
        kids = node.get("/K", [])
        kids = kids.get_object() if hasattr(kids, "get_object") else kids
        for kid in kids if isinstance(kids, list) else [kids]:
            if isinstance(kid.get_object(), int):
                place(element, page, kid.get_object())
            else:
                walk(kid, element, page)

    def place(element, page, mark):
        content.append((element, page))
        while element is not None:
            element.pages.append(page)
            if mark in words[page]:
                element.worded.append(page)
            element = element.parent

    walk(reader.trailer["/Root"]["/StructTreeRoot"], None, None)
    return elements, content


def bookmarks(outline):
    """The bookmarks of a document, those below others included."""
    for item in outline:
        if isinstance(item, list):
            yield from bookmarks(item)
        else:
            yield item


def problems(path):
    reader = PdfReader(path)
    elements, content = structure(reader)
    headings = [element for element in elements if HEADING.match(element.role or "") and element.worded]
    if len(headings) < 5:
        yield f"{len(headings)} headings"
    found = sum(1 for _ in bookmarks(reader.outline))
    if found != len(headings):
        yield f"{found} bookmarks for {len(headings)} headings"
    if not any(element.role == "/Figure" for element in elements):
        yield "no figure"
    for element in elements:
        # A card of a comparison is an article within the part's.
        whole = element.role == "/Figure" or (element.role == "/Art" and element.within({"/Art"}))
        # What has no words is told by all that was drawn of it.
        pages = element.worded or element.pages if whole else element.worded if element in headings else []
        if len(set(pages)) > 1:
            yield f"a {element.role[1:]} is torn between the pages {sorted(set(pages))}"
    following = {}
    for (element, page), (_, after) in zip(content, content[1:]):
        while element is not None:
            following[element] = (page, after)
            element = element.parent
    for heading in headings:
        page, after = following.get(heading, (0, 0))
        if page != after:
            yield f"a heading stands alone at the end of page {page}"


def main():
    files = sorted(Path(sys.argv[1]).glob("*.pdf"))
    failures = [f"{file.name}: {problem}" for file in files for problem in problems(file)]
    print(*failures, sep="\n", end="\n" if failures else "")
    print(f"{len(files)} printed files, {len(failures)} problems")
    sys.exit(1 if failures or not files else 0)


main()
