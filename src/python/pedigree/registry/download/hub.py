"""`hf:` origins: repositories of the Hugging Face hub, or of the one that `HF_ENDPOINT` names.

The token is read from `HF_TOKEN` and goes to that host alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import RepoFile

from pedigree.registry.download.stream import Refused
from pedigree.registry.download.web import Request
from pedigree.registry.origins import HubPlace, hub_place

_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True)
class HubFile:
    """A file of a repository.

    Attributes:
        path: Path in the repository.
        size: Bytes.
        sha256: Its digest, where the hub knows it: of files that lie in its large file storage.
    """

    path: str
    size: int
    sha256: str | None


def hub_request(origin: str) -> Request:
    """How to ask for a file at a commit."""
    place = hub_place(origin)
    url = hf_hub_url(place.repo, place.path, revision=place.revision, endpoint=_endpoint())
    token = os.environ.get("HF_TOKEN")
    return Request(url, {"Authorization": f"Bearer {token}"} if token else {})


def list_hub(place: HubPlace) -> Iterator[HubFile]:
    """The files of a repository at a commit.

    Raises:
        Refused: The hub cannot be asked.
    """
    try:
        for entry in _api().list_repo_tree(place.repo, recursive=True, revision=place.revision):
            if isinstance(entry, RepoFile):
                yield HubFile(entry.path, entry.size, entry.lfs.sha256 if entry.lfs else None)
    except HfHubHTTPError as error:
        answer = f"the hub answers with {error.response.status_code}"
        raise Refused(f"cannot be listed: {answer}; a private repository needs HF_TOKEN") from error
    except (httpx2.HTTPError, OSError, ValueError) as error:
        raise Refused(f"cannot be listed: {type(error).__name__}") from error


def commit_of(place: HubPlace) -> str | None:
    """The commit that a branch or a tag points to now; None when the hub does not say."""
    try:
        return _api().repo_info(place.repo, revision=place.revision or None).sha
    except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError):
        return None


def _api() -> HfApi:
    # False: neither a token from a file, nor an error when there is none.
    return HfApi(endpoint=_endpoint(), token=os.environ.get("HF_TOKEN") or False)


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", _ENDPOINT).rstrip("/")
