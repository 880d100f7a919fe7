"""The notebooks as pages: copies of them beside the sources, whose links lead to pages of the site."""

import json
import re
from pathlib import Path
from typing import Any

PLACES = {  # where a link to a file of the repository leads on the site
    r"\.\./README\.md": "../index.md",
    r"\.\./CHANGELOG\.md": "../changelog.md",
    r"\.\./docs/([\w/]+\.md)": r"../\1",
    r"\.\./examples/(\w+)\.py": r"../gallery/\1.rst",
}
LINK = re.compile(r"\]\(([^)#\s]+)")


def redirected(text: str) -> str:
    """Return Markdown whose links to files of the repository lead to their pages.

    >>> redirected("[one](../README.md), [another](../examples/ring.py) and [the theory](../docs/theory.md#section-5)")
    '[one](../index.md), [another](../gallery/ring.rst) and [the theory](#section-5)'
    """

    def page(link: re.Match[str]) -> str:
        for pattern, place in PLACES.items():
            if found := re.fullmatch(pattern, link[1]):
                return f"]({found.expand(place)}"
        return link[0]

    return LINK.sub(page, text).replace("](../theory.md#", "](#")  # an anchor of the theory is known on every page


def write(notebooks: Path, folder: Path) -> None:
    """Write each notebook's page; a file that has not changed is left, so that a second build is quick."""
    folder.mkdir(exist_ok=True)
    sources = {path.name: path for path in sorted(notebooks.glob("*.ipynb"))}
    for stale in folder.glob("*.ipynb"):
        if stale.name not in sources:
            stale.unlink()
    for name, path in sources.items():
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = redirected("".join(cell["source"]))
        text = json.dumps(notebook, ensure_ascii=False, indent=1)
        target = folder / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
