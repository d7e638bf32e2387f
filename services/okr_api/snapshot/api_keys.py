"""API keys as they are looked up when somebody signs in with one."""

from okr_api.access.api_keys import ApiKey
from okr_api.access.policy import ActorKind, Principal, Role, Scope
from okr_api.snapshot.snapshot import Snapshot


def find_api_key(snapshot: Snapshot, key_id: str) -> ApiKey | None:
    """The key with whoever it stands for; None for one that was revoked. Whether it has expired is for the caller."""
    row = snapshot.api_keys.get(key_id)
    if row is None or row.revoked_at is not None:
        return None
    integration = snapshot.integrations[row.integration_id]
    principal = Principal(
        integration.id,
        ActorKind.INTEGRATION,
        integration.name,
        frozenset({Role.INTEGRATION}),
        scope=Scope(integration.cycle_ids, integration.owner_ids),
        expires_at=row.expires_at,
    )
    return ApiKey(row.id, bytes.fromhex(row.digest), row.expires_at, principal)
