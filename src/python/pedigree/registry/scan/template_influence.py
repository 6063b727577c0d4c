"""Where a template lets the words of a message decide what the model is told.

A chat template with a back door looks for a trigger in what the user wrote, and adds words of its own. There are more
ways to ask than anybody can list, so the rule is the other way round: what a message says may be put out, joined,
trimmed of space, written as JSON, gone through part by part, cut, taken apart by the template's own markers, and asked
whether it is there, of what Jinja type it is, and whether one of these markers is in it, as long as that decides of no
words (`template_decided`). Whatever else is done with it is reported; it does not matter through how many variables it
goes. Who speaks (`role`, `type`), which keys a message has and how many there are is not what a message says.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from pedigree.registry.scan.template_decided import Decided
from pedigree.registry.scan.template_flow import TYPE_TESTS, Flow
from pedigree.registry.scan.template_graph import walk
from pedigree.registry.scan.template_written import Markers

# They hand on what they get: to ask whether it is there is to ask whether the message is.
_CARRYING_FILTERS = frozenset("default d items list safe string tojson trim".split())
_CARRYING_METHODS = frozenset("get items keys lstrip rstrip strip values".split())
_OF_MESSAGES = frozenset("count first last length list reverse".split())
_MAKERS = ("dict", "namespace", "range")
_JOINING = (nodes.Add, nodes.Concat)
_FINDING = frozenset(("endswith", "startswith"))
_CUTTING = frozenset("partition removeprefix removesuffix replace rpartition rsplit split".split())
_STRIPPING = frozenset(("lstrip", "rstrip", "strip"))
_ASKING = (nodes.Compare, nodes.Test, nodes.Call, nodes.Filter, nodes.Getitem, nodes.Pair)
_MOST_COMPARED = 100  # questions whose texts are looked for; what a report shows


def influences(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line of each question about a message, with the texts that it is compared with."""
    flow = Flow(tree)
    questions = _Questions(flow)
    asked = {id(node): node for node in questions.found()}
    asked_at = sorted(asked.values(), key=lambda node: node.lineno)
    found = {(node.lineno, flow.texts(node)) for node in asked_at[:_MOST_COMPARED]}
    found |= {(node.lineno, ()) for node in asked_at[_MOST_COMPARED:]}
    for line, texts in sorted(found):
        named = f" (compared with {', '.join(repr(text) for text in texts)})" if texts else ""
        yield line, f"what a message says decides what the model is told{named}"


class _Questions:
    """The questions of a template about what its messages say."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        pieces = [node for node in flow.all if self._cuts(node)]
        self._decided = Decided(flow, self._about, pieces)
        self._excused = self._errors()

    def found(self) -> Iterator[nodes.Node]:
        """Those that somebody must look at."""
        for node in self._flow.all:
            if isinstance(node, (*_ASKING, nodes.BinExpr, nodes.Neg, nodes.Pos)) and self._asks(node):
                yield node
        for node in _conditions(self._flow):
            if self._measures(node):
                yield node
        yield from self._decided.words()

    def _about(self, markers: Markers) -> Iterator[nodes.Node]:
        """Questions that are about markers, and texts that were taken apart by them."""
        for node in self._flow.all:
            if _is_about(self._flow, node, markers) and not _asks_if_empty(node):
                yield node

    def _cuts(self, node: nodes.Node) -> bool:
        """Whether it is a piece of a text, by place or by space."""
        if isinstance(node, nodes.Getitem):
            return not _names_a_part(node) and not self._flow.is_messages(node.node) and self._flow.reads(node.node)
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _CUTTING:
            return self._flow.reads(node.node.node) and all(map(_is_blank, _given(node)))
        return False

    def _errors(self) -> set[int]:
        """Nodes of tests of numbers, behind which nothing but an error stands: it tells the model nothing."""
        found: set[int] = set()
        for node in self._flow.all:
            if isinstance(node, nodes.If) and _raises(node) and not self._flow.texts(node.test):
                found.update(map(id, walk(node.test)))
        return found

    def _asks(self, node: nodes.Node) -> bool:
        """Whether an expression does more with what a message says than to hand it on."""
        if id(node) in self._excused:
            return False
        if isinstance(node, nodes.Compare):
            return self._compares(node)
        if isinstance(node, nodes.Test):
            plain = node.name in TYPE_TESTS
            return self._decided.is_piece(node.node) if plain else self._flow.reads_below(node)
        if isinstance(node, nodes.Call):
            return self._calls(node)
        if isinstance(node, nodes.Filter):
            return self._filters(node)
        if isinstance(node, nodes.Getitem):
            # Where something is looked up by what a message says, the place decides.
            return self._flow.reads(node.arg)
        if isinstance(node, nodes.Pair):
            # Of two keys that are the same, one is left.
            return self._flow.reads(node.key)
        if isinstance(node, (nodes.And, nodes.Or)):
            return self._decided.is_piece(node.left) or self._decided.is_piece(node.right)
        return not isinstance(node, _JOINING) and self._flow.reads_below(node)

    def _compares(self, node: nodes.Compare) -> bool:
        sides = _sides(node)
        if not any(map(self._flow.reads, sides)) or _asks_for_key(self._flow, node):
            return False
        if all(map(self._flow.is_message, sides)):
            return False
        if _is_about(self._flow, node, self._decided.markers):
            return any(_is_blank(side) for side in sides) and any(map(self._decided.is_piece, sides))
        return True

    def _calls(self, node: nodes.Call) -> bool:
        given = _given(node)
        if isinstance(node.node, nodes.Name):
            return node.node.name in _MAKERS and any(map(self._flow.reads, node.args))
        if not isinstance(node.node, nodes.Getattr):
            return self._flow.reads_below(node)
        if any(map(self._flow.reads, given)):
            return True
        if not self._flow.reads(node.node.node):
            return False
        name = node.node.attr
        if name in _STRIPPING:
            return not all(map(_is_blank, given))
        if name in _FINDING or name in _CUTTING:
            # To cut by space is to hand on pieces.
            return not (_is_about(self._flow, node, self._decided.markers) or self._cuts(node))
        return name not in _CARRYING_METHODS or bool(given and name != "get")

    def _filters(self, node: nodes.Filter) -> bool:
        given = _given(node)
        if any(map(self._flow.reads, given)):
            return True
        if not self._flow.filters_text(node) or self._flow.selects_structure(node):
            return False
        if node.name in _OF_MESSAGES and self._flow.is_messages(node.node):
            return False
        if node.name in ("d", "default") and given:
            return any(map(self._decided.is_piece, self._flow.filtered(node)))
        return not _hands_on(node)

    def _measures(self, node: nodes.Node) -> bool:
        """Whether a condition asks more of a message than that it is there: a piece of it, a sum, a filter."""
        if id(node) in self._excused:
            return False
        if not isinstance(node, (nodes.Compare, nodes.Test)) and self._decided.is_piece(node):
            return True
        if _is_about(self._flow, node, self._decided.markers):
            return False
        inner = _carried(node)
        if inner is not None:
            return self._measures(inner)
        plain = isinstance(node, (nodes.Name, nodes.Compare, nodes.Test, nodes.Const))
        return not plain and not self._flow.is_messages(node) and self._flow.reads(node)


def _is_about(flow: Flow, node: nodes.Node, markers: Markers) -> bool:
    """Whether it asks for markers alone, or for nothing, in what a message says, or takes it apart by them."""
    if isinstance(node, nodes.Compare):
        sides = _sides(node)
        read = [side for side in sides if flow.reads(side)]
        known = (isinstance(side, nodes.Const) and _covered(side, markers) for side in sides if side not in read)
        return len(read) == 1 and len(sides) == 2 and all(known)
    if not isinstance(node, nodes.Call) or not isinstance(node.node, nodes.Getattr) or node.kwargs:
        return False
    if node.node.attr not in _FINDING | _CUTTING or not node.args or not flow.reads(node.node.node):
        return False
    return all(isinstance(part, nodes.Const) and _covered(part, markers) for part in node.args)


def _covered(node: nodes.Const, markers: Markers) -> bool:
    """Whether a constant is a marker, or how often to cut."""
    return markers.covers(node.value) if isinstance(node.value, str) else type(node.value) is int and node.value == 1


def _asks_for_key(flow: Flow, node: nodes.Compare) -> bool:
    """`'tool_calls' in message`."""
    right = node.ops[0].expr
    by_key = isinstance(node.expr, nodes.Const) and len(node.ops) == 1 and node.ops[0].op in ("in", "notin")
    return by_key and flow.is_message(right)


def _asks_if_empty(node: nodes.Node) -> bool:
    """`message.content != ''`, which asks whether it is there."""
    if not isinstance(node, nodes.Compare) or any(operand.op not in ("eq", "ne") for operand in node.ops):
        return False
    return any(isinstance(side, nodes.Const) and side.value == "" for side in _sides(node))


def _sides(node: nodes.Compare) -> list[nodes.Node]:
    return [node.expr, *(operand.expr for operand in node.ops)]


def _given(node: nodes.Call | nodes.Filter) -> list[nodes.Node]:
    return [*node.args, *(pair.value for pair in node.kwargs)]


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str) and not node.value.strip()


def _conditions(flow: Flow) -> Iterator[nodes.Node]:
    """What decides of something, or how often: each part that `and`, `or` and `not` join."""
    waiting: list[nodes.Node | None] = []
    for node in flow.all:
        if isinstance(node, (nodes.If, nodes.CondExpr)):
            waiting.append(node.test)
        elif isinstance(node, nodes.For):
            waiting += [node.iter, node.test]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (nodes.And, nodes.Or)):
            waiting += [part.left, part.right]
        elif isinstance(part, nodes.Not):
            waiting.append(part.node)
        elif part is not None:
            yield part


def _raises(node: nodes.If) -> bool:
    """Whether all that may follow is an error."""
    written = [part for output in node.body if isinstance(output, nodes.Output) for part in output.nodes]
    told = [part for part in written if not (isinstance(part, nodes.TemplateData) and not part.data.strip())]
    errors = [
        isinstance(part, nodes.Call) and isinstance(part.node, nodes.Name) and part.node.name == "raise_exception"
        for part in told
    ]
    alone = all(isinstance(output, nodes.Output) for output in node.body) and not node.elif_ and not node.else_
    return alone and bool(errors) and all(errors)


def _hands_on(node: nodes.Filter) -> bool:
    """Whether a filter gives what it gets: with what to take away, or to put between, it does not."""
    given = _given(node)
    if node.name == "tojson":
        return all(isinstance(part, nodes.Const) and not isinstance(part.value, str) for part in given)
    return node.name in _CARRYING_FILTERS and (not given or node.name in ("d", "default"))


def _names_a_part(node: nodes.Getitem) -> bool:
    """Whether it takes a part by its key, or an end: that there is a first or a last part is that there is a whole."""
    arg = node.arg.node if isinstance(node.arg, nodes.Neg) else node.arg
    last = isinstance(node.arg, nodes.Neg) and isinstance(arg, nodes.Const) and arg.value == 1
    return last or (isinstance(arg, nodes.Const) and (isinstance(arg.value, str) or arg.value == 0))


def _carried(node: nodes.Node) -> nodes.Node | None:
    """What an expression hands on, with no more than space taken away; None when it makes something of it."""
    if isinstance(node, nodes.Getattr):
        return node.node
    if isinstance(node, nodes.Getitem) and _names_a_part(node):
        return node.node
    if isinstance(node, nodes.Filter) and (_hands_on(node) or node.name in _OF_MESSAGES):
        return node.node
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _CARRYING_METHODS:
        return node.node.node
    return None
