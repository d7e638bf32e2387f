"""What manifests must say beside being well-formed: names that exist, ports that are open, pods that may little."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.manifests import K8S, OVERLAYS, Manifests, Object, kubectl_is_missing, matches, rendered
from okr_api.asgi import LOADERS, READERS
from okr_api.cli import main
from okr_api.doors import refuse_open
from okr_api.event_log.group_commit import LANES
from okr_api.settings import Settings, read_settings

GIVEN_SECRETS = {"okr-pg-app", "okr-backups"}
"""What somebody makes by hand, or an operator does; the runbook says how."""
PLATFORM = {"cnpg.io/cluster": "okr-pg"}
"""The labels of pods that an operator makes."""
SECRETS = "/run/secrets/okr"
CONNECTIONS = LANES + READERS + LOADERS + 3
"""Of an API at most: one more listens, one follows the facts, and one loads those that a rebuild made."""

pytestmark = pytest.mark.skipif(
    kubectl_is_missing(), reason="kubectl renders the manifests, and is not on this machine"
)


@pytest.fixture(params=OVERLAYS)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    return rendered(K8S / request.param)


@pytest.fixture(params=[*OVERLAYS, "restore"])
def pods(request: pytest.FixtureRequest) -> Manifests:
    return rendered(K8S / request.param)


def settings_of(manifests: Manifests) -> dict[str, str]:
    (config,) = [each for each in manifests.of("ConfigMap") if each["metadata"]["name"].startswith("okr-settings-")]
    return dict(config["data"])


def served(manifests: Manifests) -> dict[str, Object]:
    """The containers that serve, by their deployment."""
    deployments = manifests.of("Deployment")
    return {each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0] for each in deployments}


def labelled(manifests: Manifests) -> Iterator[dict[str, str]]:
    yield PLATFORM
    for pod in manifests.pods().values():
        yield pod["metadata"]["labels"]


# ---------------------------------------------------------------- what is named exists
def test_everything_is_in_one_namespace_under_a_name_of_its_own(manifests: Manifests) -> None:
    (namespace,) = manifests.names("Namespace")
    rest = [each for each in manifests.objects if each["kind"] != "Namespace"]
    assert {each["metadata"].get("namespace") for each in rest} == {namespace}
    names = [(each["kind"], each["metadata"]["name"]) for each in rest]
    assert len(names) == len(set(names))


def test_the_namespace_admits_restricted_pods_alone(manifests: Manifests) -> None:
    (namespace,) = manifests.of("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_selector_finds_pods(manifests: Manifests) -> None:
    every = list(labelled(manifests))
    for each in manifests.of("Deployment"):
        assert matches(each["spec"]["selector"], each["spec"]["template"]["metadata"]["labels"])
    for each in manifests.of("PodDisruptionBudget", "PodMonitor"):
        assert any(matches(each["spec"]["selector"], labels) for labels in every), each["metadata"]
    for each in manifests.of("NetworkPolicy"):
        assert any(matches(each["spec"]["podSelector"], labels) for labels in every), each["metadata"]
    for each in manifests.of("Service"):
        assert any(matches({"matchLabels": each["spec"]["selector"]}, labels) for labels in every), each["metadata"]


def test_the_autoscaler_has_a_deployment_that_leaves_the_number_to_it(manifests: Manifests) -> None:
    (scaler,) = manifests.of("HorizontalPodAutoscaler")
    target = scaler["spec"]["scaleTargetRef"]
    assert "replicas" not in manifests.named(target["kind"], target["name"])["spec"]


def test_the_database_takes_the_connections_of_all_pods_twice_over() -> None:
    production = rendered(K8S / "overlays/prod")
    (scaler,), (cluster,) = production.of("HorizontalPodAutoscaler"), production.of("Cluster")
    taken = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    # One more than the most while a release rolls.
    assert 2 * (scaler["spec"]["maxReplicas"] + 1) * CONNECTIONS <= taken
    runbook = (K8S / "README.md").read_text()
    assert f"each API pod holds up to {CONNECTIONS}" in runbook


def test_a_pod_runs_under_an_account_that_is_there(manifests: Manifests) -> None:
    used = {pod["spec"]["serviceAccountName"] for pod in manifests.pods().values()}
    assert used == manifests.names("ServiceAccount")


def test_every_secret_and_configuration_is_there_or_told_of_in_the_runbook(pods: Manifests) -> None:
    clusters = {f"{each['metadata']['name']}-app" for each in pods.of("Cluster")}
    configurations = pods.names("ConfigMap")
    for pod in pods.pods().values():
        for volume in pod["spec"]["volumes"]:
            assert "emptyDir" in volume or volume["secret"]["secretName"] in GIVEN_SECRETS | clusters
    for _, container in pods.containers():
        assert {each["configMapRef"]["name"] for each in container.get("envFrom", ())} <= configurations
    for store in pods.of("ObjectStore"):
        keys = store["spec"]["configuration"]["s3Credentials"].values()
        assert {key["name"] for key in keys} <= GIVEN_SECRETS
    runbook = (K8S / "README.md").read_text()
    assert all(name in runbook for name in GIVEN_SECRETS)


# ---------------------------------------------------------------- what the service understands
def test_every_setting_is_one_of_the_service_with_a_value_that_it_takes(
    manifests: Manifests, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings_of(manifests)
    assert {name.removeprefix("OKR_").lower() for name in given} <= Settings.model_fields.keys()
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(database_url="dbname=okr")
    refuse_open(settings)
    ports = {port["name"]: port["containerPort"] for port in served(manifests)["okr-api"]["ports"]}
    assert ports == {"http": settings.port, "operations": settings.operations_port}
    assert settings.host == "0.0.0.0"


def test_the_address_of_the_database_is_a_file_that_the_settings_find(pods: Manifests) -> None:
    assert "secrets_dir" in Settings.model_fields
    for pod in pods.pods().values():
        (volume,) = [each for each in pod["spec"]["volumes"] if "secret" in each]
        assert volume["secret"]["items"] == [{"key": "uri", "path": "DATABASE_URL"}]
        assert volume["secret"]["defaultMode"] == 0o440
    for where, container in pods.containers():
        assert {"name": "OKR_SECRETS_DIR", "value": SECRETS} in container["env"], where
        mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
        assert mounts == {"secrets": SECRETS, "tmp": "/tmp"}


def test_every_container_runs_a_command_with_options_that_it_has(pods: Manifests) -> None:
    for where, container in pods.containers():
        assert "command" not in container, where
        name, *options = container["args"]
        with main.commands[name].make_context(name, options):
            pass


def test_every_probe_is_answered(manifests: Manifests) -> None:
    from okr_api.operations.health import ApiHealth
    from okr_api.operations.probes import routes

    answered = {route.path for route in routes(ApiHealth(), in_words=True)}
    for where, container in served(manifests).items():
        asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
        assert {each["path"] for each in asked.values()} == answered == {"/startupz", "/livez", "/readyz"}, where
        assert {each["port"] for each in asked.values()} == {"operations"}


# ---------------------------------------------------------------- which version, and in which order
def test_everything_runs_one_image_and_the_migration_is_named_by_its_tag(manifests: Manifests) -> None:
    (image,) = {container["image"] for _, container in manifests.containers()}
    name, tag = image.rsplit(":", 1)
    assert name != "okr"
    assert tag != "latest"
    assert manifests.names("Job") == {f"okr-migrate-{tag}"}


def test_another_setting_leaves_the_migration_of_a_release_as_it_is(manifests: Manifests) -> None:
    """A Job cannot be changed, and the name of the settings changes with their content."""
    (job,) = [pod for maker, pod in manifests.pods().items() if maker.startswith("Job")]
    assert "okr-settings" not in str(job)


def test_whoever_serves_waits_for_the_migrations_first(manifests: Manifests) -> None:
    for deployment in manifests.of("Deployment"):
        first = deployment["spec"]["template"]["spec"]["initContainers"][0]
        assert first["args"][:3] == ["migrate", "--check", "--wait"]


def test_a_release_takes_nobody_away_before_somebody_else_is_ready(manifests: Manifests) -> None:
    for deployment in manifests.of("Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        drained = float(settings_of(manifests)["OKR_DRAIN_SECONDS"])
        # What is under way afterwards has two seconds.
        assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= drained + 10


def test_production_survives_the_loss_of_a_machine() -> None:
    production = rendered(K8S / "overlays/prod")
    (scaler,), (cluster,) = production.of("HorizontalPodAutoscaler"), production.of("Cluster")
    assert scaler["spec"]["minReplicas"] >= 2
    assert production.named("Deployment", "okr-projector")["spec"]["replicas"] == 2
    assert cluster["spec"]["instances"] >= 3
    synchronous = cluster["spec"]["postgresql"]["synchronous"]
    assert synchronous == {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True}
    for deployment in production.of("Deployment"):
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        keys = [each["topologyKey"] for each in spread]
        assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert all(matches(each["labelSelector"], labels) for each in spread)


# ---------------------------------------------------------------- what pods may
def test_a_pod_may_nothing_that_it_does_not_need(pods: Manifests) -> None:
    for maker, pod in pods.pods().items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, maker
        assert spec["enableServiceLinks"] is False, maker
        assert spec["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    for where, container in pods.containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, where


def test_memory_is_bounded_and_the_processor_is_not(pods: Manifests) -> None:
    for where, container in pods.containers():
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}, where
        assert container["resources"]["limits"].keys() == {"memory"}, where


def test_nothing_comes_in_or_goes_out_but_what_a_policy_names(manifests: Manifests) -> None:
    denied = manifests.named("NetworkPolicy", "default-deny")["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize(
    ("pod", "comes_in", "goes_out"),
    [
        ("okr-api", {8000, 9000}, {53, 443, 5432}),
        ("okr-projector", {9000}, {53, 443, 5432}),
        ("okr-migrate", set(), {53, 5432}),
    ],
)
def test_each_pod_has_the_ports_that_it_needs(
    manifests: Manifests, pod: str, comes_in: set[int], goes_out: set[int]
) -> None:
    labels = {"app.kubernetes.io/name": pod, "app.kubernetes.io/part-of": "okr"}
    assert labels in [each["metadata"]["labels"] for each in manifests.pods().values()]
    policies = [each["spec"] for each in manifests.of("NetworkPolicy") if matches(each["spec"]["podSelector"], labels)]
    for way, expected in (("ingress", comes_in), ("egress", goes_out)):
        rules = [rule for policy in policies for rule in policy.get(way, ())]
        assert {port["port"] for rule in rules for port in rule["ports"]} == expected


def test_webhooks_lead_out_of_the_cluster_alone(manifests: Manifests) -> None:
    (rule,) = manifests.named("NetworkPolicy", "okr-projector")["spec"]["egress"]
    blocks = {to["ipBlock"]["cidr"]: to["ipBlock"]["except"] for to in rule["to"]}
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(blocks["0.0.0.0/0"])
    assert {"fc00::/7", "fe80::/10"} <= set(blocks["::/0"])


def test_with_a_database_of_its_own_the_service_reaches_no_other() -> None:
    rules = rendered(K8S / "overlays/prod").named("NetworkPolicy", "okr-database")["spec"]["egress"]
    (rule,) = [rule for rule in rules if rule["ports"] == [{"port": 5432, "protocol": "TCP"}]]
    assert rule["to"] == [{"podSelector": {"matchExpressions": [{"key": "cnpg.io/cluster", "operator": "Exists"}]}}]


# ---------------------------------------------------------------- backup and restore
def test_every_night_there_is_a_backup_and_the_log_is_archived_all_the_time() -> None:
    production = rendered(K8S / "overlays/prod")
    (backup,), (cluster,), (store,) = map(production.of, ("ScheduledBackup", "Cluster", "ObjectStore"))
    (plugin,) = cluster["spec"]["plugins"]
    assert plugin["isWALArchiver"] is True
    assert plugin["parameters"]["barmanObjectName"] == store["metadata"]["name"]
    assert backup["spec"]["cluster"]["name"] == cluster["metadata"]["name"]
    assert backup["spec"]["pluginConfiguration"]["name"] == plugin["name"]


def test_what_is_restored_comes_from_that_backup_and_is_set_up_like_the_first() -> None:
    (first,), (restored,) = (rendered(K8S / folder).of("Cluster") for folder in ("overlays/prod", "restore"))
    (source,) = restored["spec"]["externalClusters"]
    assert source["plugin"]["parameters"] == {
        **first["spec"]["plugins"][0]["parameters"],
        "serverName": first["metadata"]["name"],
    }
    assert restored["spec"]["bootstrap"]["recovery"]["source"] == source["name"]
    # Under the first one's name its log would stand in for the first one's.
    assert restored["spec"]["plugins"][0]["parameters"]["serverName"] == restored["metadata"]["name"]
    assert restored["metadata"]["namespace"] == first["metadata"]["namespace"]
    own = {"bootstrap", "externalClusters", "plugins"}
    assert {name: value for name, value in restored["spec"].items() if name not in own} == {
        name: value for name, value in first["spec"].items() if name not in own
    }


def test_the_service_moves_to_what_was_restored_by_one_component(tmp_path: Path) -> None:
    copied = tmp_path / "k8s"
    shutil.copytree(K8S, copied)
    overlay = copied / "overlays/prod/kustomization.yaml"
    text = overlay.read_text()
    overlay.write_text(re.sub(r"components: \[(.+)\]", r"components: [\1, ../../components/restored]", text))
    assert yaml.safe_load(overlay.read_text()) != yaml.safe_load(text)
    used = {
        volume["secret"]["secretName"]
        for pod in rendered(overlay.parent).pods().values()
        for volume in pod["spec"]["volumes"]
        if "secret" in volume
    }
    assert used == {"okr-pg-restored-app"}
