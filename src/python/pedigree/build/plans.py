"""One small rule per target type: from its fields to its steps."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.rules import collect_rules, rule
from pants.engine.unions import UnionRule

from pedigree.build import (
    ancestry,
    common_fields,
    data_targets,
    engine,
    judgement,
    judgement_targets,
    model_targets,
    planning,
)
from pedigree.build.addresses import short
from pedigree.build.messages import StepFieldSet
from pedigree.build.plan import Plan


@dataclass(frozen=True)
class DatasetFieldSet(StepFieldSet):
    required_fields = (data_targets.RecordsField,)

    records: data_targets.RecordsField
    form: data_targets.FormField
    license: common_fields.LicenseField
    origin: data_targets.OriginField
    sealed: data_targets.SealedField
    sharded: data_targets.ShardedField


@rule(desc="Plan dataset")
async def plan_dataset(fields: DatasetFieldSet) -> Plan:
    records = await engine.source_files(fields.records)
    return planning.plan_dataset(
        short(fields.address.spec),
        records,
        form=str(fields.form.value),
        license=str(fields.license.value),
        origin=str(fields.origin.value),
        sealed=fields.sealed.value,
        sharded=fields.sharded.value,
    )


@dataclass(frozen=True)
class SyntheticDatasetFieldSet(StepFieldSet):
    required_fields = (data_targets.GeneratorSourcesField,)

    code: data_targets.GeneratorSourcesField
    generator: data_targets.GeneratorField
    verifier: data_targets.VerifierField
    seed: common_fields.SeedField
    count: data_targets.CountField
    arguments: data_targets.ArgumentsField
    form: data_targets.FormField
    license: common_fields.LicenseField
    origin: data_targets.SyntheticOriginField
    sealed: data_targets.SealedField


@rule(desc="Plan synthetic dataset")
async def plan_synthetic_dataset(fields: SyntheticDatasetFieldSet) -> Plan:
    code = await engine.source_files(fields.code)
    return planning.plan_synthetic_dataset(
        short(fields.address.spec),
        code,
        generator=str(fields.generator.value),
        verifier=str(fields.verifier.value),
        seed=fields.seed.value or 0,
        count=fields.count.value or 0,
        arguments=fields.arguments.value or {},
        form=str(fields.form.value),
        license=str(fields.license.value),
        origin=str(fields.origin.value),
        sealed=fields.sealed.value,
    )


@dataclass(frozen=True)
class BaseModelFieldSet(StepFieldSet):
    required_fields = (model_targets.WeightsManifestField,)

    files: model_targets.ModelFilesField
    weights: model_targets.WeightsManifestField
    digests: model_targets.DigestsField
    trained_on: model_targets.TrainedOnField
    license: common_fields.LicenseField
    origin: model_targets.ModelOriginField


async def _weights_manifest(field: model_targets.WeightsManifestField) -> planning.WeightsManifest | None:
    if not field.value:
        return None
    source = await engine.source_files(field)
    (file,) = await engine.contents(await engine.capture_files(source.paths))
    return planning.WeightsManifest(source, file.content)


@rule(desc="Plan base model")
async def plan_base_model(fields: BaseModelFieldSet) -> Plan:
    files = await engine.source_files(fields.files)
    return planning.plan_base_model(
        short(fields.address.spec),
        files,
        await _weights_manifest(fields.weights),
        fields.digests.value or {},
        fields.trained_on.value or (),
        str(fields.license.value),
        str(fields.origin.value),
    )


@dataclass(frozen=True)
class FinetuneFieldSet(StepFieldSet):
    required_fields = (model_targets.MethodField,)

    method: model_targets.MethodField
    base: model_targets.BaseField
    adapter: model_targets.AdapterField
    datasets: model_targets.DatasetsField
    hyperparameters: model_targets.HyperparametersField
    seed: common_fields.SeedField
    weights: model_targets.WeightsField


@rule(desc="Plan finetune")
async def plan_finetune(fields: FinetuneFieldSet) -> Plan:
    hyperparameters = await engine.source_files(fields.hyperparameters)
    base = await engine.facts_of(fields.base.to_unparsed_address_inputs())
    adapter = await engine.facts_of(fields.adapter.to_unparsed_address_inputs())
    datasets = await engine.facts_of(fields.datasets.to_unparsed_address_inputs())
    method = str(fields.method.value)
    return planning.plan_finetune(
        short(fields.address.spec),
        method,
        fields.weights.value or planning.default_weights(method),
        fields.seed.value or 0,
        hyperparameters,
        base[0] if base else None,
        adapter[0] if adapter else None,
        datasets,
    )


@dataclass(frozen=True)
class EvalSuiteFieldSet(StepFieldSet):
    required_fields = (judgement_targets.GatesField,)

    sets: judgement_targets.SetsField
    metrics: judgement_targets.MetricsField
    gates: judgement_targets.GatesField
    traces: judgement_targets.TracesField


@rule(desc="Plan evaluation suite")
async def plan_eval_suite(fields: EvalSuiteFieldSet) -> Plan:
    sets = await engine.facts_of(fields.sets.to_unparsed_address_inputs())
    return judgement.plan_eval_suite(
        short(fields.address.spec),
        sets,
        fields.metrics.value or (),
        fields.gates.value or {},
        fields.traces.value or {},
    )


@dataclass(frozen=True)
class EvaluationFieldSet(StepFieldSet):
    required_fields = (judgement_targets.EvaluationDependencies,)

    model: judgement_targets.ModelField
    suite: judgement_targets.SuiteField
    stages: judgement_targets.StagesField
    label: judgement_targets.LabelField
    abstain_below: judgement_targets.AbstainBelowField


@rule(desc="Plan evaluation")
async def plan_evaluation(fields: EvaluationFieldSet) -> Plan:
    model = await engine.facts_of(fields.model.to_unparsed_address_inputs())
    suite = await engine.facts_of(fields.suite.to_unparsed_address_inputs())
    stages = await engine.facts_of(fields.stages.to_unparsed_address_inputs())
    learned = await ancestry.ancestry_of((*model, *stages))
    return judgement.plan_evaluation(
        short(fields.address.spec),
        suite[0],
        fields.label.value or judgement.suite_name(model[0].address),
        model[0],
        tuple(zip(fields.stages.value or (), stages)),
        fields.abstain_below.value or "0",
        learned.datasets,
        learned.bases,
    )


@dataclass(frozen=True)
class ReleaseStepFieldSet(StepFieldSet):
    required_fields = (judgement_targets.ReleaseDependencies,)

    model: judgement_targets.ReleasedModelField
    evaluations: judgement_targets.EvaluationsField
    card: judgement_targets.CardField


@rule(desc="Plan release")
async def plan_release(fields: ReleaseStepFieldSet) -> Plan:
    card = await engine.source_files(fields.card)
    model = await engine.facts_of(fields.model.to_unparsed_address_inputs())
    evaluations = await engine.facts_of(fields.evaluations.to_unparsed_address_inputs())
    return judgement.plan_release(
        short(fields.address.spec),
        fields.address.target_name,
        model[0],
        evaluations,
        card,
        (await ancestry.ancestry_of(model)).datasets,
    )


_FIELD_SETS = (
    DatasetFieldSet,
    SyntheticDatasetFieldSet,
    BaseModelFieldSet,
    FinetuneFieldSet,
    EvalSuiteFieldSet,
    EvaluationFieldSet,
    ReleaseStepFieldSet,
)


def rules():  # type: ignore[no-untyped-def]
    """The rules, and the field sets that they plan."""
    return (*collect_rules(), *(UnionRule(StepFieldSet, field_set) for field_set in _FIELD_SETS))
