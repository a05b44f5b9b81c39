"""Makes wrong rules out of right ones: one small change of a rule's source at a time, in memory. Judges nothing.

What is changed: comparisons and their boundary, `and` and `or`, `not`, `any` and `all`, numbers, indicators and other
short texts, severities, True and False, column 1 and column 2, RT and LT, and the members of sets, one taken away.
Left alone: documentation, imports, messages, assertions, and what a rule only declares about itself.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

_OTHER_WAY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OTHER_NAME = {"column1": "column2", "column2": "column1", "any": "all", "all": "any"}
_OTHER_TEXT = {"error": "advice", "warning": "error", "advice": "error", "RT": "LT", "LT": "RT"}
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module, ready to run. `change` names the statement and what it became, and is the same in every run."""

    change: str
    code: CodeType

    def run(self, name: str) -> ModuleType:
        """The module. Raises whatever the change makes it raise."""
        module = ModuleType(name)
        module.__file__ = name
        exec(self.code, module.__dict__)
        return module


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    for statement in tree.body:
        for apply, undo in _changes(statement):
            told = apply()
            ast.fix_missing_locations(tree)
            code = compile(tree, path.name, "exec")
            undo()
            seen[told] += 1
            again = f" ({seen[told]})" if seen[told] > 1 else ""
            yield Mutant(f"{path.stem}: {told}{again}", code)


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


_Change = tuple[Callable[[], str], Callable[[], None]]


def _changes(statement: ast.stmt) -> Iterator[_Change]:
    if isinstance(statement, ast.Import | ast.ImportFrom) or _is_text(statement):
        return
    match statement:
        case ast.Assign(value=ast.Call(func=ast.Name(id="Rule"), args=[_, severity, *_])):
            yield from _of(severity, statement)
        case _:
            yield from _within(statement, statement)


def _is_type(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _within(node: ast.AST, shown: ast.AST) -> Iterator[_Change]:
    """The changes of a node and all below it; `shown` is the nearest small statement, which names them."""
    if isinstance(node, ast.JoinedStr | ast.Assert | ast.arg) or _is_text(node) or _is_type(node):
        return
    if isinstance(node, ast.stmt | ast.comprehension) and not isinstance(node, ast.If | ast.For | ast.FunctionDef):
        shown = node
    yield from _of(node, shown)
    for name, below in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "op", "ops", "ctx"):
            continue
        for one in below if isinstance(below, list) else [below]:
            if isinstance(one, ast.AST):
                yield from _within(
                    one, one if isinstance(node, ast.If | ast.For) and name in ("test", "iter") else shown
                )


def _of(node: ast.AST, shown: ast.AST) -> Iterator[_Change]:
    """The changes of this node itself."""
    match node:
        case ast.Compare(ops=[op]):
            yield _swap(node, "ops", [_OTHER_WAY[type(op)]()], shown)
        case ast.BoolOp():
            yield _swap(node, "op", ast.And() if isinstance(node.op, ast.Or) else ast.Or(), shown)
        case ast.UnaryOp(op=ast.Not()):
            yield _swap(node, "operand", ast.UnaryOp(ast.Not(), node.operand), shown)
        case ast.Name(id=name) if name in ("any", "all"):
            yield _swap(node, "id", _OTHER_NAME[name], shown)
        case ast.Attribute(attr=name) if name in _OTHER_NAME:
            yield _swap(node, "attr", _OTHER_NAME[name], shown)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op):
            yield _swap(node, "op", ast.BitOr() if isinstance(op, ast.BitAnd) else ast.BitAnd(), shown)
        case ast.If(body=[ast.Continue()]):
            yield _swap(node, "body", [ast.Pass()], node.test, "go on")
        case ast.Set(elts=[_, *_] as members) | ast.Tuple(elts=[_, _, *_] as members) if _values(members):
            for place in range(len(members)):
                yield _swap(node, "elts", members[:place] + members[place + 1 :], shown)
        case ast.Constant(value=bool() as value):
            yield _swap(node, "value", not value, shown)
        case ast.Constant(value=int() as value):
            yield _swap(node, "value", value + 1, shown)
        case ast.Constant(value=str() as value) if value in _OTHER_TEXT:
            yield _swap(node, "value", _OTHER_TEXT[value], shown)
        case ast.Constant(value=str() as value) if len(value) == 1 and value.isdigit():
            yield _swap(node, "value", str((int(value) + 1) % 10), shown)


def _values(members: list[ast.expr]) -> bool:
    """True for a list of values or of rows, of which any may be missing."""
    return all(isinstance(one, ast.Constant) for one in members) or all(isinstance(one, ast.Call) for one in members)


def _swap(node: ast.AST, field: str, new: object, shown: ast.AST, told: str = "") -> _Change:
    old = getattr(node, field)

    def apply() -> str:
        within, before = _line(shown), _line(node) if not told else ""
        setattr(node, field, new)
        change = told or f"{before} -> {_line(node)}"
        return f"{within[:_LONGEST_SHOWN]}: {change}"

    def undo() -> None:
        setattr(node, field, old)

    return apply, undo
