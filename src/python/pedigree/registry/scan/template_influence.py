"""Where a template lets the words of a message decide what the model is told.

A chat template with a back door looks for a trigger in what the user wrote, and adds words of its own. There are more
ways to ask than anybody can list, so the rule is the other way round: what a message says may be put out, joined,
trimmed of space, written as JSON, gone through part by part, and asked whether it is there and of what Jinja type it
is. Whatever else is done with it is reported; it does not matter through how many variables it goes. Who speaks
(`role`, `type`) and how many messages there are is not what a message says.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from pedigree.registry.scan.template_flow import TYPE_TESTS, Flow

# They hand on what they get: to ask whether it is there is to ask whether the message is.
_CARRYING_FILTERS = frozenset("default d items list safe string tojson trim".split())
_CARRYING_METHODS = frozenset("get items keys lstrip rstrip strip values".split())
_OF_MESSAGES = frozenset("count first last length list reverse".split())
_MAKERS = ("dict", "namespace", "range")
_JOINING = (nodes.Add, nodes.Concat)
_ENDS = (0, -1)


def influences(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line of each question about a message, with the texts that it is compared with."""
    flow = Flow(tree)
    found = {(node.lineno, flow.texts(node)) for node in _expressions(tree) if _asks(flow, node)}
    found |= {(node.lineno, flow.texts(node)) for node in _conditions(tree) if _measures(flow, node)}
    for line, texts in sorted(found):
        named = f" (compared with {', '.join(repr(text) for text in texts)})" if texts else ""
        yield line, f"what a message says decides what the model is told{named}"


def _expressions(tree: nodes.Template) -> Iterator[nodes.Node]:
    asking = (nodes.Compare, nodes.Test, nodes.Call, nodes.Filter, nodes.Getitem, nodes.Pair)
    return tree.find_all((*asking, nodes.BinExpr, nodes.Neg, nodes.Pos))


def _conditions(tree: nodes.Template) -> Iterator[nodes.Node]:
    """What decides of something, or how often: each part that `and`, `or` and `not` join."""
    waiting: list[nodes.Node | None] = [choice.test for choice in tree.find_all(nodes.If)]
    waiting += [choice.test for choice in tree.find_all(nodes.CondExpr)]
    waiting += [part for loop in tree.find_all(nodes.For) for part in (loop.iter, loop.test)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (nodes.And, nodes.Or)):
            waiting += [node.left, node.right]
        elif isinstance(node, nodes.Not):
            waiting.append(node.node)
        elif node is not None:
            yield node


def _asks(flow: Flow, node: nodes.Node) -> bool:
    """Whether an expression does more with what a message says than to hand it on."""
    if isinstance(node, nodes.Compare):
        return flow.reads_below(node)
    if isinstance(node, nodes.Test):
        return node.name not in TYPE_TESTS and flow.reads_below(node)
    if isinstance(node, nodes.Call):
        return _calls(flow, node)
    if isinstance(node, nodes.Filter):
        return _filters(flow, node)
    if isinstance(node, nodes.Getitem):
        return _picks(flow, node)
    if isinstance(node, nodes.Pair):
        # Of two keys that are the same, one is left.
        return flow.reads(node.key)
    joins = isinstance(node, (*_JOINING, nodes.And, nodes.Or))
    return not joins and flow.reads_below(node)


def _calls(flow: Flow, node: nodes.Call) -> bool:
    if isinstance(node.node, nodes.Name):
        return node.node.name in _MAKERS and any(flow.reads(part) for part in node.args)
    if not isinstance(node.node, nodes.Getattr):
        return flow.reads_below(node)
    # Where something is looked up by what a message says, the place decides.
    given = [*node.args, *(pair.value for pair in node.kwargs)]
    plain = node.node.attr in _CARRYING_METHODS and (not given or node.node.attr == "get")
    return any(flow.reads(part) for part in given) or (not plain and flow.reads(node.node.node))


def _filters(flow: Flow, node: nodes.Filter) -> bool:
    given = [*node.args, *(pair.value for pair in node.kwargs)]
    if any(flow.reads(part) for part in given):
        return True
    if not flow.filters_text(node) or flow.selects_structure(node):
        return False
    if node.name in _OF_MESSAGES and flow.is_messages(node.node):
        return False
    return not _hands_on(node)


def _hands_on(node: nodes.Filter) -> bool:
    """Whether a filter gives what it gets: with what to take away, or to put between, it does not."""
    given = [*node.args, *(pair.value for pair in node.kwargs)]
    if node.name == "tojson":
        return all(isinstance(part, nodes.Const) and not isinstance(part.value, str) for part in given)
    return node.name in _CARRYING_FILTERS and (not given or node.name in ("d", "default"))


def _picks(flow: Flow, node: nodes.Getitem) -> bool:
    """Whether it takes a piece of a text, or looks something up by one: that there is a ninth letter is an answer."""
    if flow.reads(node.arg):
        return True
    if flow.is_messages(node.node) or not flow.reads(node):
        return False
    return not _names_a_part(node)


def _names_a_part(node: nodes.Getitem) -> bool:
    return isinstance(node.arg, nodes.Const) and (isinstance(node.arg.value, str) or node.arg.value in _ENDS)


def _measures(flow: Flow, node: nodes.Node) -> bool:
    """Whether a condition asks more of a message than that it is there: a part of it, a sum, a filter."""
    inner = _carried(node)
    if inner is not None:
        return _measures(flow, inner)
    plain = isinstance(node, (nodes.Name, nodes.Compare, nodes.Test, nodes.Const))
    return not plain and not flow.is_messages(node) and flow.reads(node)


def _carried(node: nodes.Node) -> nodes.Node | None:
    """What an expression hands on, with no more than space taken away; None when it makes something of it."""
    if isinstance(node, nodes.Getattr):
        return node.node
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return node.node
    if isinstance(node, nodes.Filter) and (_hands_on(node) or node.name in _OF_MESSAGES):
        return node.node
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _CARRYING_METHODS:
        return node.node.node
    return None
