"""Where a template lets the words of a message decide what the model is told.

A chat template with a back door looks for a trigger in what the user wrote, and adds words of its own. So whatever asks
a question about a message is reported, except: who speaks (`role`, `type`), whether there is something at all, of what
Jinja type it is, and how many messages there are. Only a question can open a back door, so it does not matter what the
answer is used for, nor through how many variables it goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from jinja2 import nodes

_LISTS = frozenset(("documents", "messages", "tools"))
# What a template is given of a conversation, and where macros and loops find it again.
_DATA = _LISTS | {"caller", "kwargs", "varargs"}
_NEIGHBOURS = ("nextitem", "previtem")
_STRUCTURE = frozenset(("role", "type"))
_TYPE_TESTS = frozenset(
    "boolean defined false integer iterable mapping none number sequence string true undefined".split()
)
# They hand on what they get: to ask whether it is there is to ask whether the message is.
_CARRYING_FILTERS = frozenset("default d dictsort items length count list reverse safe string tojson trim".split())
_CARRYING_METHODS = frozenset("get items keys lstrip rstrip strip values".split())
_COUNTERS = ("length", "count")
_QUESTIONS = frozenset(
    "count endswith find index partition removeprefix removesuffix replace rfind rpartition rsplit split splitlines "
    "startswith".split()
)
_ASKING_FILTERS = frozenset("reject rejectattr replace select selectattr".split())


def influences(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line of each question about a message, with the texts that it is compared with."""
    flow = _Flow(tree)
    found = {(node.lineno, flow.texts(node)) for node in _expressions(tree) if flow.asks(node)}
    found |= {(node.lineno, flow.texts(node)) for node in _conditions(tree) if flow.measures(node)}
    for line, texts in sorted(found):
        named = f" (compared with {', '.join(repr(text) for text in texts)})" if texts else ""
        yield line, f"what a message says decides what the model is told{named}"


def _expressions(tree: nodes.Template) -> Iterator[nodes.Node]:
    return tree.find_all((nodes.Compare, nodes.Test, nodes.Call, nodes.Filter, nodes.Getitem))


def _conditions(tree: nodes.Template) -> Iterator[nodes.Expr]:
    """What decides of something, or how often: each part that `and`, `or` and `not` join."""
    waiting: list[nodes.Expr] = [loop.iter for loop in tree.find_all(nodes.For)]
    waiting += [node.test for node in tree.find_all((nodes.If, nodes.CondExpr, nodes.For)) if node.test is not None]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (nodes.And, nodes.Or)):
            waiting += [node.left, node.right]
        elif isinstance(node, nodes.Not):
            waiting.append(node.node)
        else:
            yield node


class _Flow:
    """Where the values of a template's variables come from."""

    def __init__(self, tree: nodes.Template) -> None:
        self._sources: dict[str, list[nodes.Node]] = defaultdict(list)
        self._macros = {macro.name: macro for macro in tree.find_all(nodes.Macro)}
        for assign in tree.find_all((nodes.Assign, nodes.AssignBlock, nodes.For)):
            self._assign(assign)
        for call in tree.find_all(nodes.Call):
            self._pass_arguments(call)
        self._trusts_structure = True
        self._reading = self._settle()
        if self._counterfeits(tree):
            self._trusts_structure = False
            self._reading = self._settle()

    def asks(self, node: nodes.Node) -> bool:
        """Whether an expression is a question about what a message says."""
        if isinstance(node, nodes.Compare):
            return self.reads(node.expr) or any(self.reads(operand.expr) for operand in node.ops)
        if isinstance(node, nodes.Test):
            return node.name not in _TYPE_TESTS and self._reads_below(node)
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            # Where something is looked up by what a message says, the place decides.
            asked = [node.node.node] if node.node.attr in _QUESTIONS else []
            return any(self.reads(part) for part in (*asked, *node.args))
        if isinstance(node, nodes.Filter):
            return node.name in _ASKING_FILTERS and self._reads_below(node) and not self._selects_structure(node)
        if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
            return self.reads(node.arg)
        return False

    def measures(self, node: nodes.Node) -> bool:
        """Whether a condition asks more of a message than that it is there: a part of it, a sum, a filter."""
        inner = _carried(node)
        if inner is not None:
            return self.measures(inner)
        plain = isinstance(node, (nodes.Name, nodes.Compare, nodes.Test, nodes.Const))
        return not plain and not self._is_messages(node) and self.reads(node)

    def reads(self, node: nodes.Node | None) -> bool:
        """Whether the value of an expression depends on what a message says."""
        if node is None or isinstance(node, nodes.Const):
            return False
        if isinstance(node, nodes.Name):
            return node.name in _DATA or node.name in self._reading
        if self._is_structure(node):
            return False
        if isinstance(node, nodes.Getattr) and node.attr in _NEIGHBOURS:
            return True
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            inside = f"{node.node.name}.{node.attr}"
            if inside in self._sources:
                return inside in self._reading
        if isinstance(node, nodes.Test) and node.name in _TYPE_TESTS:
            return False
        if isinstance(node, nodes.Filter) and node.name in _COUNTERS and self._is_messages(node.node):
            return False
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in self._macros:
            return node.node.name in self._reading or self._reads_below(node)
        return self._reads_below(node)

    def texts(self, node: nodes.Node) -> tuple[str, ...]:
        """The constant texts in an expression and in the variables that it names, sorted."""
        found: set[str] = set()
        waiting, seen = [node], set()
        while waiting:
            inner = waiting.pop()
            if isinstance(inner, nodes.Const) and isinstance(inner.value, str):
                found.add(inner.value)
            if isinstance(inner, nodes.Name) and inner.name not in seen:
                seen.add(inner.name)
                waiting += [source for source in self._sources[inner.name] if not self.reads(source)]
            waiting += inner.iter_child_nodes()
        return tuple(sorted(found - {"content", "text"}))

    def _reads_below(self, node: nodes.Node) -> bool:
        return any(self.reads(child) for child in node.iter_child_nodes())

    def _is_messages(self, node: nodes.Node | None, seen: frozenset[str] = frozenset()) -> bool:
        """Whether it is a list of messages, or a part of one: how many there are is no question about their words."""
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            return self._is_messages(node.node, seen)
        if isinstance(node, nodes.Filter) and node.name in ("list", "reverse", "selectattr", "rejectattr"):
            return self._is_messages(node.node, seen)
        if not isinstance(node, nodes.Name) or node.name in seen:
            return False
        sources = self._sources.get(node.name)
        if not sources:
            return node.name in _LISTS
        return all(self._is_messages(source, seen | {node.name}) for source in sources)

    def _assign(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.AssignBlock):
            self._name(node.target, [*node.body, *([node.filter] if node.filter else [])])
        elif isinstance(node, nodes.For):
            self._name(node.target, [node.iter])
        elif isinstance(node, nodes.Assign):
            self._name(node.target, [node.node])
            self._name_inside(node.target, node.node)

    def _name(self, target: nodes.Node, sources: list[nodes.Node]) -> None:
        if isinstance(target, nodes.NSRef):
            self._sources[f"{target.name}.{target.attr}"] += sources
            self._sources[target.name] += sources
        for name in [target, *target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name):
                self._sources[name.name] += sources

    def _name_inside(self, target: nodes.Node, value: nodes.Node) -> None:
        """`set ns = namespace(a=...)` gives each of its attributes a source of its own."""
        if isinstance(target, nodes.Name) and isinstance(value, nodes.Call):
            for pair in value.kwargs:
                self._sources[f"{target.name}.{pair.key}"].append(pair.value)

    def _pass_arguments(self, call: nodes.Call) -> None:
        macro = self._macros.get(call.node.name) if isinstance(call.node, nodes.Name) else None
        if macro is None:
            return
        for parameter, value in zip(macro.args, call.args):
            self._sources[parameter.name].append(value)
        for pair in call.kwargs:
            self._sources[pair.key].append(pair.value)

    def _settle(self) -> set[str]:
        """Names whose value depends on what a message says: more of them, until there are no more."""
        reading: set[str] = set()
        while True:
            self._reading = reading
            found = {name for name, sources in self._sources.items() if any(self.reads(source) for source in sources)}
            found |= {name for name, macro in self._macros.items() if self._reads_below(macro)}
            if found <= reading:
                return reading
            reading = reading | found

    def _counterfeits(self, tree: nodes.Template) -> bool:
        """Whether the template makes something whose `role` or `type` is what a message says."""
        for pair in tree.find_all((nodes.Pair, nodes.Keyword)):
            key = pair.key.value if isinstance(pair.key, nodes.Const) else pair.key
            if (key in _STRUCTURE or isinstance(key, nodes.Node)) and self.reads(pair.value):
                return True
        calls = (call for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Name))
        if any(call.node.name in ("dict", "namespace") and self._reads_below(call) and call.args for call in calls):
            return True
        return any(name.rpartition(".")[2] in _STRUCTURE and "." in name for name in self._reading)

    def _is_structure(self, node: nodes.Node) -> bool:
        """Whether it asks who speaks, or what kind of part this is: `x.role`, `x['role']`, `x.get('role')`."""
        if not self._trusts_structure:
            return False
        if isinstance(node, nodes.Getattr):
            return node.attr in _STRUCTURE
        if isinstance(node, nodes.Getitem):
            return isinstance(node.arg, nodes.Const) and node.arg.value in _STRUCTURE
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "get":
            return bool(node.args) and isinstance(node.args[0], nodes.Const) and node.args[0].value in _STRUCTURE
        return False

    def _selects_structure(self, node: nodes.Filter) -> bool:
        """Whether it is `selectattr("role", ...)`."""
        first = node.args[0] if node.args else None
        by_key = isinstance(first, nodes.Const) and first.value in _STRUCTURE
        return self._trusts_structure and by_key and node.name in ("selectattr", "rejectattr")


def _carried(node: nodes.Node) -> nodes.Node | None:
    """What an expression hands on as it is, or with nothing but space taken away; None when it makes something of it."""
    if isinstance(node, nodes.Getattr):
        return node.node
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return node.node
    if isinstance(node, nodes.Filter) and node.name in _CARRYING_FILTERS:
        return node.node
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _CARRYING_METHODS:
        return node.node.node
    return None
