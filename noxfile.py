"""What a change must pass, each as a session of its own: `nox -l` lists them, `nox -s lint` runs one, and `.ci/run` most of them.

Each session works in a fresh environment. Arguments after `--` go to pytest: `nox -s tests-3.13 -- -k probe`.
"""

import os
import shlex
import shutil
import tarfile
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "tests", "example", "package"]

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
# torch is no part of the `test` extra, whose users need not wait for it; where CI is set, its tests must not be skipped.
TORCH = "torch==2.13.0"
# Pictures are those of today's matplotlib and notebooks those of today's Jupyter; the lowest versions are for what computes.
NOT_ON_THE_LOWEST = (
    *("*/test_plot*.py", "*/test_notebooks.py", "*/test_examples.py", "*/test_explorer.py", "*/plot/*"),
    # Nor do these compute: they read the project's files, or run its tools.
    *(f"*/test_{name}.py" for name in ("architecture", "packaging", "repository", "site", "theory_document", "typing")),
    *("*/test_docstrings*.py", "*/test_exercises.py", "*/benchmarks/*"),
    # These repeat on many seeds, or in processes of their own, what other files compute once.
    *(
        f"*/test_{name}.py"
        for name in ("hash_seeds", "hunting", "interrupts", "memory_taken", "portability", "strategies")
    ),
    *("*/test_minima*.py", "*/test_sampled_verification.py", "*/test_training_kinds.py", "*/test_theory*.py"),
)
# These tests read files of the project beside the package: one that the sdist lacks is missed here.
READ_FILES = tuple(
    f"tests/test_{name}.py"
    for name in (
        "architecture",
        "docstrings",
        "examples",
        "exercises",
        "layers",
        "notebooks",
        "packaging",
        "plot_images",
        "portability",
        "repository",
        "site",
        "theory_document",
        "typing",
    )
)
# matplotlib 3.9 uses names that today's pyparsing deprecates.
LOWEST_WARNINGS = ("-W", "ignore::pyparsing.warnings.PyparsingDeprecationWarning")


def readme_command(ending: str) -> list[list[str]]:
    """Return the README's shell command that ends so, as the lists of words of its parts, so that what it says is what is run."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    command = next(line for line in lines if line.startswith("pip install -e") and line.endswith(ending))
    return [shlex.split(part) for part in command.split("&&")]


def with_torch(session: nox.Session) -> None:
    """Install torch where CI is set, before anything that depends on it."""
    if os.environ.get("CI"):
        session.install(TORCH)


def requirement(name: str) -> str:
    """Return what pyproject.toml asks for of a tool."""
    asked: list[str] = PROJECT["project"]["optional-dependencies"]["test"]
    return next(line for line in asked if line.startswith(f"{name}>="))


def read_versions(session: nox.Session) -> None:
    """Print which Python and which libraries the session resolved to."""
    names = ("numpy", "scipy", "networkx", "matplotlib", "pandas", "hypothesis", "pytest", "torch")
    code = f"""import sys
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
print("versions: Python", sys.version.split()[0], *(f"{{name}} {{of(name)}}" for name in {names}), sep=", ")"""
    session.run("python", "-c", code)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The README's test command, as written."""
    with_torch(session)
    *install, test = readme_command("pytest -n auto")
    for part in install:
        session.run(*part)
    read_versions(session)
    session.run(*test, *session.posargs)


@nox.session(python=PYTHONS)
def example(session: nox.Session) -> None:
    """The README's main command, as written."""
    for part in readme_command("python examples/lightning_cloud.py"):
        session.run(*part)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """The tests of what computes, on the lowest versions that pyproject.toml allows."""
    project = PROJECT["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    session.install(*(line.replace(">=", "==") for line in asked))
    session.install("--no-deps", "-e", ".")
    read_versions(session)
    ignored = [f"--ignore-glob={pattern}" for pattern in NOT_ON_THE_LOWEST]
    without_torch = {"CI": None}  # whose lowest version is of no account here
    session.run("pytest", "-n", "auto", *ignored, *LOWEST_WARNINGS, *session.posargs, env=without_torch)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff's rules and layout, and spelling."""
    session.install(requirement("ruff"), "codespell")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")


@nox.session
def site(session: nox.Session) -> None:
    """The site, with warnings as errors; its links, and how a browser shows it."""
    session.install("-e", ".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", "build/site")
    session.run("python", str(ROOT / ".ci" / "check_site.py"), "build/site")


@nox.session(python=PYTHONS)
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    session.install("-e", ".[test]")
    session.run("mypy")


@nox.session
def package(session: nox.Session) -> None:
    """Build; check the metadata; the wheel alone runs the README's code, and the sdist has all that its own tests read."""
    session.install("build", "twine", "check-wheel-contents")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session.run("python", "-m", "build", "--outdir", name, ".")
        (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
        session.run("twine", "check", "--strict", str(wheel), str(sdist))
        session.run("check-wheel-contents", str(wheel))
        session.run("python", str(ROOT / ".ci" / "check_metadata.py"), str(wheel))

        alone = in_venv(session, folder / "wheel")
        session.run(alone, "-m", "pip", "install", str(wheel), external=True)
        script = shutil.copy(ROOT / ".ci" / "run_readme.py", folder)
        readme = shutil.copy(ROOT / "README.md", folder)
        session.chdir(folder)
        session.run(alone, "-W", "error", script, readme, "python-flint", external=True)
        session.run(alone, "-m", "pip", "install", f"popgraph[exact] @ {wheel.as_uri()}", external=True)
        session.run(alone, "-W", "error", script, readme, external=True)

        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        session.chdir(folder / sdist.name.removesuffix(".tar.gz"))
        source = in_venv(session, folder / "sdist")
        session.run(source, "-m", "pip", "install", "-e", ".[test]", external=True)
        without_torch = {"CI": None}
        whole = (source, "-m", "pytest", "--collect-only", "-qq")  # every module of tests finds what it imports
        session.run(*whole, external=True, silent=True, env=without_torch)
        session.run(
            source, "-m", "pytest", "-n", "auto", *READ_FILES, *session.posargs, external=True, env=without_torch
        )
        session.chdir(ROOT)


def in_venv(session: nox.Session, folder: Path) -> str:
    """Make an empty environment, and return its Python."""
    session.run("python", "-m", "venv", str(folder))
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


@nox.session
def repo_review(session: nox.Session) -> None:
    """Scientific Python's review of the repository; its exceptions stand with their reasons in pyproject.toml."""
    session.install("sp-repo-review[cli]")
    session.run("repo-review", ".")
