"""Reading JSON-lines files as strictly as a signed dataset needs it, and saying all that is wrong at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pedigree.data.forms import Form
from pedigree.step.canonical import MalformedJson, canonical_json, parse_json
from pedigree.step.errors import ToolError

_SHOWN = 20


@dataclass
class Reader:
    """Collects the records of several files.

    Attributes:
        form: What each record must look like.
        records: Id -> record.
        problems: What is wrong, as `file:line field: fault`.
    """

    form: Form
    records: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _places: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path, name: str) -> None:
        """Read one file; `name` is what a person calls it."""
        lines = path.read_bytes().split(b"\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, start=1):
            self._take(line, f"{name}:{number}")

    def _take(self, line: bytes, place: str) -> None:
        try:
            text = line.decode()
            record = parse_json(text, place)
            canonical_json(record)
        except UnicodeDecodeError as error:
            self.problems.append(f"{place} is not UTF-8: byte {error.start + 1} is 0x{line[error.start]:02x}")
        except MalformedJson as error:
            self.problems.append(str(error) if str(error).startswith(place) else f"{place} {error}")
        else:
            self._keep(record, place)

    def _keep(self, record: Any, place: str) -> None:
        faults = [f"{place} {fault}" for fault in self.form.faults(record)]
        self.problems += faults
        if faults:
            return
        name = record["id"]
        if name in self._places:
            self.problems.append(f"{place} id: {name!r} was taken by {self._places[name]}")
            return
        self._places[name] = place
        self.records[name] = record

    def require_sound(self, target: str) -> None:
        """Refuse records that are wrong, and none at all.

        Raises:
            ToolError: Something is wrong; the first problems are shown, the others counted.
        """
        if self.problems:
            more = len(self.problems) - _SHOWN
            shown = [f"  {problem}" for problem in self.problems[:_SHOWN]]
            rest = [f"  and {more:,} more"] if more > 0 else []
            headline = f"dataset '{target}' holds {len(self.problems):,} problems"
            raise ToolError("\n".join([headline, *shown, *rest]), "mend or remove these records")
        if not self.records:
            raise ToolError(f"dataset '{target}' holds no record", "put at least one record into its sources")
