"""Feeds, sitemaps, metadata and series.json of built sites, held against their specifications.

    validate.py PARTWORK       builds this repository's site and the projects beside this file with
                               the program PARTWORK, and validates what comes out; then spoils a
                               site in known ways and expects each to be noticed
    validate.py --site DIR URL validates one built site whose base is URL

The schemas for editors are held against this repository's own sources.

Nothing is fetched: the grammar of Atom and the schema of JSON Feed lie beside this file.
"""

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib
import zlib
from base64 import b64decode, b64encode
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import feedparser
import rnc2rng
from bs4 import BeautifulSoup
from jsonschema import Draft202012Validator
from lxml import etree
from pyld import jsonld

HERE = Path(__file__).parent
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML_LINK = "{http://www.w3.org/1999/xhtml}link"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
YEAR = re.compile(r"\d{4}")
# RFC 4151, section 2.1.
TAG = re.compile(
    r"tag:([A-Za-z0-9._-]+@)?[A-Za-z0-9.%-]+,\d{4}(-\d\d(-\d\d)?)?:([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*"
)
# RFC 3986, by its characters.
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVQI12NgAAAAAgAB4iG8MwAAAABJRU5ErkJggg=="
)


def wide():
    """A PNG of 1400 by 40 pixels that no packing makes small."""
    rows = b"".join(b"\0" + bytes((x * y * 7919 + x * 104729) % 251 for x in range(1400)) for y in range(40))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1400, 40, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Site:
    """A built site, and what is wrong with it."""

    def __init__(self, folder, base):
        self.folder, self.base = Path(folder), base
        self.problems = []
        self.files = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()}

    def problem(self, where, what):
        self.problems.append(f"{where}: {what}")

    def read(self, path):
        return (self.folder / path).read_bytes()

    def uri(self, path):
        """The address of a file or page, from its path below the base."""
        path = path.removesuffix("index.html") if path == "index.html" or path.endswith("/index.html") else path
        return to_uri(self.base + path)

    def path(self, uri):
        """The file behind an address of this site; None for one elsewhere."""
        base = to_uri(self.base)
        if not to_uri(uri).startswith(base):
            return None
        path = unquote(urlsplit(to_uri(uri)).path.removeprefix(urlsplit(base).path))
        return path + "index.html" if path == "" or path.endswith("/") else path

    def check_address(self, where, uri, what):
        if not URI.fullmatch(uri):
            return self.problem(where, f"{what} is no URI: {uri!r}")
        path = self.path(uri)
        if path is not None and path not in self.files:
            self.problem(where, f"{what} leads nowhere: {uri}")


# A mistake for each schema, which it has to notice.
WRONG = {
    "site": [
        "",
        "base_url = 1\ntitle = 'x'",
        "base_url = 'https://a.example/'\ntitle = ' '",
        "base_url = 'https://a.example/'\ntitel = 'x'",
    ],
    "series": ["title = 'x'", "title = 'x'\nparts = []\ntracks = []", "title = 'x'\nparts = [{}]"],
    "part": ["title = 1", "title = 'x'\nstatus = 'sooon'", "title = 'x'\ndate = 'yesterday'"],
    "side": ["", "title = 'x'\nstatus = 'draft'"],
    "posts": ["", "title = 'x'\nper_page = 0", "title = 'x'\nparts = []"],
    "post": ["title = 1", "title = 'x'\nteaches = []", "title = 'x'\nstatus = 'sooon'"],
    "page": ["", "title = 'x'\ntitel = 'x'"],
    "comparison": ["title = 1"],
    "decision": ["title = 'x'\nnothing = 1"],
    "quiz": ["questions = 1"],
    "figure": ["src = 1"],
    "glossary": ["terms = 1"],
    "ledger": ["nothing = 1"],
    "table": ["caption = 1", "nothing = 1"],
    "sketch": ["src = 1", "src = 'x.js'\nalt = 'x'"],
    "state": ["removed = 1", "from = 1"],
    "translation": ["title = 1", "teaches = []"],
    "translated-series": ["title = 1", "parts = []"],
    "translated-posts": ["title = 1", "per_page = 1"],
    "diff": ["version = 1", "version = 2"],
}


def plain(value):
    """A value of TOML in the types of JSON, as editors give it to a schema: dates are texts."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if isinstance(value, (str, int, float, bool)) else value.isoformat()


def check_schemas(program):
    """What the schemas for editors say of this repository's own sources, and of known mistakes."""
    problems = []

    def run(*arguments):
        return subprocess.run([program, "schema", *arguments], check=True, capture_output=True, text=True).stdout

    schemas = {name: json.loads(run(name)) for name in run().split()}
    if set(schemas) != set(WRONG):
        problems.append(f"schemas without a known mistake: {sorted(set(schemas) ^ set(WRONG))}")
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    root = HERE.parent.parent
    content = root / "content"
    sources = [("site", root / "partwork.toml")]
    sources += [("series", path) for path in content.rglob("series.toml")]
    sources += [("glossary", path) for path in content.rglob("glossary.toml")]
    sources += [("comparison", path) for path in content.glob("**/comparisons/*.toml")]
    for path in content.rglob("*.md"):
        is_part = any((folder / "series.toml").exists() for folder in path.parents)
        sources.append(("part" if is_part else "page", path))
    for name, path in sources:
        text = path.read_text()
        if path.suffix == ".md":
            if not text.startswith("+++\n"):
                continue
            text = text.split("+++\n")[1]
        for error in Draft202012Validator(schemas[name]).iter_errors(plain(tomllib.loads(text))):
            problems.append(f"{path.relative_to(root)}: {error.json_path}: {error.message}")
    for name, texts in WRONG.items():
        for text in texts:
            if Draft202012Validator(schemas[name]).is_valid(plain(tomllib.loads(text))):
                problems.append(f"the schema {name} takes {text!r}")
    return problems, len(sources)


def to_uri(iri):
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in iri)


def grammar():
    # libxml2 refuses a prefix for no namespace, which the translator declares for `local:`.
    rng = rnc2rng.dumps(rnc2rng.load(str(HERE / "atom.rnc"))).replace('xmlns:local=""', "")
    return etree.RelaxNG(etree.fromstring(rng.encode()))


ATOM_GRAMMAR = grammar()
JSON_FEED = Draft202012Validator(
    json.loads((HERE / "json-feed.schema.json").read_text()), format_checker=Draft202012Validator.FORMAT_CHECKER
)


def validate(site):
    pages = {path: Page(site, path) for path in sorted(site.files) if path.endswith(".html")}
    for page in pages.values():
        check_page(site, page)
    feeds = sorted(path for path in site.files if path.endswith("feed.xml"))
    if "feed.xml" not in feeds:
        site.problem("feed.xml", "is missing")
    ids = {}
    for path in feeds:
        check_feed(site, path, ids)
    check_sitemap(site, pages)
    for path in sorted(path for path in site.files if path.endswith("/series.json")):
        check_series(site, path, pages)
    check_llms(site)
    check_headers(site)
    check_redirects(site, pages)
    return site.problems


def check_feed(site, path, ids):
    document = etree.fromstring(site.read(path))
    if not ATOM_GRAMMAR.validate(document):
        return site.problem(path, ATOM_GRAMMAR.error_log.last_error)
    parsed = feedparser.parse(site.read(path))
    if parsed.bozo or parsed.version != "atom10":
        site.problem(path, f"feedparser: {parsed.get('bozo_exception')}")
    text = lambda element, name: element.findtext(ATOM + name)
    links = lambda element, rel: [l.get("href") for l in element.findall(ATOM + "link") if l.get("rel") == rel]
    entries = document.findall(ATOM + "entry")
    if links(document, "self") != [site.uri(path)]:
        site.problem(path, f"link to itself: {links(document, 'self')}")
    if links(document, "alternate") != [site.uri(path.removesuffix("feed.xml"))]:
        site.problem(path, f"link to its page: {links(document, 'alternate')}")
    if not document.get("{http://www.w3.org/XML/1998/namespace}lang"):
        site.problem(path, "no language")
    if document.find(ATOM + "author") is None and any(e.find(ATOM + "author") is None for e in entries):
        site.problem(path, "an entry without an author in a feed without one (section 4.1.1)")
    if len(parsed.entries) != len(entries):
        site.problem(path, f"feedparser sees {len(parsed.entries)} entries of {len(entries)}")
    dates = []
    for entry in entries:
        where = f"{path} {text(entry, 'id')}"
        published, updated = text(entry, "published"), text(entry, "updated")
        for date in (published, updated):
            if not RFC3339.fullmatch(date):
                site.problem(where, f"no date of RFC 3339: {date}")
        dates.append(datetime.fromisoformat(published))
        check_id(site, where, text(entry, "id"))
        alternate = links(entry, "alternate")
        if len(alternate) != 1:
            site.problem(where, f"{len(alternate)} links to its page (section 4.1.1)")
        for link in alternate:
            if site.path(link) not in site.files:
                site.problem(where, f"its page is missing: {link}")
            if ids.setdefault(text(entry, "id"), link) != link:
                site.problem(where, "another entry has this id")
        if not text(entry, "summary"):
            site.problem(where, "no summary")
        check_html(site, where, text(entry, "content"))
    if dates != sorted(dates, reverse=True):
        site.problem(path, "the newest is not the first")
    newest = max((datetime.fromisoformat(text(e, "updated")) for e in entries), default=None)
    if newest and datetime.fromisoformat(text(document, "updated")) != newest:
        site.problem(path, "changed at another time than its newest entry")
    check_id(site, path, text(document, "id"))
    if ids.setdefault(text(document, "id"), path) != path:
        site.problem(path, "another feed has its id")
    uris = document.iterfind(f".//{ATOM}author/{ATOM}uri")
    for uri in uris:
        site.check_address(path, uri.text, "the author")
    check_json_feed(site, path.removesuffix("xml") + "json", entries, text)


def check_id(site, where, tag):
    if not TAG.fullmatch(tag):
        site.problem(where, f"no tag of RFC 4151: {tag}")


def check_json_feed(site, path, entries, text):
    feed = json.loads(site.read(path))
    if not fits(site, path, JSON_FEED, feed):
        return
    if feed["feed_url"] != site.uri(path) or feed["home_page_url"] != site.uri(path.removesuffix("feed.json")):
        site.problem(path, "its own addresses are others")
    if [item["id"] for item in feed["items"]] != [text(entry, "id") for entry in entries]:
        site.problem(path, "other items than the Atom feed")
    for item, entry in zip(feed["items"], entries):
        for key, name in [("date_published", "published"), ("date_modified", "updated"), ("content_html", "content")]:
            if item[key] != text(entry, name):
                site.problem(f"{path} {item['id']}", f"{key} is not what the Atom feed says")
        if "image" in item:
            site.check_address(path, item["image"], "the image")


def fits(site, path, schema, value):
    errors = list(schema.iter_errors(value))
    for error in errors:
        site.problem(path, f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
    return not errors


def check_html(site, where, html):
    """HTML that is read away from its page: nothing in it needs one."""
    soup = BeautifulSoup(html, "html5lib")
    if soup.find(["script", "style"]):
        site.problem(where, "a script or a style")
    for element in soup.find_all(True):
        for name in ("href", "src", "poster", "action", "formaction", "data", "background"):
            if name in element.attrs:
                site.check_address(where, element[name], f"{name} of {element.name}")
        for candidate in re.findall(r"(\S*[^\s,])(?:\s+[^,]+)?(?:,|$)", element.get("srcset", "")):
            if not URI.fullmatch(candidate):
                site.problem(where, f"srcset with {candidate!r}")
        for name in element.attrs:
            if name.startswith("on"):
                site.problem(where, f"a handler {name}")


class Page:
    """A page as a browser reads it."""

    def __init__(self, site, path):
        self.path = path
        self.soup = BeautifulSoup(site.read(path).decode(), "html5lib")
        self.noindex = self.meta("name", "robots") == ["noindex"]
        links = [link for link in self.soup.find_all("link") if "canonical" in link.get("rel", [])]
        self.canonical = [link["href"] for link in links]
        self.redirect = self.soup.find("meta", attrs={"http-equiv": "refresh"}) is not None

    def meta(self, kind, name):
        return [meta.get("content") for meta in self.soup.find_all("meta", attrs={kind: name})]


def check_page(site, page):
    where, soup = page.path, page.soup
    if page.redirect:
        return
    for script in soup.find_all("script"):
        # An author may write one; no other text becomes one.
        if not script.get("src") and script.get("type") != "application/ld+json" and not script.find_parent(class_="prose"):
            site.problem(where, f"a script in the page: {script}")
    if not page.noindex and [to_uri(url) for url in page.canonical] != [site.uri(page.path)]:
        site.problem(where, f"canonical address {page.canonical}")
    for link in soup.head.find_all("link", rel="alternate"):
        if link.get("hreflang"):
            site.check_address(where, to_uri(link["href"]), f"the page in {link['hreflang']}")
            continue
        path = site.path(site.base + link["href"].removeprefix(urlsplit(site.base).path))
        if path not in site.files:
            site.problem(where, f"a feed that is not there: {link['href']}")
    if len(soup.head.find_all("link", rel="alternate")) < 2:
        site.problem(where, "no feeds to find")
    check_assets(site, page)
    check_images(site, page)
    if page.path != "404.html":
        check_open_graph(site, page)
    scripts = soup.find_all("script", type="application/ld+json")
    if page.noindex:
        if scripts:
            site.problem(where, "structured data on a page that nobody may list")
        return
    if len(scripts) != 1:
        return site.problem(where, f"{len(scripts)} scripts of structured data")
    check_structured_data(site, page, json.loads(scripts[0].string))


def check_open_graph(site, page):
    one = {"og:title", "og:type", "og:url", "og:site_name"}
    for url in page.meta("property", "og:image") + page.meta("property", "og:url") + page.canonical:
        if not URI.fullmatch(url):
            site.problem(page.path, f"is no URI: {url}")
    if page.meta("property", "og:image"):
        one |= {"og:image:width", "og:image:height", "og:image:alt"}
        for url in page.meta("property", "og:image") + page.meta("name", "twitter:image"):
            site.check_address(page.path, to_uri(url), "the card")
            if site.path(url) is None:
                site.problem(page.path, f"a card of another site: {url}")
            elif site.path(url) in site.files and size_of_png(site.read(site.path(url))) != (1200, 630):
                site.problem(page.path, f"a card of another size: {url}")
    for name in sorted(one):
        if len(page.meta("property", name)) != 1 or not page.meta("property", name)[0]:
            site.problem(page.path, f"{name} is {page.meta('property', name)}")
    if [to_uri(url) for url in page.meta("property", "og:url")] != [site.uri(page.path)]:
        site.problem(page.path, "og:url is not its own")
    if page.meta("name", "twitter:card") not in (["summary"], ["summary_large_image"]):
        site.problem(page.path, "no Twitter card")
    if page.meta("property", "og:type") == ["article"]:
        for date in page.meta("property", "article:published_time") or [""]:
            if not RFC3339.fullmatch(date):
                site.problem(page.path, f"published at {date!r}")


def size_of_png(data):
    """Width and height of a PNG (third edition, section 11.2.1)."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def local(site, url):
    """The file behind an address on a page, as typed there."""
    base = urlsplit(site.base)
    return site.path(f"{base.scheme}://{base.netloc}{url}") if url.startswith("/") else None


def check_assets(site, page):
    """Styles and scripts are those that the page means (Subresource Integrity, section 3)."""
    for element in page.soup.find_all(["script", "link"]):
        url = element.get("src") or (element.get("rel") == ["stylesheet"] and element.get("href"))
        # What an author writes, an author answers for.
        if not url or element.find_parent(class_="prose"):
            continue
        path = local(site, url)
        if path not in site.files or not re.search(r"\.[0-9a-f]{10}\.(css|js)$", path):
            site.problem(page.path, f"no asset with a fingerprint: {url}")
            continue
        digest = b64encode(hashlib.sha384(site.read(path)).digest()).decode()
        if element.get("integrity") != f"sha384-{digest}":
            site.problem(page.path, f"the integrity of {url} is another")


def check_images(site, page):
    """What an article shows is there, with its size, so that nothing jumps; the first comes first, the rest late."""
    if len(page.soup.select('.prose img[fetchpriority="high"]')) > 1:
        site.problem(page.path, "two images that come first")
    for image in page.soup.select(".prose img, .prose source"):
        # As HTML splits them: at spaces, but for commas at their end.
        candidates = [word.rstrip(",") for word in image.get("srcset", "").split() if not re.fullmatch(r"[\d.]+[wxh],?", word)]
        for url in [*filter(None, [image.get("src")]), *candidates]:
            path = local(site, url)
            if path not in site.files and not urlsplit(url).scheme:
                site.problem(page.path, f"an image that is not there: {url}")
        path = local(site, image.get("src", ""))
        # What an author wrote in HTML may have none of the three.
        if path in site.files and {"width", "height", "loading"} & set(image.attrs):
            size = size_of_png(site.read(path))
            comes = "lazy" if image.get("fetchpriority") != "high" else None
            if size and (image.get("width"), image.get("height"), image.get("loading")) != (*map(str, size), comes):
                site.problem(page.path, f"the size of {path} is not said")


def check_llms(site):
    """https://llmstxt.org: what stands under a heading of the second level is a list of files."""
    lines = site.read("llms.txt").decode().split("\n")
    if not lines[0].startswith("# "):
        site.problem("llms.txt", f"begins with {lines[0]!r}")
    listed, in_list = [], False
    for line in filter(None, lines[1:]):
        entry = re.fullmatch(r"- \[[^\]]+\]\(([^)\s]+)\)(: .+)?", line)
        if entry:
            site.check_address("llms.txt", entry[1], "an entry")
        if re.match(r"#+ ", line):
            in_list = True
            if not line.startswith("## "):
                site.problem("llms.txt", f"a heading of another level: {line}")
        elif in_list and not entry:
            site.problem("llms.txt", f"no entry of a list: {line}")
        elif in_list:
            listed.append(site.path(entry[1]))
    twins = {path for path in site.files if path.endswith("/index.md")}
    if len(listed) != len(set(listed)) or set(listed) != twins:
        site.problem("llms.txt", f"lists other files than the twins: {sorted(set(listed) ^ twins)}")
    for path in sorted(twins):
        text = re.sub(r"^(`{3,}|~{3,}).*?^\1|(`+)[^`].*?\2", "", site.read(path).decode(), flags=re.M | re.S)
        for url in re.findall(r"\]\(<?([^)>\s]+)", text):
            where = site.path(url.split("#")[0].split("?")[0])
            if not urlsplit(url).scheme or (where is not None and where not in site.files):
                site.problem(path, f"leads nowhere: {url}")


def check_headers(site):
    """What Netlify and Cloudflare read, and how long they keep it."""
    rules, base = {}, urlsplit(to_uri(site.base)).path
    for line in site.read("_headers").decode().splitlines():
        if len(line) > 2000:
            site.problem("_headers", f"a line of {len(line)} characters")
        if line.startswith("/"):
            if line in rules:
                site.problem("_headers", f"two rules for {line}")
            rule = rules[line] = {}
        elif line.startswith("  "):
            name, _, value = line.strip().partition(": ")
            rule[name] = value
        elif not line.startswith("#"):
            site.problem("_headers", f"no line of a rule: {line}")
    if len(rules) > 100:
        site.problem("_headers", f"{len(rules)} rules")
    if "Cache-Control" in rules.get(base + "*", {"Cache-Control": ""}):
        site.problem("_headers", "all addresses are kept for one time")
    for address, rule in rules.items():
        path = unquote(address.removeprefix(base))
        path = path + "index.html" if path == "" or path.endswith("/") else path
        if not path.endswith("*") and path not in site.files:
            site.problem("_headers", f"a rule for nothing: {address}")
    for path in site.files:
        address = base + to_uri(path).replace(" ", "%20")
        # A folder whose files have one rule.
        rule = rules.get(address) or rules.get(address.rpartition("/")[0] + "/*", {})
        cache = rule.get("Cache-Control", "")
        if ("immutable" in cache) != bool(re.search(r"\.[0-9a-f]{10}\.\w+$", path)):
            site.problem("_headers", f"{path} is kept for {cache!r}")
        if path.endswith(("feed.xml", "feed.json")) and len(rules) < 100 and cache != "public, max-age=600":
            site.problem("_headers", f"{path} is kept for {cache!r}")


def check_redirects(site, pages):
    lines = site.read("_redirects").decode().splitlines()
    moved = [line.split(" ") for line in lines if not line.startswith("#")]
    if len(moved) > 2000:
        site.problem("_redirects", f"{len(moved)} rules")
    known, base = set(), urlsplit(to_uri(site.base)).path
    for rule in moved:
        # Signs of the format, and codes that one of the hosts refuses a whole site for.
        if len(rule) != 3 or re.search(r"[*:]", rule[0]) or rule[2] != "301":
            site.problem("_redirects", f"no rule that every host knows: {rule}")
            continue
        path = unquote(rule[0].removeprefix(base))
        page = pages.get(path + "index.html" if path.endswith("/") else path)
        known.add(page and page.path)
        refresh = page and page.soup.find("meta", attrs={"http-equiv": "refresh"})
        if not refresh or urlsplit(to_uri(refresh["content"].partition("url=")[2])).path != rule[1]:
            site.problem("_redirects", f"another page lies at {rule[0]}")
        if site.path(site.base + rule[1].removeprefix(base)) not in site.files:
            site.problem("_redirects", f"{rule[0]} leads nowhere")
    if known != {page.path for page in pages.values() if page.redirect}:
        site.problem("_redirects", "old addresses are missing")


# What schema.org has (of what is used here), and what Google's documentation of structured data
# requires: https://developers.google.com/search/docs/appearance/structured-data
TRANSLATED = {"translationOfWork", "workTranslation", "translator"}
TYPES = {
    "Article": (
        {"headline", "datePublished", "dateModified", "mainEntityOfPage", "isPartOf", "position", "url", "inLanguage"},
        {"image", "author", "publisher", "description", "articleSection", "keywords", "wordCount", "citation"} | TRANSLATED,
    ),
    "Article in a list": ({"name", "url", "position"}, set()),
    "BlogPosting": (
        {"headline", "datePublished", "dateModified", "mainEntityOfPage", "isPartOf", "url", "inLanguage"},
        {"image", "author", "publisher", "description", "keywords", "wordCount", "citation"} | TRANSLATED,
    ),
    "BlogPosting in a list": ({"headline", "url", "datePublished"}, set()),
    # A source that a text cites.
    "CreativeWork": ({"name"}, {"author", "editor", "datePublished", "url"}),
    "Blog": (
        {"name", "url"},
        {"description", "inLanguage", "isPartOf", "blogPost", "author", "publisher", "image", "mainEntityOfPage"},
    ),
    "BreadcrumbList": ({"itemListElement"}, set()),
    "ListItem": ({"position", "name", "item"}, set()),
    # Who publishes what names no author.
    "Organization": ({"name"}, {"url"}),
    "Person": ({"name"}, {"url", "email", "image", "description"}),
    "WebSite": (
        {"name", "url"},
        {"description", "inLanguage", "hasPart", "image"},
    ),
    "CreativeWorkSeries": (
        {"name", "url"},
        {"description", "inLanguage", "isPartOf", "hasPart", "author", "publisher", "image", "startDate", "mainEntityOfPage"} | TRANSLATED,
    ),
    # Its sizes would be quantities with units, and no bare numbers.
    "ImageObject": ({"url"}, set()),
}
VOCABULARY = "http://schema.org/"


def load_context(url, options):
    if url.rstrip("/") != "https://schema.org":
        raise ValueError(f"a context that is not there: {url}")
    # https://schema.org/docs/jsonldcontext.jsonld, of the terms above: all are in the vocabulary,
    # and these are addresses.
    addresses = {name: {"@type": "@id"} for name in ("url", "item", "mainEntityOfPage", "image")}
    document = {"@context": {"@vocab": VOCABULARY, **addresses}}
    return {"contextUrl": None, "documentUrl": url, "document": document}


jsonld.set_document_loader(load_context)


def check_structured_data(site, page, data):
    nodes = jsonld.expand(data)
    found = set()
    for node in nodes:
        found |= check_node(site, page.path, node, top=True)
    kind = page.soup.body.get("class", [""])[0]
    wanted = {
        "page-home": {"WebSite"},
        "page-series": {"CreativeWorkSeries", "BreadcrumbList"},
        "page-post": {"BlogPosting", "Blog", "BreadcrumbList"},
        "page-posts": {"Blog", "BreadcrumbList"},
        "page-part": {"Article", "CreativeWorkSeries", "BreadcrumbList"},
    }.get(kind, {"BreadcrumbList"})
    if not wanted <= found:
        site.problem(page.path, f"no structured data of {sorted(wanted - found)}")


def check_node(site, where, node, top=False):
    names = [name.removeprefix(VOCABULARY) for name in node.get("@type", [])]
    if len(names) != 1 or names[0] not in TYPES:
        site.problem(where, f"structured data of {names}")
        return set()
    name = names[0]
    listed = f"{name} in a list"
    required, optional = TYPES[listed if listed in TYPES and not top else name]
    has = {key.removeprefix(VOCABULARY) for key in node if not key.startswith("@")}
    if missing := required - has:
        site.problem(where, f"{name} without {sorted(missing)}")
    if unknown := has - required - optional:
        site.problem(where, f"{name} with {sorted(unknown)}")
    found = {name}
    for key, values in node.items():
        if key == "@id":
            site.check_address(where, to_uri(values), f"@id of {name}")
        if key.startswith("@"):
            continue
        key = key.removeprefix(VOCABULARY)
        for value in values:
            if "@type" in value and "@value" not in value:
                found |= check_node(site, where, value)
            elif "@list" in value:
                site.problem(where, f"{key} is a list")
            elif key in ("url", "item", "mainEntityOfPage") or (key == "image" and "@id" in value):
                site.check_address(where, to_uri(value.get("@id", "")), f"{key} of {name}")
            elif key in ("workTranslation", "translationOfWork"):
                for url in value.get(VOCABULARY + "url", [{}]):
                    site.check_address(where, to_uri(url.get("@id", "")), f"{key} of {name}")
            elif key in ("datePublished", "dateModified", "startDate"):
                # Of a source that is cited the year is known.
                form = YEAR if name == "CreativeWork" else RFC3339
                if not form.fullmatch(str(value["@value"])):
                    site.problem(where, f"{key} is {value['@value']}")
            elif key in ("position", "wordCount"):
                if type(value["@value"]) is not int:
                    site.problem(where, f"{key} is {value['@value']!r}")
            elif not str(value.get("@value", "")).strip():
                site.problem(where, f"{key} of {name} is blank")
    if name == "BreadcrumbList":
        items = node.get(VOCABULARY + "itemListElement", [])
        positions = [item[VOCABULARY + "position"][0]["@value"] for item in items]
        if len(items) < 2 or positions != list(range(1, len(items) + 1)):
            site.problem(where, f"a trail with the positions {positions}")
    return found


def check_sitemap(site, pages):
    """https://www.sitemaps.org/protocol.html and its two schemas."""
    root = etree.fromstring(site.read("sitemap.xml"))
    files = ["sitemap.xml"]
    if root.tag == SITEMAP + "sitemapindex":
        files = [site.path(loc) for loc in names(site, "sitemap.xml", root, "sitemap")]
    elif root.tag != SITEMAP + "urlset":
        site.problem("sitemap.xml", f"is a {root.tag}")
    listed = []
    for path in files:
        if len(site.read(path)) > 50 << 20:
            site.problem(path, "is larger than 50 MB")
        listed += names(site, path, etree.fromstring(site.read(path)), "url")
    if len(set(listed)) != len(listed):
        site.problem("sitemap.xml", "a page stands twice")
    wanted = {site.uri(path) for path, page in pages.items() if not page.noindex and not page.redirect}
    for uri in sorted(set(listed) ^ wanted):
        what = "is missing" if uri in wanted else "names what is no page to list"
        site.problem("sitemap.xml", f"{uri} {what}")
    robots = site.read("robots.txt").decode()
    if f"Sitemap: {site.uri('sitemap.xml')}" not in [to_uri(line) for line in robots.splitlines()]:
        site.problem("robots.txt", "the sitemap is not in it")


def names(site, path, root, name):
    listed = []
    if not 1 <= len(root) <= 50_000:
        site.problem(path, f"{len(root)} entries")
    for entry in root:
        # The same page in other languages: https://developers.google.com/search/docs/specialty/international/localized-versions
        alternates = entry.findall(XHTML_LINK)
        for link in alternates:
            if link.get("rel") != "alternate" or not link.get("hreflang"):
                site.problem(path, f"a link with {dict(link.attrib)}")
            site.check_address(path, link.get("href", ""), "alternate")
        tags = [child.tag.removeprefix(SITEMAP) for child in entry if child not in alternates]
        if entry.tag != SITEMAP + name or tags not in (["loc"], ["loc", "lastmod"]):
            site.problem(path, f"{entry.tag} with {tags}")
            continue
        loc = entry.findtext(SITEMAP + "loc")
        if len(loc) >= 2048 or not URI.fullmatch(loc) or site.path(loc) is None:
            site.problem(path, f"an address that can't stand here: {loc}")
        site.check_address(path, loc, "loc")
        changed = entry.findtext(SITEMAP + "lastmod")
        # https://www.w3.org/TR/NOTE-datetime
        if changed is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d|" + RFC3339.pattern, changed):
            site.problem(path, f"changed at {changed}")
        listed.append(loc)
    return listed


def check_series(site, path, pages):
    series = json.loads(site.read(path))
    schema_path = site.path(series["$schema"])
    if schema_path not in site.files:
        return site.problem(path, f"no schema at {series['$schema']}")
    schema = json.loads(site.read(schema_path))
    Draft202012Validator.check_schema(schema)
    if schema["$id"] != series["$schema"]:
        site.problem(schema_path, f"has another $id: {schema['$id']}")
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    if not fits(site, path, validator, series):
        return
    folder = path.removesuffix("series.json")
    if series["url"] != site.uri(folder) or series["json_url"] != site.uri(path):
        site.problem(path, "its own addresses are others")
    for key in ("atom_url", "json_feed_url", "epub_url"):
        if key in series:
            site.check_address(path, series[key], key)
    published = [part for part in series["parts"] if part["status"] == "published"]
    if (len(published), len(series["parts"])) != (series["published"], series["total"]):
        site.problem(path, "the tally is wrong")
    for part in published:
        site.check_address(path, part["url"], part["id"])
    have = {page.path for page in pages.values() if page.soup.body.get("class", [""])[0] == "page-part"}
    mine = {page for page in have if page.startswith(folder)}
    if mine != {site.path(part["url"]) for part in published}:
        site.problem(path, "other parts than the pages")
    known = {part["id"] for part in series["parts"]}
    in_tracks = [part for track in series["tracks"] for part in track["parts"]]
    if series["tracks"] and in_tracks != [part["id"] for part in series["parts"]]:
        site.problem(path, "other parts in the tracks")
    for comparison in series["comparisons"]:
        where = f"{path} {comparison['id']}"
        gallery, _, anchor = comparison["url"].partition("#")
        page = pages.get(site.path(gallery))
        if page is None or page.soup.find(id=unquote(anchor)) is None:
            site.problem(where, f"stands not at {comparison['url']}")
        if not set(comparison["parts"]) <= known:
            site.problem(where, "in unknown parts")
        fields = {field["id"]: field for field in comparison["fields"]}
        for option in comparison["options"]:
            if list(option["values"]) != list(fields):
                site.problem(where, f"{option['name']} has the fields {list(option['values'])}")
            for field, value in option["values"].items():
                plain = BeautifulSoup(value, "html5lib").get_text()
                if "scale" in fields[field] and plain not in fields[field]["scale"]:
                    site.problem(where, f"{plain!r} is not on the scale of {field}")
                check_html(site, where, value)
        for key in ("lead", "rule"):
            check_html(site, where, comparison.get(key, ""))


def project(name, folder):
    """Writes a project from its text; as in tests/cases."""
    text = (HERE / f"{name}.txtar").read_text()
    pieces = re.split(r"^-- (.+) --\n", text, flags=re.M)[1:]
    for path, content in zip(pieces[::2], pieces[1::2]):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # Text can't hold the smallest of pictures, nor one that is published in several widths.
        is_picture = path.endswith((".png", ".jpg"))
        picture = wide() if content.strip() == "wide" else PIXEL
        target.write_bytes(picture if is_picture else content.encode())


def build(partwork, root, output, base):
    command = [partwork, "build", "--quiet", "--root", root, "--output", output, "--base-url", base]
    # Nothing of it is for the user's own folder.
    environment = {**os.environ, "PARTWORK_CACHE": str(output) + ".cache"}
    subprocess.run([*map(str, command), "--at", "2026-01-01"], check=True, env=environment)
    return Site(output, base)


# How to spoil the site of nasty.txtar: a file, a pattern, what to put there, and a word of the
# complaint.
SPOILED = [
    ("feed.xml", r"<updated>[^<]*</updated>", "", "failed to validate"),
    ("feed.xml", r"(<published>[^<T]*)T[^<]*", r"\1", "RELAXNGV"),
    ("feed.xml", r"tag:[^<]*/b</id>", "https://example.org/x</id>", "RFC 4151"),
    ("feed.xml", r'href=&quot;https:[^&]*&quot;', "href=&quot;b.md&quot;", "no URI"),
    ("feed.xml", r"&lt;h2", "&lt;script&gt;1&lt;/script&gt;&lt;h2", "a script or a style"),
    ("feed.xml", r'rel="self"', 'rel="related"', "link to itself"),
    ("feed.xml", r"&lt;h2", "&lt;h3", "what the Atom feed says"),
    ("feed.json", r'"version": "[^"]*"', '"version": "1"', "version"),
    ("feed.json", r'"date_modified": "[^"]*"', '"date_modified": "2025-01-01"', "date-time"),
    ("sitemap.xml", r"<loc>[^<]*/om/</loc>", "<loc>/om/</loc>", "can't stand here"),
    ("sitemap.xml", r"<lastmod>[^<]*", "<lastmod>1 May 2025", "changed at"),
    ("sitemap.xml", r"(<loc>[^<]*/om/</loc>)", r'\1<link xmlns="http://www.w3.org/1999/xhtml" rel="alternate" hreflang="sv" href="/sv/om/"/>', "alternate is no URI"),
    ("sitemap.xml", r"<url>(?s:.)*?</url>", "", "is missing"),
    ("sitemap.xml", r"/om/", "/search/", "no page to list"),
    ("serié/series.json", r'"status": "soon"', '"status": "published"', "url"),
    ("serié/series.json", r'"number": 0', '"number": "0"', "not of type"),
    ("serié/series.json", r'"s": "&lt;"', '"s": "x"', "scale"),
    ("anteckningar/två/index.html", r'"@type":"BlogPosting"', '"@type":"Anteckning"', "structured data of"),
    ("serié/b/index.html", r'"@type":"Article"', '"@type":"Artikel"', "structured data of"),
    ("serié/b/index.html", r'"headline":', '"heading":', "Article without"),
    ("serié/b/index.html", r'"position":2', '"position":7', "positions"),
    ("serié/b/index.html", r'"datePublished":"[^"]*"', '"datePublished":"soon"', "datePublished"),
    ("serié/b/index.html", r'rel="canonical" href="', 'rel="canonical" href="x', "canonical"),
    ("serié/b/index.html", r'property="og:url" content="[^"]*"', 'property="og:url" content="/b/"', "og:url"),
    ("serié/b/index.html", r"\\u003c/script\\u003e\\u003cscript\\u003e", "</script><script>", "Unterminated"),
    ("serié/b/index.html", r"/feed\.xml", "/fed.xml", "a feed that is not there"),
    ("serié/b/index.html", r'property="og:image" content="https://', 'property="og:image" content="https://ö', "is no URI"),
    ("serié/b/index.html", r'og:image" content="([^"]*)b/card.png', r'og:image" content="\1b/bild.png', "leads nowhere"),
    ("serié/b/index.html", r'og:image" content="([^"]*)b/card.png', r'og:image" content="\1%D1%87%D0%B0%D1%81%D1%82%D1%8C/bild%20%C3%B6.png', "another size"),
    ("serié/b/index.html", r'integrity="sha384-.', 'integrity="sha384-!', "the integrity of"),
    ("serié/b/index.html", r"(<script src=[^.]*)\.[0-9a-f]{10}", r"\1", "no asset with a fingerprint"),
    ("serié/часть/index.html", r"<source srcset=\"[^,]*", '<source srcset="bild.jpg', "an image that is not there"),
    ("serié/часть/index.html", r'height="1" loading="lazy"', "", "is not said"),
    ("llms.txt", r"\n\n- \[Del", "\nA word.\n- [Del", "no entry of a list"),
    ("llms.txt", r"b/index.md", "bb/index.md", "leads nowhere"),
    ("llms.txt", r"\n- \[Del.*", "", "other files than the twins"),
    ("serié/b/index.md", r"\]\(https:[^)]*\)", "](b.md)", "leads nowhere"),
    ("_headers", r"\n/", "\n" + "/x\n" * 100 + "/", "rules"),
    ("_headers", r"default-src", "default-src" + " x" * 1000, "characters"),
    ("_headers", r", immutable", "", "is kept for"),
    ("_headers", r"(/feed.xml\n.*)max-age=600", r"\1max-age=6000", "is kept for"),
    ("_headers", r"/feed.xml\n", "/fed.xml\n", "a rule for nothing"),
    ("_redirects", r" 301", " 301!", "every host knows"),
    ("_redirects", r" 301", " 410", "every host knows"),
    ("_redirects", r"/gammal/", "/gam:mal/", "every host knows"),
    ("_redirects", r"\n.*301", "", "are missing"),
    ("_redirects", r"/c/ 301", "/d/ 301", "another page"),
]


def check_spoiled(site, folder):
    problems = []
    for path, pattern, replacement, word in SPOILED:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(site.folder, folder)
        text = (folder / path).read_text()
        spoiled = re.sub(pattern, replacement, text, count=1)
        if spoiled == text:
            problems.append(f"{path}: nothing to spoil by {pattern}")
            continue
        (folder / path).write_text(spoiled)
        try:
            found = validate(Site(folder, site.base))
        except ValueError as error:
            found = [str(error)]
        if not any(word in str(problem) for problem in found):
            problems.append(f"{path} spoiled by {pattern}: {found[:3]}")
    return problems


def main(arguments):
    if arguments[:1] == ["--site"]:
        problems = validate(Site(arguments[1], arguments[2]))
        print("\n".join(map(str, problems)))
        return 1 if problems else 0
    partwork = Path(arguments[0]).resolve()
    problems, sources = check_schemas(partwork)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        repository = HERE.parent.parent
        runs = [("repository", repository, "https://example.org/"), ("below", repository, "https://example.org/a/b/")]
        for name, base in [
            ("nasty", "https://example.org:8443/bäse/"),
            ("announced", "https://example.org/"),
            ("empty", "http://localhost:1111/deep/er/"),
        ]:
            project(name, folder / name)
            runs.append((name, folder / name, base))
        for name, root, base in runs:
            site = build(partwork, root, folder / f"{name}-site", base)
            problems += [f"{name}: {problem}" for problem in validate(site)]
            if name == "nasty":
                hidden = [path for path in sorted(site.files) if "geheimwort".encode() in site.read(path)]
                problems += [f"{name}: {path} holds what no reader may see" for path in hidden]
                problems += check_spoiled(site, folder / "spoiled")
    summary = f"{len(runs)} sites and {sources} sources are valid, {len(SPOILED)} spoiled sites are not"
    print("\n".join(map(str, problems)) or summary)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
