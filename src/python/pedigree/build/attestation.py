"""Signed records of runs: made when a step has run, and asked for before its result enters a release.

A cache, this machine's or a shared one, says what a step made, and not who says so. Here it has to.
"""

from __future__ import annotations

import json
from typing import AbstractSet, List, Tuple

from pants.engine.fs import Digest
from pants.engine.internals.session import RunId
from pants.engine.process import Process, ProcessCacheScope, ProcessResultMetadata
from pants.engine.rules import _uncacheable_rule, collect_rules, rule
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from pedigree.build import engine, permission, sandbox, trusted
from pedigree.build.messages import AdmitRequest, Admitted, Attested, AttestRequest, Made
from pedigree.build.tools import ADMIT, ATTEST
from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import Record

BUILDERS = "attestations/keys/builders"
_REFUSED = 3


def _identity(made: Made) -> str:
    return Record.from_json(parse_json(made.record, made.step.name)).identity


def _exchange(identity: str, fingerprint: str) -> Process:
    """A process whose result is the signed record of a run, known by what ran and by whose key signed it.

    Where the record lies on this machine, running it gives it to a shared cache that may be written; elsewhere the
    shared cache gives it back. It is believed for its signature, so it may come from anywhere.
    """
    return Process(
        ("/bin/sh", "-c", 'cat "$1" 2>/dev/null', "exchange", f"{trusted.RUNS}/{identity}.sigstore.json", fingerprint),
        description="Exchange the record of a run",
        env={"PATH": sandbox.ENVIRONMENT["PATH"]},
        append_only_caches={"pedigree_runs": trusted.RUNS},
        # Run at once, it would have ended before the cache could answer.
        remote_cache_speculation_delay_millis=sandbox.PATIENCE_MS,
        level=LogLevel.DEBUG,
    )


async def _builders() -> Digest:
    """The public keys that this repository names; its trust root, if it has one, says which are of builders."""
    captured = await engine.capture_present((f"{BUILDERS}/*.pub",))
    return await engine.add_prefix(await engine.remove_prefix(captured, BUILDERS), "builders")


def ran(metadata: ProcessResultMetadata) -> bool:
    """Whether a result was made by running, when it was made; no cache of an earlier daemon had it."""
    return metadata.source(RunId(metadata.source_run_id)) is ProcessResultMetadata.Source.RAN


@rule(desc="Sign the record of a step")
async def attest(request: AttestRequest, options: GlobalOptions) -> Attested:
    """Sign the record of a step that ran; what a cache gave is not vouched for."""
    made = request.made
    if not ran(made.metadata):
        return Attested()
    key = await engine.public_key()
    documents = await engine.create_digest([("record.json", made.record), ("signer.pub", key.pem)])
    known, _ = await permission.attestations()
    files = await engine.merge_digests((documents, await _builders(), known))
    once = ProcessCacheScope.PER_RESTART_SUCCESSFUL
    what = f"sign the record of {made.step.address}"
    result = await trusted.run_trusted(ATTEST, (".",), files, key.uri, once, what)
    trusted.require_success(made.step.subject, ATTEST, result)
    if options.remote_cache_write:
        await engine.execute_process(_exchange(_identity(made), sha256_bytes(key.pem)))
    return Attested()


async def _exchanged(made: Tuple[Made, ...], keys: AbstractSet[bytes]) -> Digest:
    """Records of runs that a shared cache holds, as these keys signed them."""
    wanted = [(one, sha256_bytes(key)) for one in made for key in sorted(keys)]
    found = await engine.execute_processes(_exchange(_identity(one), fingerprint) for one, fingerprint in wanted)
    return await engine.create_digest(
        (f"runs/{one.step.name}/{fingerprint}.json", result.stdout)
        for (one, fingerprint), result in zip(wanted, found)
        if result.exit_code == 0
    )


@_uncacheable_rule
async def admit(request: AdmitRequest, options: GlobalOptions) -> Admitted:
    """Hold every result against the signed record of the run that made it."""
    release = request.made[-1].step
    key = await engine.public_key()
    builders = await _builders()
    documents: List[Tuple[str, bytes]] = [(f"records/{made.step.name}.json", made.record) for made in request.made]
    documents.append(("signer.pub", key.pem))
    known, _ = await permission.attestations()
    digests = [await engine.create_digest(documents), builders, known]
    if options.remote_cache_read:
        keys = {key.pem, *(file.content for file in await engine.contents(builders))}
        digests.append(await _exchanged(request.made, keys))
    result = await trusted.run_trusted(
        ADMIT,
        (".", str(request.attempt)),
        await engine.merge_digests(digests),
        None,
        ProcessCacheScope.PER_RESTART_SUCCESSFUL,
        f"look for the records of the runs behind {release.address}",
    )
    trusted.require_success(release.subject, ADMIT, result, (0, _REFUSED))
    trusted.pass_on(result)
    answer = json.loads(result.stdout)
    return Admitted(FrozenDict(answer["builders"]), FrozenDict(answer["vouched"]), tuple(answer["refused"]))


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
