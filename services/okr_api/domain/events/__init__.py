"""Every event: the vocabulary of the log, shared with the projector; a page per aggregate."""

from okr_api.domain.events.check_in import *  # noqa: F403
from okr_api.domain.events.cycle import *  # noqa: F403
from okr_api.domain.events.event import *  # noqa: F403
from okr_api.domain.events.external_ref import *  # noqa: F403
from okr_api.domain.events.integration import *  # noqa: F403
from okr_api.domain.events.key_result import *  # noqa: F403
from okr_api.domain.events.objective import *  # noqa: F403
from okr_api.domain.events.owner import *  # noqa: F403
from okr_api.domain.events.redaction import *  # noqa: F403
from okr_api.domain.events.webhook import *  # noqa: F403
