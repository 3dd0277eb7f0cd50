"""The table in README.md names tests that exist, and every test of this folder's faults."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = (HERE / "README.md").read_text(encoding="utf-8")
ROWS = {*range(1, 12), *range(13, 19), *range(23, 32), 38, 40}


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return {function.name for function in functions if function.name.startswith("test_")}


def named() -> dict[int, set[tuple[Path, str]]]:
    """The tests that each row names, by its number."""
    rows = {}
    for line in TABLE.splitlines():
        if row := re.match(r"\| (\d+) \|", line):
            found = re.findall(r"`([\w./]+\.py)::(\w+)`", line)
            rows[int(row.group(1))] = {((HERE / file).resolve(), test) for file, test in found}
    return rows


def test_every_fault_of_the_table_has_tests_that_exist() -> None:
    rows = named()
    assert set(rows) == ROWS
    assert [number for number, tests in rows.items() if not tests] == []
    assert [f"{file}::{test}" for tests in rows.values() for file, test in tests if test not in names_in(file)] == []


def test_every_test_of_a_fault_stands_in_the_table() -> None:
    here = {test for tests in named().values() for file, test in tests if file == HERE / "test_faults.py"}
    assert here == names_in(HERE / "test_faults.py")
