"""`s3:` origins, read with the credentials, region and endpoint that the AWS tools would use (`AWS_*`, `~/.aws`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pedigree.registry.download.stream import Refused
from pedigree.registry.download.web import Request
from pedigree.registry.origins import bucket_place

_VALID = 3600  # seconds; it is signed anew for every try


def object_request(origin: str) -> Request:
    """How to ask for an object: its URL, signed where there are credentials.

    Raises:
        Refused: The configuration does not let us ask.
    """
    place = bucket_place(origin)
    parameters = {"Bucket": place.name, "Key": place.key}
    try:
        url: str = _client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=_VALID)
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"cannot be asked: {error}") from error
    return Request(url)


def list_objects(origin: str) -> Iterator[tuple[str, int]]:
    """Key and size of each object below a prefix.

    Raises:
        Refused: The bucket cannot be listed.
    """
    place = bucket_place(origin)
    prefix = place.key.rstrip("/") + "/" if place.key else ""
    try:
        for page in _client().get_paginator("list_objects_v2").paginate(Bucket=place.name, Prefix=prefix):
            for entry in page.get("Contents", []):
                if not entry["Key"].endswith("/"):
                    yield entry["Key"], entry["Size"]
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"cannot be listed: {error}") from error


@lru_cache(maxsize=1)
def _client() -> Any:
    session = botocore.session.get_session()
    signature = "s3v4" if session.get_credentials() else UNSIGNED
    return session.create_client("s3", config=Config(signature_version=signature))
