"""What a killed projector does to webhooks: what was under way is sent again under the same id, nothing is left out."""

from api.serving import Api, Company, process, served
from webhooks.receiver import receiving
from webhooks.test_telling import checked_in, hooked

LOOPBACK = {"OKR_WEBHOOK_NETWORKS": '["127.0.0.0/8"]'}


def test_a_killed_projector_leaves_nothing_untold(database: str) -> None:
    # Long enough for a projector that is only just beginning.
    with served(database, projector=False, OKR_READABLE_TIMEOUT="9") as url, receiving() as receiver:
        with process("projector", database, **LOOPBACK) as killed:
            company = Company(Api(url))
            kr = company.key_result()
            hooked(company.api, receiver, eventTypes=["CheckInRecorded"])
            positions = [checked_in(company, kr, value) for value in range(10)]
            receiver.wait_for(3)
            killed.kill()
        with process("projector", database, **LOOPBACK):
            positions += [checked_in(company, kr, value) for value in range(10, 15)]
            received = receiver.wait_for_position(positions[-1])
    told = [message.position for message in received]
    assert list(dict.fromkeys(told)) == positions
    assert len({message.id for message in received}) == len(positions)
