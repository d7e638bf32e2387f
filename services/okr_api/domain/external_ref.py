"""ExternalRef: who holds a name that another system gave, unique per kind while its holder is live."""

from typing import Self
from uuid import NAMESPACE_URL, UUID, uuid5

from okr_api.domain.errors import Refused, RuleViolation
from okr_api.domain.events import Event, ExternalRefMoved, ExternalRefTaken
from okr_api.domain.stream import Stream


class ExternalRef(Stream):
    TITLE = "external reference"

    @staticmethod
    def id_of(kind: str, ref: str) -> UUID:
        """The stream of a reference: the same for whoever asks for it. `kind` is the holder's stream type."""
        return uuid5(NAMESPACE_URL, f"okr:external-ref:{kind}:{ref}")

    # decide
    @classmethod
    def take(cls, kind: str, ref: str, holder_id: UUID) -> Self:
        return cls.begin(ExternalRefTaken, cls.id_of(kind, ref), kind=kind, ref=ref, holder_id=holder_id)

    def move(self, holder_id: UUID | None) -> None:
        """Whether its present holder is live is looked at by the caller."""
        if holder_id != self.holder_id:
            self.trigger_event(ExternalRefMoved, holder_id=holder_id)

    def refuse_taken(self) -> None:
        message = f"The external reference {self.ref!r} belongs to another {self.kind}."
        params = {"holderId": str(self.holder_id)}
        ids = (str(self.holder_id),)
        raise Refused(RuleViolation("EXTERNAL_REF_TAKEN", message, ("externalRef",), params, ids))

    # evolve
    def when(self, event: Event) -> None:
        match event:
            case ExternalRefTaken():
                self.kind, self.ref = event.kind, event.ref
                self.holder_id: UUID | None = event.holder_id
            case ExternalRefMoved():
                self.holder_id = event.holder_id
