"""From the values of suites, evaluations and releases to their steps. Imports nothing of Pants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pedigree.build import facts as demand
from pedigree.build import tools
from pedigree.build.errors import in_field
from pedigree.build.facts import DATASETS, MODELS, Facts
from pedigree.build.plan import Files, Plan, Product, Role, Step, settings
from pedigree.build.validation import METRICS, TASKS
from pedigree.step.model_files import companion_files, weight_files
from pedigree.step.record import step_name

REPORT = "report.json"
REPORT_PAGE = "report.html"
PREDICTIONS = "predictions.jsonl"
SEPARATION = "separation.json"
CARD = "MODEL_CARD.md"


def plan_eval_suite(
    address: str,
    sets: Sequence[Facts],
    metrics: Sequence[str],
    gates: Mapping[str, str],
    traces: Mapping[str, Sequence[str]],
) -> Plan:
    """Fix what is measured, on what, what must be reached, and which requirements and risks that answers to."""
    for metric in sorted(set(gates) - set(metrics)):
        raise in_field(address, "gates", f"metric '{metric}' is gated but not measured", "add it to metrics")
    for metric in sorted(set(traces) - set(gates)):
        raise in_field(address, "traces", f"metric '{metric}' is traced but not gated", "add it to gates")
    demand.require_different(address, "sets", [facts.address for facts in sets])
    for facts in sets:
        demand.require_kind(address, "sets", facts, DATASETS)
        demand.require_sealed(address, "sets", facts)
        demand.require_form(address, "sets", facts, TASKS, "a suite asks questions that have one right answer")
    for metric in metrics:
        if METRICS[metric] not in {facts.form for facts in sets}:
            what = f"'{metric}' is measured on sets of the form '{METRICS[metric]}', and there is none"
            raise in_field(address, "metrics", what, "name such a set in sets, or drop the metric")
    traced = {"traces": {metric: list(ids) for metric, ids in traces.items()}} if traces else {}
    config = settings({"metrics": list(metrics), "gates": dict(gates), **traced})
    roles = _datasets("sets", (facts.address for facts in sets))
    return Plan((Step(address, "eval_suite", tools.EVAL_SUITE, config, roles, ("suite.json",)),))


def _datasets(role: str, addresses: Iterable[str]) -> tuple[Role, ...]:
    return tuple(Role(f"{role}/{step_name(address)}", Product(address)) for address in addresses)


def plan_evaluation(
    address: str,
    suite: Facts,
    label: str,
    model: Facts,
    stages: Sequence[tuple[str, Facts]],
    abstain_below: str,
    trained_on: Sequence[str],
    bases: Sequence[str],
) -> Plan:
    """Ask every stage and the model for answers, prove that they never saw the questions, and judge.

    Args:
        address: The evaluation.
        suite: Sets, metrics and gates.
        label: What the report calls the model.
        model: The model that has to pass.
        stages: What is judged beside it: label and model.
        abstain_below: Confidence under which a verdict counts as an abstention, a decimal.
        trained_on: Addresses of the datasets that stages and model learned from.
        bases: Addresses of the base models among their ancestors, which know what they were trained on or do not.
    """
    demand.require_kind(address, "suite", suite, ("eval_suite",))
    for field, facts in (("model", model), *(("stages", facts) for _, facts in stages)):
        demand.require_kind(address, field, facts, MODELS)
    if label in [name for name, _ in stages]:
        raise in_field(address, "label", f"'{label}' is a stage as well", "give the model or the stage another label")
    sets = _datasets("sets", suite.sets)
    contenders = [*stages, (label, model)]
    predictions = [_predict(address, n, name, facts, sets) for n, (name, facts) in enumerate(contenders)]
    answers = tuple(Role(f"predictions/{n}", step.product) for n, step in enumerate(predictions))
    separation = Step(
        address,
        "evaluation",
        tools.SEPARATION,
        settings({}),
        (*_datasets("trained", trained_on), *_datasets("bases", bases), *sets),
        (SEPARATION,),
        part="separation",
    )
    judge = Step(
        address,
        "evaluation",
        tools.JUDGE,
        settings({"model": label, "stages": [name for name, _ in contenders], "abstain_below": abstain_below}),
        (Role("suite", Product(suite.address)), Role("separation", separation.product), *sets, *answers),
        (REPORT, REPORT_PAGE, PREDICTIONS),
        gate=True,
    )
    return Plan((separation, *predictions, judge))


def _predict(address: str, number: int, label: str, model: Facts, sets: tuple[Role, ...]) -> Step:
    return Step(
        address,
        "evaluation",
        tools.PREDICT,
        settings({"stage": label}),
        (*_model_roles(model), *sets),
        (PREDICTIONS, "predict.json"),
        part=f"predict-{number}",
    )


def _model_roles(model: Facts) -> tuple[Role, ...]:
    base = (Role("base", Product(model.base)),) if model.adapter else ()
    return (Role("model", Product(model.address)), *base)


def plan_release(
    address: str, name: str, model: Facts, evaluations: Sequence[Facts], card: Files, trained_on: Sequence[str]
) -> Plan:
    """Lay a model, its evaluations and its card together; the card tells of the data in `trained_on`."""
    demand.require_kind(address, "model", model, ("finetune",))
    roles = [*_model_roles(model), Role("card", card), *_datasets("trained", trained_on)]
    demand.require_different(address, "evaluations", [facts.address for facts in evaluations])
    suites = []
    for facts in evaluations:
        demand.require_kind(address, "evaluations", facts, ("evaluation",))
        if facts.model != model.address:
            what = f"'{facts.address}' judges '{facts.model}', but the release holds '{model.address}'"
            raise in_field(address, "evaluations", what, "name an evaluation of the model that is released")
        suite = suite_name(facts.suite)
        if suite in suites:
            what = f"'{facts.address}' is the second evaluation by a suite named '{suite}'"
            raise in_field(address, "evaluations", what, "give the suites different names")
        suites.append(suite)
        roles.append(Role(f"evaluations/{suite}", Product(facts.address)))
    config = settings({"release": name, "base": step_name(model.base) if model.adapter else ""})
    delivered = tuple(f"evaluation/{suite}/{file}" for suite in suites for file in (REPORT, REPORT_PAGE, PREDICTIONS))
    files = (CARD, *delivered, *weight_files("lora" if model.adapter else "full"))
    return Plan((Step(address, "release", tools.RELEASE, config, tuple(roles), files, companion_files()),))


def suite_name(address: str) -> str:
    """The name under which a release shows a suite.

    >>> suite_name("evals/embedded-fw-c:review"), suite_name("evals/embedded-fw-c")
    ('review', 'embedded-fw-c')
    """
    return address.rpartition(":")[2].rpartition("/")[2]
