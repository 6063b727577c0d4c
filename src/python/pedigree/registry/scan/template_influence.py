"""Where a template lets the words of a message decide what the model is told.

A chat template with a back door looks for a trigger in what the user wrote, and adds words of its own. So whatever asks
a question about a message is reported, except: who speaks (`role`, `type`), whether there is something at all, of what
Jinja type it is, and how many messages there are. Only a question can open a back door, so it does not matter what the
answer is used for, nor through how many variables it goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from pedigree.registry.scan.template_flow import TYPE_TESTS, Flow

# They hand on what they get: to ask whether it is there is to ask whether the message is.
_CARRYING_FILTERS = frozenset("default d dictsort items length count list reverse safe string tojson trim".split())
_CARRYING_METHODS = frozenset("get items keys lstrip rstrip strip values".split())
_QUESTIONS = frozenset(
    "count endswith find index partition removeprefix removesuffix replace rfind rpartition rsplit split splitlines "
    "startswith".split()
)
_ASKING_FILTERS = frozenset("reject rejectattr replace select selectattr".split())


def influences(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """Line of each question about a message, with the texts that it is compared with."""
    flow = Flow(tree)
    found = {(node.lineno, flow.texts(node)) for node in _expressions(tree) if _asks(flow, node)}
    found |= {(node.lineno, flow.texts(node)) for node in _conditions(tree) if _measures(flow, node)}
    for line, texts in sorted(found):
        named = f" (compared with {', '.join(repr(text) for text in texts)})" if texts else ""
        yield line, f"what a message says decides what the model is told{named}"


def _expressions(tree: nodes.Template) -> Iterator[nodes.Node]:
    return tree.find_all((nodes.Compare, nodes.Test, nodes.Call, nodes.Filter, nodes.Getitem))


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
    """Whether an expression is a question about what a message says."""
    if isinstance(node, nodes.Compare):
        return flow.reads(node.expr) or any(flow.reads(operand.expr) for operand in node.ops)
    if isinstance(node, nodes.Test):
        return node.name not in TYPE_TESTS and flow.reads_below(node)
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        # Where something is looked up by what a message says, the place decides.
        asked = [node.node.node] if node.node.attr in _QUESTIONS else []
        return any(flow.reads(part) for part in (*asked, *node.args))
    if isinstance(node, nodes.Filter):
        return node.name in _ASKING_FILTERS and flow.reads_below(node) and not flow.selects_structure(node)
    if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
        return flow.reads(node.arg)
    return False


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
    if isinstance(node, nodes.Filter) and node.name in _CARRYING_FILTERS:
        return node.node
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _CARRYING_METHODS:
        return node.node.node
    return None
