"""Every object fits the schema of its kind, strictly: what is not in the schema is refused."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.manifests import K8S, OVERLAYS, Object, kubectl_is_missing, rendered

RENDERED = (*OVERLAYS, "restore")
KUBERNETES = "1.37"
CRDS = Path(__file__).parent / "crds"
OWN = os.environ.get("OKR_CRDS")

pytestmark = pytest.mark.skipif(
    kubectl_is_missing(), reason="kubectl renders the manifests, and is not on this machine"
)


@cache
def ours() -> dict[tuple[str, str], Any]:
    """Of others' kinds: the part of each that the manifests use."""
    found = [yaml.safe_load(file.read_text()) for file in CRDS.glob("*.yaml")]
    return {(each["apiVersion"], each["kind"]): each["spec"] for each in found}


@cache
def published(folder: Path) -> dict[tuple[str, str], Any]:
    """Of others' kinds: the whole schema, from the operators' own definitions."""
    schemas = {}
    for file in folder.glob("*.yaml"):
        definition = yaml.safe_load(file.read_text())["spec"]
        for version in definition["versions"]:
            schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
            schemas[f"{definition['group']}/{version['name']}", definition["names"]["kind"]] = closed(schema)
    return schemas


def closed(schema: Any) -> Any:
    """The API server drops what a schema does not name; here it is refused."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    if "properties" in inner and not inner.get("x-kubernetes-preserve-unknown-fields"):
        inner.setdefault("additionalProperties", False)
    return inner


def objects(folder: str) -> tuple[Object, ...]:
    return rendered(K8S / folder).objects


def kind(each: Object) -> tuple[str, str]:
    return each["apiVersion"], each["kind"]


@pytest.mark.parametrize("folder", RENDERED)
def test_every_object_fits_the_schema_of_its_kind(folder: str) -> None:
    for each in objects(folder):
        if schema := ours().get(kind(each)):
            wrong = [error.message for error in Draft202012Validator(schema).iter_errors(each["spec"])]
            assert not wrong, (kind(each), wrong)
        else:
            kubernetes_validate.validate(each, KUBERNETES, strict=True)


def test_a_slip_of_the_pen_is_found() -> None:
    (deployment, *_) = [each for each in objects("overlays/prod") if each["kind"] == "Deployment"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container = container | {"securityContext": {"readOnlyRootFileSystem": True}}
    spec = deployment["spec"]["template"]["spec"] | {"containers": [container]}
    wrong = deployment | {"spec": deployment["spec"] | {"template": deployment["spec"]["template"] | {"spec": spec}}}
    with pytest.raises(kubernetes_validate.ValidationError, match="readOnlyRootFileSystem"):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


@pytest.mark.skipif(OWN is None, reason="set OKR_CRDS to a folder with the operators' own definitions, a file each")
@pytest.mark.parametrize("folder", RENDERED)
def test_what_operators_read_fits_their_own_definitions(folder: str) -> None:
    assert OWN
    schemas = published(Path(OWN))
    for each in objects(folder):
        if kind(each) in ours():
            wrong = [error.message for error in Draft202012Validator(schemas[kind(each)]).iter_errors(each["spec"])]
            assert not wrong, (kind(each), wrong)
