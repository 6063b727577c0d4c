"""The order in which steps depend on each other. Imports nothing of Pants."""

from __future__ import annotations

from collections.abc import Iterable

from pedigree.build.errors import BuildError
from pedigree.build.plan import Plan, Product, Step


def _products(step: Step) -> list[Product]:
    return [role.source for role in step.roles if isinstance(role.source, Product)]


def sources(plans: Iterable[Plan]) -> tuple[str, ...]:
    """Addresses of the targets whose products the steps of `plans` take, sorted."""
    return tuple(sorted({product.address for plan in plans for step in plan.steps for product in _products(step)}))


def ordered(plans: Iterable[Plan]) -> tuple[Step, ...]:
    """All steps, each after those whose products it takes; the order follows from the steps alone.

    Raises:
        BuildError: Steps take each other's products in a circle.
    """
    steps = {step.product: step for plan in plans for step in plan.steps}
    done: dict[Product, Step] = {}
    path: list[Product] = []

    def visit(product: Product) -> None:
        if product in done:
            return
        if product in path:
            circle = " -> ".join(one.address for one in (*path[path.index(product) :], product))
            raise BuildError(f"targets are made from each other: {circle}", "let one of them start from something else")
        path.append(product)
        for source in _products(steps[product]):
            visit(source)
        path.pop()
        done[product] = steps[product]

    for product in sorted(steps, key=lambda product: product.name):
        visit(product)
    return tuple(done.values())
