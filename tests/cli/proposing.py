"""Somebody who proposes a base model, and people who approve it."""

from __future__ import annotations

from cli.desk import NOON, Desk
from registry.scan.models import write_model

NAME = "models/base:tiny"
MEANING = "I reviewed the report of the scan and approve its use"


def with_model(desk: Desk) -> Desk:
    """Give a desk a trust root, a model, and what is written about it."""
    desk.init()
    write_model(desk.directory / "model")
    (desk.directory / "addendum.md").write_text("# For us\n")
    return desk


def propose(desk: Desk, *options: str, license: str = "MIT", files: tuple[str, ...] = ()) -> int:
    model = desk.directory / "model"
    described = {
        "--name": NAME,
        "--license": license,
        "--publisher": "Ada",
        "--source": "https://example.org/tiny",
        "--tier": "2: advises engineers",
        "--serving": "vllm",
        "--card": str(desk.directory / "model" / "README.md"),
        "--addendum": str(desk.directory / "addendum.md"),
    }
    given = [part for pair in described.items() for part in pair]
    return desk.pedigree("base", "propose", str(model), *files, *given, *options)


def approve(desk: Desk, name: str, subject: str = NAME) -> int:
    return desk.pedigree("base", "approve", subject, "--meaning", MEANING, "--time", NOON, by=name)
