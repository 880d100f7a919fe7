"""PDF of a page, by a TeX or a Chromium of the machine; and files that are written all or none."""

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from popgraph.basics.words import shorten
from popgraph.errors import MissingExtra

TEX = ("lualatex", "pdflatex", "xelatex")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
SECONDS = 180.0  # for one document; a browser that starts for the first time is slow


def pdf_of(page: str, latex: str) -> bytes:
    """Return the PDF of a page, given as HTML and as LaTeX."""
    tried = []
    for program in (*TEX, *BROWSERS):
        path = shutil.which(program)
        if path is None:
            continue
        with tempfile.TemporaryDirectory(prefix="popgraph-") as folder:
            command = _tex(path, Path(folder), latex) if program in TEX else _browser(path, Path(folder), page)
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(command, cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS)
            printed = Path(folder) / "page.pdf"
            if printed.is_file() and printed.read_bytes().startswith(b"%PDF"):
                return printed.read_bytes()
        tried.append(program)
    found = f"{', '.join(tried)} printed none" if tried else "there is none here"
    raise MissingExtra(
        f"a PDF needs a TeX (lualatex, pdflatex) or Chromium, and {found}; give a path that ends in .html, which any browser "
        "prints, or in .tex"
    )


def _tex(program: str, folder: Path, latex: str) -> list[str]:
    (folder / "page.tex").write_text(latex, encoding="utf-8")
    return [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]


def _browser(program: str, folder: Path, page: str) -> list[str]:
    source = folder / "page.html"
    source.write_text(page, encoding="utf-8")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # as which Chromium starts only without its sandbox
    return [
        program,
        "--headless",
        *(["--no-sandbox"] if root else []),
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={folder / 'profile'}",
        f"--print-to-pdf={folder / 'page.pdf'}",
        source.as_uri(),
    ]


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write files, all or none: each beside its place first; what stood in the places comes back where one cannot be taken."""
    with contextlib.ExitStack() as stack:
        beside = {path: stack.enter_context(_beside(path, content)) for path, content in contents.items()}
        before = {path: path.read_bytes() if path.exists() else None for path in contents}
        taken: list[Path] = []
        try:
            for path, part in beside.items():
                os.replace(part, path)
                taken.append(path)
        except BaseException:
            for path in taken:
                content = before[path]
                if content is None:
                    path.unlink(missing_ok=True)
                else:
                    path.write_bytes(content)
            raise


@contextlib.contextmanager
def _beside(path: Path, content: bytes) -> Iterator[Path]:
    """Write a file beside another one, and remove it in the end if it is still there."""
    part = path.with_name(f".{path.name[:32]}.{secrets.token_hex(8)}.part")
    try:
        part.write_bytes(content)
        yield part
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno, f"there is no such folder to write in: {shorten(str(path.parent))}"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
