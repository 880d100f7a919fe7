"""Check the site that Sphinx built: its links and anchors, that it asks no other host for anything, and how a browser shows it.

Usage: python check_site.py FOLDER [--every N] [--screenshots FOLDER] [--no-browser]

One line for each fault, and then what was looked at. In headless Chromium, at 1,280 and at 400 pixels, no page may be wider than
its window, write an error to the console, or ask for what is not there; and the search must find "degenerate cut". The browser sees
every page, but of the pages of single names only each N-th (8 unless told).
"""

import argparse
import posixpath
import re
import shutil
import sys
import threading
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

WIDTHS = (1280, 400)
SOUGHT = "degenerate cut"
LOADED = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
}
OF_STYLE = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""")
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CULPRITS = """() => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map(e => e.tagName.toLowerCase() + '.' + e.className).join(', ')"""


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.inside_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up the addresses and the anchors of an element."""
        given = {name: value or "" for name, value in attrs}
        self.inside_style = tag == "style"
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.loaded += styled(given.get("style", ""))
        if tag in LOADED and LOADED[tag] in given:
            self.loaded.append(given[LOADED[tag]])
        self.loaded += [part.split()[0] for part in given.get("srcset", "").split(",") if part.strip()]
        if tag == "link" and "href" in given:
            (
                self.links if given.get("rel") in ("next", "prev", "index", "search", "canonical") else self.loaded
            ).append(given["href"])
        if tag in ("a", "area") and "href" in given:
            self.links.append(given["href"])

    def handle_data(self, data: str) -> None:
        """Take up the addresses of a style sheet inside a page."""
        if self.inside_style:
            self.loaded += styled(data)
            self.inside_style = False


def styled(style: str) -> list[str]:
    """Return the addresses in a piece of CSS."""
    return [one or other for one, other in OF_STYLE.findall(style)]


def check_links(folder: Path) -> tuple[list[str], int]:
    """Return the faults of all links, anchors and loaded files, and how many there are."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    pages = {name: Page(path.read_text(encoding="utf-8")) for name, path in files.items() if is_page(name)}
    faults, count = [], 0
    for name, page in pages.items():
        for address, is_loaded in [*((link, True) for link in page.loaded), *((link, False) for link in page.links)]:
            parts = urlsplit(address)
            if parts.scheme in ("data", "mailto", "javascript"):
                continue
            if parts.netloc:
                faults += [f"{name}: loads {address} of another host"] * is_loaded
                continue
            count += 1
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
            )
            target = target if target in files else posixpath.normpath(f"{target}/index.html")
            if target not in files:
                faults.append(f"{name}: {address} leads to no file")
                continue
            sought = {parts.fragment, unquote(parts.fragment)}
            if parts.fragment and target in pages and not sought & pages[target].anchors:
                faults.append(f"{name}: {address} names no anchor of its page")
    for name, path in files.items():
        if name.endswith(".css"):
            foreign = [address for address in styled(path.read_text(encoding="utf-8")) if urlsplit(address).netloc]
            faults += [f"{name}: loads {address} of another host" for address in foreign]
    return faults, count


def is_page(name: str) -> bool:
    """Tell whether a file is a page of the site; a theme has templates among its own files."""
    return name.endswith(".html") and not name.startswith("_static/")


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def seen_pages(folder: Path, every: int) -> list[str]:
    """Return the pages that a browser is shown."""
    names = [
        name
        for name in (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.html")))
        if is_page(name)
    ]
    single = [name for name in names if name.startswith("reference/popgraph.")]
    return [name for name in names if name not in single] + single[::every]


class Browser:
    """A page in Chromium, with the faults that it shows."""

    def __init__(self, chromium: Any, address: str) -> None:
        self.address = address
        self.page = chromium.new_page(viewport={"width": WIDTHS[0], "height": 900})
        self.faults: list[str] = []
        self.at = ""
        self.page.on("console", lambda said: self.note(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.note(str(error)))
        self.page.on("request", lambda asked: self.note_request(asked.url))
        self.page.on(
            "response", lambda got: self.note(f"{got.url} answers {got.status}") if got.status >= 400 else None
        )

    def note(self, fault: str) -> None:
        """Keep a fault with the page on which it was seen."""
        self.faults.append(f"{self.at}: {fault}")

    def note_request(self, url: str) -> None:
        """Keep a request to another host."""
        if not url.startswith((self.address, "data:", "blob:", "about:")):
            self.note(f"asks {url} of another host")

    def look(self, name: str, screenshots: Path | None) -> None:
        """Open a page, and look at it at each width."""
        self.at = name
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        self.page.goto(f"{self.address}/{name}", wait_until="load")
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            if (over := self.page.evaluate(TOO_WIDE)) > 0:
                self.note(f"{over} pixels too wide at {width}: {self.page.evaluate(CULPRITS)}")
            if screenshots:
                self.page.screenshot(path=screenshots / f"{name.replace('/', '-')}-{width}.png", full_page=False)

    def search(self, screenshots: Path | None) -> int:
        """Search the site, and return how many pages were found."""
        self.at = "search.html"
        self.page.goto(f"{self.address}/search.html?q={SOUGHT.replace(' ', '+')}")
        results = "#search-results ul.search li"
        try:
            self.page.wait_for_selector(results, timeout=30_000)
            self.page.wait_for_function(
                "() => /found|finished/i.test(document.querySelector('#search-results').innerText)", timeout=30_000
            )
        except Exception as error:  # of playwright, whose class is known only where it is installed
            self.note(f"the search for {SOUGHT!r} finds nothing ({str(error).splitlines()[0]})")
        if screenshots:
            self.page.screenshot(path=screenshots / "search-results.png")
        return int(self.page.locator(results).count())


def check_in_browser(folder: Path, every: int, screenshots: Path | None) -> tuple[list[str], str]:
    """Return the faults that Chromium shows, and what was looked at."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            browser = Browser(chromium, f"http://127.0.0.1:{server.server_port}")
            names = seen_pages(folder, every)
            for name in names:
                browser.look(name, screenshots)
            found = browser.search(screenshots)
            chromium.close()
    finally:
        server.shutdown()
    return (
        browser.faults,
        f"{len(names)} seen at {' and '.join(map(str, WIDTHS))} pixels, {SOUGHT!r} found on {found} pages",
    )


def main(arguments: list[str]) -> int:
    """Print one line for each fault, and what was looked at."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=8)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args(arguments)
    faults, links = check_links(asked.folder)
    pages = len(seen_pages(asked.folder, 1))
    said = f"{pages} pages, {links} internal links"
    if not pages:
        faults.append(f"{asked.folder}: no page")
    elif not asked.no_browser:
        if asked.screenshots:
            asked.screenshots.mkdir(parents=True, exist_ok=True)
        more, seen = check_in_browser(asked.folder, asked.every, asked.screenshots)
        faults += more
        said += f", {seen}"
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{said}; faults: {len(faults)}")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
