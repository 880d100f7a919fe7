"""A library of an extra that is missing: what needs it is skipped with its name, in CI it fails. Shown on a suite of its own."""

import re
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SUITE = '''
"""
>>> import sympy_is_missing
"""
import pytest
from extras import need

def lacks():
    try:
        import flint_is_missing
    except ImportError as error:
        raise RuntimeError("run: pip install it") from error

def test_that_imports_it(): import sklearn_is_missing

def test_that_calls_what_imports_it(): lacks()

def test_that_needs_it(): need("torch_is_missing")

@pytest.fixture
def table(): import pandas_is_missing

def test_with_a_fixture_that_imports_it(table): pass

def test_that_expects_its_lack():
    with pytest.raises(RuntimeError):
        lacks()

def test_of_another_library(): import not_in_any_extra

def test_that_fails(): assert not "right"
'''
CONFTEST = """
import extras

def pytest_configure(config):
    plugin = extras.SkipWhatNeedsAMissingExtra()
    plugin.known = {f"{name}_is_missing" for name in ("flint", "pandas", "sklearn", "sympy", "torch")}
    config.pluginmanager.register(plugin)
"""
pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    shutil.copy(HERE / "extras.py", pytester.path)
    shutil.copy(HERE.parent / "pyproject.toml", pytester.path.parent)  # of which the extras are read
    pytester.makeini("[pytest]\naddopts = --doctest-modules\npythonpath = .")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SUITE)
    return pytester


def test_outside_ci_what_lacks_a_library_is_skipped_with_its_name(suite, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    done = suite.runpytest_subprocess("-rs", "-p", "no:cacheprovider")
    done.assert_outcomes(skipped=5, passed=1, failed=2)
    named = set(re.findall(r"could not import '(\w+)_is_missing'", done.stdout.str()))
    assert named == {"flint", "pandas", "sklearn", "sympy", "torch"}


@pytest.mark.slow
def test_in_ci_it_fails(suite, monkeypatch):
    monkeypatch.setenv("CI", "true")
    done = suite.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, failed=6, errors=1)
