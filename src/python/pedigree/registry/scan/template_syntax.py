"""What a chat template may be made of: an allow-list of Jinja. What is not on it is refused, harmless or not.

The list is what templates of published models use, less what reaches outside of the messages: other files, attributes
by computed name, formats, and numbers large enough to fill memory. The clock is accepted, and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser

from pedigree.registry.scan.template_graph import walk

_NODES = frozenset(
    "Add And Assign AssignBlock Break Call CallBlock Compare Concat CondExpr Const Continue Dict Div Filter "
    "FilterBlock FloorDiv For Getattr Getitem If Keyword List Macro Mod NSRef Name Neg Not Operand Or Output Pair "
    "Pos Scope Slice Sub Template TemplateData Test Tuple".split()
)
_FILTERS = frozenset(
    "abs capitalize count d default dictsort e escape first float indent int items join last length list lower map "
    "max min reject rejectattr replace reverse round safe select selectattr sort string sum title tojson trim unique "
    "upper".split()
)
_TESTS = frozenset(
    "boolean defined divisibleby eq equalto even false ge gt in integer iterable le lower lt mapping ne none number "
    "odd sameas sequence string true undefined upper".split()
)
_CLOCK = "strftime_now"
_FUNCTIONS = frozenset(("caller", "dict", "namespace", "raise_exception", "range", _CLOCK))
_METHODS = frozenset(
    "capitalize count endswith find get index items join keys lower lstrip partition removeprefix removesuffix replace "
    "rfind rpartition rsplit rstrip split splitlines startswith strip title upper values".split()
)
_HIDDEN = re.compile(r"__\w+__")
_LARGEST = 1_000_000


class MalformedTemplate(ValueError):
    """A text is not a template; the message says where and why."""


class _Generation(Extension):
    """`{% generation %}`, which marks what a model learns from: to a reader, its body."""

    tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


# As transformers reads them; nothing is ever rendered here.
_ENVIRONMENT = Environment(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols])


def parse_template(text: str) -> nodes.Template:
    """The syntax tree of a template.

    Raises:
        MalformedTemplate: It is none.
    """
    try:
        return _ENVIRONMENT.parse(text)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise MalformedTemplate(f"line {line}: {error.message}" if line else str(error)) from error
    except (RecursionError, ValueError, OverflowError) as error:
        raise MalformedTemplate(f"cannot be parsed: {type(error).__name__}") from error


def forbidden(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line and fault of everything that is not on the list."""
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    for node in walk(tree):
        fault = _fault(node, macros)
        if fault:
            yield node.lineno, fault


def clock_lines(tree: nodes.Template) -> Iterator[int]:
    """Lines in which a template asks what day it is."""
    for node in walk(tree):
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == _CLOCK:
            yield node.lineno


def _fault(node: nodes.Node, macros: set[str]) -> str:
    kind = type(node).__name__
    if kind not in _NODES:
        return f"{kind} is not accepted in a template"
    if isinstance(node, nodes.Call):
        return _call_fault(node, macros)
    if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        return f"the filter '{node.name}' is not accepted"
    if isinstance(node, nodes.Filter) and node.name == "map" and any(pair.key == "attribute" for pair in node.kwargs):
        return "the filter 'map' with an attribute is not accepted"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return f"the test '{node.name}' is not accepted"
    if isinstance(node, (nodes.Getattr, nodes.NSRef)) and node.attr.startswith("_"):
        return f"the attribute '{node.attr}' is hidden"
    if isinstance(node, nodes.Name) and node.name.startswith("__"):
        return f"the name '{node.name}' is hidden"
    return _constant_fault(node) if isinstance(node, nodes.Const) else ""


def _call_fault(node: nodes.Call, macros: set[str]) -> str:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return "a call with a list of arguments is not accepted"
    called = node.node
    if isinstance(called, nodes.Name):
        return "" if called.name in _FUNCTIONS | macros else f"a call of '{called.name}' is not accepted"
    if isinstance(called, nodes.Getattr):
        return "" if called.attr in _METHODS else f"a call of the method '{called.attr}' is not accepted"
    return "a call of something that has no name is not accepted"


def _constant_fault(node: nodes.Const) -> str:
    if isinstance(node.value, str) and _HIDDEN.search(node.value):
        return f"the text '{node.value}' names a hidden attribute"
    if isinstance(node.value, (int, float)) and abs(node.value) > _LARGEST:
        return f"the number {node.value} is larger than {_LARGEST}"
    return ""
