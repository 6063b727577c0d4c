"""What a user sees who made a mistake: one clear error, before anything runs."""

from __future__ import annotations

import pytest

from system.conftest import Repo

FINETUNE = 'finetune(name="x", method={method}, base={base}, datasets=[{data}], hyperparameters="x.yaml"{rest})\n'


def finetune(
    method: str = '"sft"', base: str = '"models/fw:base"', data: str = '"datasets:train"', rest: str = ", seed=1"
) -> str:
    """A `finetune` target with one thing changed."""
    return FINETUNE.format(method=method, base=base, data=data, rest=rest)


EVALUATION = 'evaluation(name="x", model={model}, suite={suite})\n'
RELEASE = 'release(name="x", model={model}, evaluations=[{evaluations}], card="card.md")\n'
SUITE = 'eval_suite(name="x", sets=[{sets}], metrics=["review_coverage"], gates={{"review_coverage": {gate}}})\n'
DATASET = 'dataset(name="x", sources=[{sources}], form={form}, license="Apache-2.0", origin="internal")\n'

MISTAKES = {
    "sealed as training data": (finetune(data='"datasets:sealed"'), ("'datasets'", "'datasets:sealed' is sealed")),
    "base is a dataset": (finetune(base='"datasets:train"'), ("field 'base'", "is a `dataset`", "`base_model` or")),
    "base is an adapter": (finetune(base='"models/fw:sft"'), ("field 'base'", "is an adapter of 'models/fw:base'")),
    "data is a model": (finetune(data='"models/fw:base"'), ("field 'datasets'", "is a `finetune`")),
    "unknown method": (finetune(method='"magic"'), ("'method'", "mistakes:x", "['dpo', 'pretrain', 'sft']", "magic")),
    "missing seed": (finetune(rest=""), ("field 'seed'", "must be set", "add seed=17")),
    "negative seed": (finetune(rest=", seed=-1"), ("field 'seed'", "is -1")),
    "wrong type": (finetune(rest=', seed="1"'), ("'seed'", "must be an integer")),
    "unknown field": (finetune(rest=", seed=1, sead=2"), ("sead",)),
    "missing target": (finetune(base='"models/fw:nope"'), ("models/fw:nope", "the `base` from the target mistakes:x")),
    "other adapter": (finetune(rest=', seed=1, adapter="models/fw:base"'), ("field 'adapter'", "has full weights")),
    "a circle": (finetune(rest=', seed=1, adapter="mistakes:x"'), ("made from each other: mistakes:x -> mistakes:x",)),
    "pretrain from a base": (finetune(method='"pretrain"'), ("field 'base'", "pretraining starts from nothing")),
    "wrong form": (
        finetune(data='"datasets:corpus"'),
        ("'datasets'", "form 'text'; method 'sft' learns from 'messages'"),
    ),
    "no adapter": (
        finetune(method='"dpo"', data='"datasets:train"'),
        ("field 'adapter'", "method 'dpo' starts from an adapter"),
    ),
    "unknown metric": (
        'eval_suite(name="x", sets=["datasets:sealed"], metrics=["accuracy"], gates={"accuracy": ">= 0.5"})\n',
        ("field 'metrics'", "unknown metric 'accuracy'", "review_coverage"),
    ),
    "gate out of reach": (SUITE.format(sets='"datasets:sealed"', gate='">= 90"'), ("field 'gates'", "from 0 to 1")),
    "malformed gate": (SUITE.format(sets='"datasets:sealed"', gate='"> 0.9"'), ("field 'gates'", "'>= 0.90'")),
    "set not sealed": (SUITE.format(sets='"datasets:train"', gate='">= 0.9"'), ("field 'sets'", "is not sealed")),
    "suite is a dataset": (EVALUATION.format(model='"models/fw:sft"', suite='"datasets:train"'), ("field 'suite'",)),
    "evaluation of another": (
        RELEASE.format(model='"models/fw:base"', evaluations='"evals:review"'),
        ("field 'evaluations'", "judges 'models/fw:sft'"),
    ),
    "no card": (RELEASE.replace(', card="card.md"', "").format(model='":m"', evaluations='":e"'), ("field 'card'",)),
    "missing file": (DATASET.format(sources='"no.jsonl"', form='"text"'), ("field 'sources'", "'no.jsonl'", "hint:")),
    "unknown form": (DATASET.format(sources='"x.jsonl"', form='"poem"'), ("'form'", "poem", "completion")),
}


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_a_mistake_is_told_before_anything_runs(repo: Repo, mistake: str) -> None:
    build, words = MISTAKES[mistake]
    repo.write("mistakes/BUILD", build)
    repo.write("mistakes/x.yaml", "rate: '1'\n")
    repo.write("mistakes/card.md", "Tells labels.\n")
    goal = "test" if build.startswith("evaluation") else "package"
    done = repo.pants(goal, "mistakes:x")
    assert done.returncode != 0
    assert "mistakes:x" in done.stderr or "mistakes/BUILD" in done.stderr
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert "Starting:" not in done.stderr


def test_a_missing_hyperparameters_file_names_target_field_and_mend(repo: Repo) -> None:
    repo.write("mistakes/BUILD", finetune())
    done = repo.pants("package", "mistakes:x")
    assert "target 'mistakes:x', field 'hyperparameters': 'x.yaml' matches no file in mistakes" in done.stderr
    assert "hint: mend the name" in done.stderr


def test_the_words_of_a_failing_tool_are_the_error(repo: Repo) -> None:
    repo.write("models/fw/sft.yaml", "loss: nan\n")
    done = repo.pants("package", "models/fw")
    assert "target 'models/fw:sft': the loss is NaN after update 3\nhint: lower the learning rate" in done.stderr
    assert "Traceback" not in done.stderr and "pants-sandbox" not in done.stderr


def test_a_crash_shows_where_in_our_code_it_was(repo: Repo) -> None:
    repo.write("models/fw/sft.yaml", "crash\n")
    done = repo.pants("package", "models/fw")
    assert "pedigree.training.sft ended with exit code 1" in done.stderr
    assert "RuntimeError: a mistake in the tool" in done.stderr
    assert "pex_root" not in done.stderr


def test_an_unreadable_record_names_file_line_and_field(repo: Repo) -> None:
    repo.write("datasets/sealed.jsonl", '{"id":"a","template":"t","task":"review","prompt":"x","label":"perhaps"}\n')
    done = repo.pants("package", "datasets:sealed")
    assert "sealed.jsonl:1 label: 'perhaps' does not match" in done.stderr


def test_a_directory_that_cannot_be_replaced_is_one_error(repo: Repo) -> None:
    repo.pants("package", "models/fw")
    repo.write("models/fw/sft.yaml", "rate: '9'\n")
    (repo.root / "dist/other").write_text("a file where a directory must be\n")
    done = repo.pants("--pants-distdir=dist/other/below", "package", "models/fw")
    assert done.returncode != 0
    assert "cannot write" in done.stderr and "hint: make it writable" in done.stderr
