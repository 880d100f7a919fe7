"""Routes x laws: each cell of the table is filled or says why it is not. `python tests/routes.py` prints it."""

from dataclasses import replace

import clusters
import numpy as np
import pytest
import routes
from extras import need

FILLED = routes.cells()
QUICK = 1  # cases of each cell in the default layer
CELLS = [
    pytest.param(route, law, name, marks=[pytest.mark.slow] * (place >= QUICK), id=f"{route}-{law}-{name}")
    for (route, law), names in FILLED.items()
    for place, name in enumerate(names)
]


@pytest.fixture(scope="module", autouse=True)
def close_the_cluster():
    yield
    clusters.close()


@pytest.mark.parametrize(("route", "law", "name"), CELLS)
def test_law(route, law, name):
    if "Dask" in route or law in ("threads", "hash seed"):
        need("distributed")
    routes.LAWS[law].check(routes.answer_of(route, name))


def test_every_cell_is_filled_or_says_why():
    empty = {cell for cell, names in FILLED.items() if not names}
    assert empty == set(routes.EMPTY)
    assert all(routes.EMPTY.values())


def test_the_table_is_printed_with_a_number_or_a_reason_in_each_cell(capsys):
    routes.main()
    printed = capsys.readouterr().out.splitlines()
    for route, line in zip(routes.ROUTES, printed[1:], strict=False):
        assert line.startswith(route)
        assert len(line[len(route) :].split()) >= len(routes.LAWS)
    assert all(any(reason in line for line in printed) for reason in routes.EMPTY.values())


def spoilt(answer, **changes):
    return replace(answer, spectrum=replace(answer.spectrum, **changes))


@pytest.mark.parametrize(
    ("law", "spoil"),
    [
        ("γ within the residual", lambda spectrum: {"gamma": spectrum.gamma - [0, 0, 1e-9]}),
        ("eigenspaces", lambda spectrum: {"eigenvectors": np.roll(spectrum.eigenvectors, 1, axis=1)}),
        ("multiplicities", lambda spectrum: {"gamma_known": spectrum.gamma_known - 1e-9 * (np.arange(62) == 2)}),
        ("clean cuts", lambda spectrum: {"gamma_known": spectrum.gamma_known - 1e-9 * (np.arange(62) == 2)}),
        ("remainder", lambda spectrum: {"certificate": replace(spectrum.certificate, remainder_bound=0.1)}),
        ("angle bound", lambda spectrum: {"eigenvectors": np.eye(*spectrum.eigenvectors.shape)}),
        ("gap", lambda spectrum: {"certificate": replace(spectrum.certificate, remainder=0.9 - 1e-9)}),
        ("residuals", lambda spectrum: {"residuals": spectrum.residuals + 1e-12}),
        ("orthonormal", lambda spectrum: {"eigenvectors": spectrum.eigenvectors * (1 + 1e-9)}),
        ("its route", lambda spectrum: {"solvers": (replace(spectrum.solvers[0], solver="iterative"),)}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_law_can_fail(law, spoil):
    answer = routes.answer_of("dense", "tree with a gap of 1e-03")
    routes.LAWS[law].check(answer)
    with pytest.raises(AssertionError):
        routes.LAWS[law].check(spoilt(answer, **spoil(answer.spectrum)))


@pytest.mark.parametrize("law", ["threads", "hash seed"])
def test_other_bits_are_noticed(law, monkeypatch):
    seen = iter(["one", "another"])
    monkeypatch.setattr(routes, "digests", lambda **environment: {"dense": next(seen)})
    with pytest.raises(AssertionError):
        routes.LAWS[law].check(routes.answer_of("dense", "tree with a gap of 1e-03"))


@pytest.mark.parametrize("law", ["order", "scaled p"])
def test_another_spectrum_of_another_order_or_scale_is_noticed(law, monkeypatch):
    answer = routes.answer_of("dense", "tree with a gap of 1e-03")
    other = routes.tree_case([(0.9, 2), (0.9 - 2e-3, 3), (0.4, 1)], 60, 3)
    solve = lambda case, scale: other.known.graph().spectrum(3)  # noqa: E731
    monkeypatch.setitem(routes.ROUTES, "dense", replace(routes.ROUTES["dense"], solve=solve))
    with pytest.raises(AssertionError):
        routes.LAWS[law].check(answer)
