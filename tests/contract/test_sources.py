"""The house rules that a reader of the code relies on, and that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from argus.station.board import load_board

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "app" / "argus").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 40
LONGEST_STORIES = 500  # test modules are read one story at a time
CATCH_ALL = {"base/tasks.py", "onvif/endpoint.py", "rtsp/session.py"}
KERNEL_MODULES = {"fcntl", "ctypes"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def room_path(path: Path) -> str:
    return path.relative_to(ROOT / "app" / "argus").as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES + TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_fits_a_reader(path: Path) -> None:
    longest = LONGEST_STORIES if path.name.startswith("test_") else LONGEST_FILE
    assert sum(1 for _ in path.open()) < longest
    for function in functions(path):
        lines = (function.end_lineno or 0) - function.body[0].lineno + 1
        assert lines <= LONGEST_FUNCTION, f"{function.name} has {lines} lines"


@pytest.mark.parametrize("path", MODULES, ids=room_path)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert path.name == "__main__.py" or ast.get_docstring(tree(path)), "no docstring"


def test_everything_is_caught_in_three_places_only() -> None:
    found = {
        room_path(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    }
    assert found == CATCH_ALL


def test_system_calls_are_made_in_the_linux_room_only() -> None:
    found = {
        room_path(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import) and any(alias.name in KERNEL_MODULES for alias in node.names)
    }
    assert all(path.startswith("linux/") for path in found), found


def test_tasks_are_created_in_task_groups_only() -> None:
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in ("create_task", "ensure_future"):
                owner = ast.unparse(node.value)
                assert owner not in ("asyncio", "loop", "self._loop"), f"{room_path(path)}:{node.lineno}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("board/*/board.toml")), ids=lambda path: path.parent.name)
def test_a_board_file_loads(path: Path) -> None:
    board = load_board(path)
    assert board.board_id == path.parent.name
    assert board.video_sources
