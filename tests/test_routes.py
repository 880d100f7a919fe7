"""Routes x laws: each cell of the table is filled or says why it is not. `python tests/routes.py` prints it."""

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
