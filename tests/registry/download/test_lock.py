"""A manifest of what a source holds, from wherever it is, and the same bytes come back through it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from pedigree.registry.download import s3
from pedigree.registry.download.lock import lock
from pedigree.registry.weights_manifest import WeightsManifest, render_weights_manifest
from pedigree.step.errors import ToolError
from registry.download.conftest import CONTENT, NAME, Place, digest
from registry.download.hub import COMMIT, Hub, running_hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub({NAME: CONTENT, "config.json": b"{}", "pytorch_model.bin": b"x", "README.md": b"x"}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.server.url)
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        yield hub


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3._client.cache_clear()
    client = botocore.session.get_session().create_client("s3")
    client.create_bucket(Bucket="models")
    for name, content in ((NAME, CONTENT), ("sub/a b.json", b"{}"), ("sub/", b"")):
        client.put_object(Bucket="models", Key=f"base/{name}", Body=content)
    client.put_object(Bucket="models", Key="base-other/config.json", Body=b"[]")
    yield "s3://models/base"
    server.stop()
    s3._client.cache_clear()


def names(manifest: WeightsManifest) -> list[str]:
    return [file.name for file in manifest.files]


def fetched(place: Place, manifest: WeightsManifest) -> bool:
    """Whether all of a manifest can be fetched."""
    path = place.folder / "weights.json"
    path.write_bytes(render_weights_manifest(manifest))
    return place.fetch(path) == "" and all(place.store.holds(file) for file in manifest.files)


def test_a_directory_and_what_may_not_be_in_a_model(place: Place) -> None:
    source = place.folder / "my model"
    (source / "sub").mkdir(parents=True)
    (source / NAME).write_bytes(CONTENT)
    (source / "sub/config.json").write_bytes(b"{}")
    (source / "training_args.bin").write_bytes(b"x")
    locked = lock([str(source)], place.folder, "*")
    assert names(locked.manifest) == [NAME, "sub/config.json"]
    assert "can run code" in locked.left_out["training_args.bin"]
    assert locked.manifest.files[0].origins == (f"file:my%20model/{NAME}",)
    assert fetched(place, locked.manifest)
    elsewhere = lock([str(source)], place.folder / "other", "*.json").manifest
    assert names(elsewhere) == ["sub/config.json"]
    assert elsewhere.files[0].origins[0].startswith("file:/") and fetched(place, elsewhere)


def test_urls_of_files(place: Place) -> None:
    place.server.files["/v1/config.json"] = b"{}"
    locked = lock([f"{place.server.url}/v1/config.json", f"{place.server.url}/{NAME}"], place.folder, "*")
    assert names(locked.manifest) == ["config.json", NAME]
    assert locked.manifest.files[1].sha256 == digest(CONTENT) and fetched(place, locked.manifest)


def test_a_bucket_is_listed_and_its_objects_come_signed(place: Place, bucket: str) -> None:
    manifest = lock([bucket], place.folder, "*").manifest
    assert names(manifest) == [NAME, "sub/a b.json"]
    assert manifest.files[1].origins == ("s3://models/base/sub/a b.json",)
    assert fetched(place, manifest)


def test_an_object_that_is_not_there_is_named_without_its_signature(place: Place, bucket: str) -> None:
    told = place.fetch(place.manifest("s3://models/none/x"))
    assert "s3://models/none/x: does not have it" in told and "X-Amz" not in told
    with pytest.raises(ToolError, match=r"s3://none cannot be listed: .*NoSuchBucket"):
        lock(["s3://none"], place.folder, "*")


def test_a_repository_at_a_commit_reads_only_what_the_hub_has_no_digest_of(place: Place, hub: Hub) -> None:
    locked = lock([f"hf://org/name@{COMMIT}"], place.folder, "*")
    assert names(locked.manifest) == ["README.md", "config.json", NAME]
    assert list(locked.left_out) == ["pytorch_model.bin"]
    assert sorted(path.rpartition("/")[2] for path in hub.server.sent) == ["README.md", "config.json"]
    assert locked.manifest.files[2].origins == (f"hf://org/name@{COMMIT}/{NAME}",)
    assert fetched(place, locked.manifest)


def test_the_token_goes_to_the_hub_and_not_to_where_it_redirects(place: Place, hub: Hub) -> None:
    hub.elsewhere = place.server.url.replace("127.0.0.1", "localhost") + f"/{NAME}"
    assert place.fetch(place.manifest(f"hf://org/name@{COMMIT}/{NAME}")) == ""
    assert hub.server.authorizations == ["Bearer hf_secret"] and place.server.authorizations == [""]


@pytest.mark.parametrize(("reference", "called"), [("@main", "'main' of org/name"), ("", "the default branch of")])
def test_a_branch_is_refused_with_the_commit_that_it_points_to(
    place: Place, hub: Hub, reference: str, called: str
) -> None:
    with pytest.raises(ToolError, match=f"{called}.* is no commit: it points to {COMMIT} now") as refused:
        lock([f"hf://org/name{reference}"], place.folder, "*")
    assert refused.value.hint == f"pin it: pedigree models lock hf://org/name@{COMMIT}"


def test_a_branch_is_refused_where_the_hub_cannot_be_asked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ToolError, match="is no commit: it points somewhere else tomorrow"):
        lock(["hf://org/name@main"], place.folder, "*")


def test_a_repository_that_the_hub_does_not_have_is_named(place: Place, hub: Hub) -> None:
    with pytest.raises(ToolError, match=f"hf://org/none@{COMMIT} cannot be listed: the hub answers with 404"):
        lock([f"hf://org/none@{COMMIT}"], place.folder, "*")


@pytest.mark.parametrize(
    ("source", "words"),
    [("none", "is no directory"), ("hf://name", "is not hf://ORG/NAME@COMMIT"), ("http://127.0.0.1:1/x.py", "no file")],
)
def test_what_is_no_source_is_an_error(tmp_path: Path, source: str, words: str) -> None:
    with pytest.raises(ToolError, match=words):
        lock([source], tmp_path, "*")


def test_two_files_of_one_name_are_refused(place: Place) -> None:
    place.server.files["/a/config.json"] = place.server.files["/b/config.json"] = b"{}"
    with pytest.raises(ToolError, match=r"'config.json' is named twice"):
        lock([f"{place.server.url}/{folder}/config.json" for folder in "ab"], place.folder, "*")
