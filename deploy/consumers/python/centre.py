"""The centre's side: acts on tickets by gRPC, each sent until it has a definite answer."""

import os
import time

import grpc

from shoujie.router.v1 import commands_pb2, service_pb2_grpc, ticket_pb2

# Whether the command was carried out is not known: the same one is sent again, under the same request id.
UNKNOWN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
}
CALL_SECONDS = 5
PAUSE_SECONDS_FIRST = 0.2
PAUSE_SECONDS_MAX = 2


class Refused(Exception):
    """The centre does not do it, and never will: "REASON: what is wrong and what to do"."""


def new_request_id():
    """A UUID of version 7: the time in milliseconds, then random bits."""
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Centre:
    def __init__(self, server, token):
        self._metadata = [("authorization", "Bearer " + token)]
        self._channel = grpc.insecure_channel(server, options=[("grpc.enable_http_proxy", 0)])
        self._tickets = service_pb2_grpc.TicketServiceStub(self._channel)

    def do(self, act, ticket, handoff, request_id):
        method, request = getattr(self, "_" + act)(handoff)
        request.name = ticket
        request.request_id = request_id
        pause = PAUSE_SECONDS_FIRST
        while True:
            try:
                return method(request, timeout=CALL_SECONDS, metadata=self._metadata)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                    raise SystemExit(error.details())
                if error.code() not in UNKNOWN:
                    raise Refused(error.details()) from error
            # The same request again, each time a little later: the centre answers it once.
            time.sleep(pause)
            pause = min(2 * pause, PAUSE_SECONDS_MAX)

    # How to reach the customer. Used and forgotten: it is personal, and each reading is recorded with its purpose.
    def _details(self, handoff):
        return self._tickets.GetContactDetails, commands_pb2.GetContactDetailsRequest(
            purpose="appointment for the delivery"
        )

    def _sign(self, handoff):
        return self._tickets.SignHandoff, commands_pb2.SignHandoffRequest(handoff=handoff)

    def _refuse(self, handoff):
        return self._tickets.RefuseHandoff, commands_pb2.RefuseHandoffRequest(
            handoff=handoff,
            reason=ticket_pb2.HANDOFF_REASON_NOT_OUR_DUTY,
            evidence="matters of this category are not in the department's list of duties",
        )

    def _progress(self, handoff):
        return self._tickets.ReportProgress, commands_pb2.ReportProgressRequest(handoff=handoff, text="the parcel is packed")

    def _done(self, handoff):
        return self._tickets.CompleteHandoff, commands_pb2.CompleteHandoffRequest(handoff=handoff, result="sent by courier")
