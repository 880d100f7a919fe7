"""Print the oldest and the newest Python of this machine that popgraph supports, a line each: its version and its folder.

Looked for are the installations of pyenv, and python3.X on the PATH. With fewer than two there is nothing to compare: exit 1.
"""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
ASK = "import sys; print(sys.version_info[0], sys.version_info[1], int(sys.version_info.releaselevel == 'final'))"


def supported() -> list[tuple[int, int]]:
    """Return the versions of the classifiers of pyproject.toml, oldest first."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    last = [
        line.rsplit(" :: ", 1)[1] for line in classifiers if line.startswith("Programming Language :: Python :: 3.")
    ]
    return sorted((3, int(version.split(".")[1])) for version in last)


def answers(python: Path, version: tuple[int, int]) -> bool:
    """Tell whether a file is that Python, and a release: pyenv puts files on the PATH that only say which versions there are."""
    try:
        done = subprocess.run([python, "-c", ASK], capture_output=True, encoding="utf-8", timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.split() == [str(version[0]), str(version[1]), "1"]


def folders() -> list[Path]:
    """Return where interpreters may lie, pyenv's installations first."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = sorted(pyenv.glob("*/bin")) if pyenv.is_dir() else []
    return installed + [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]


def find(version: tuple[int, int]) -> Path | None:
    """Return the folder of the first Python of a version."""
    name = f"python{version[0]}.{version[1]}"
    return next((folder for folder in folders() if answers(folder / name, version)), None)


def main() -> int:
    """Print the two, or what was looked for."""
    wanted = supported()
    found = {version: folder for version in wanted if (folder := find(version)) is not None}
    if len(found) < 2:
        names = ", ".join(f"python{major}.{minor}" for major, minor in wanted)
        have = ", ".join(f"{major}.{minor}" for major, minor in found) or "none"
        print(
            f"two Pythons are needed, the oldest and the newest; looked for {names} among pyenv's versions and on the PATH, "
            f"and found {have}: install another, such as with `pyenv install 3.13`",
            file=sys.stderr,
        )
        return 1
    for major, minor in (min(found), max(found)):
        print(f"{major}.{minor}", found[major, minor])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
