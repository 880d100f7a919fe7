"""Check the README that a package index will show: in the wheel's metadata, no link may be relative to the repository.

Usage: python check_metadata.py WHEEL
"""

import re
import sys
import zipfile
from email import message_from_string

LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|(?:src|href)=\"([^\"]+)\"")


def relative_links(text: str) -> list[str]:
    """Return the targets of Markdown and HTML links that are neither absolute nor within the page."""
    targets = [one or other for one, other in LINK.findall(text)]
    return [target for target in targets if not target.startswith(("https://", "http://", "#"))]


def main(path: str) -> int:
    """Print the links that lead nowhere, and how many hold."""
    with zipfile.ZipFile(path) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(wheel.read(name).decode("utf-8"))
    text = metadata.get_payload()
    count = len(LINK.findall(str(text)))
    bad = relative_links(str(text))
    print(f"{path.rsplit('/', 1)[-1]}: {count} links in the description, relative: {bad or 'none'}")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
