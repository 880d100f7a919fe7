"""Run the README's code as a reader would who has only installed the package: all its blocks, one after the other.

Usage: python run_readme.py README.md [REQUIREMENT ...]

Each requirement named must be one that is missing: a block that asks for it must say so, in an error that names it, and what
follows in that block is left out. Nothing else may be missing.
"""

import doctest
import io
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path

BLOCK = re.compile(r"^```(python|py)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL | doctest.FAIL_FAST


def main(readme: str, *expected: str) -> int:
    """Run the blocks of doctests in one session, and print what failed and which requirement was missing."""
    blocks = [code for kind, code in BLOCK.findall(Path(readme).read_text(encoding="utf-8")) if kind == "python"]
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=FLAGS)
    session: dict[str, object] = {}
    missing, failures, examples = set(), [], 0
    for number, block in enumerate(blocks, 1):
        test = parser.get_doctest(block, session, f"block {number} of {readme}", readme, 0)
        examples += len(test.examples)
        said = io.StringIO()
        with redirect_stdout(said):
            failed = runner.run(test, clear_globs=False, out=said.write).failed
        session |= test.globs
        if failed:
            named = [name for name in expected if f'"{name}' in said.getvalue() and "MissingExtra" in said.getvalue()]
            missing.update(named)
            failures += [] if named else [said.getvalue()]
    print(
        f"{examples} examples in {len(blocks)} blocks; missing, and said to be: {', '.join(sorted(missing)) or 'nothing'}"
    )
    print(*failures, sep="\n")
    return 0 if examples and not failures and missing == set(expected) else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
