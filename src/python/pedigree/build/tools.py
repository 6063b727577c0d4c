"""Which tool makes what, and which set of third-party packages it runs with."""

from __future__ import annotations

from pedigree.build.plan import Tool

FINETUNE: dict[str, Tool] = {
    "pretrain": Tool("pedigree.training.pretrain", "ml"),
    "sft": Tool("pedigree.training.sft", "ml"),
    "dpo": Tool("pedigree.training.dpo", "ml"),
}
METHODS = tuple(FINETUNE)
LEARNS_FROM = {"pretrain": "text", "sft": "messages", "dpo": "preference"}

DATASET = Tool("pedigree.data.snapshot", "data")
MERGE = Tool("pedigree.data.merge", "data")
SYNTHETIC_DATASET = Tool("pedigree.data.synthesize", "verifiers")
BASE_MODEL = Tool("pedigree.registry.pin", "data")
EVAL_SUITE = Tool("pedigree.evaluation.suite", "data")
SEPARATION = Tool("pedigree.data.separation", "data")
PREDICT = Tool("pedigree.evaluation.predict", "ml")
JUDGE = Tool("pedigree.evaluation.judge", "verifiers")
RELEASE = Tool("pedigree.release.assemble", "data")

SEAL = Tool("pedigree.trust.seal", "trust")
KEYS = Tool("pedigree.trust.keys", "trust")
ATTEST = Tool("pedigree.trust.attest", "trust")
ADMIT = Tool("pedigree.trust.admit", "trust")
PERMIT = Tool("pedigree.trust.permit", "trust")
REVOKED = Tool("pedigree.trust.revoked", "trust")

_BY_KIND = {
    "dataset": (DATASET, MERGE),
    "synthetic_dataset": (SYNTHETIC_DATASET,),
    "base_model": (BASE_MODEL,),
    "eval_suite": (EVAL_SUITE,),
    "evaluation": (PREDICT, SEPARATION, JUDGE),
    "release": (RELEASE, SEAL),
}


def tools_of(kind: str, method: str = "") -> tuple[Tool, ...]:
    """The tools that a target of this type runs, for dependency inference."""
    return (FINETUNE[method],) if kind == "finetune" else _BY_KIND[kind]
