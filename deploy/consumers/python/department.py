"""A department's own program: takes the offers that its department gets, and answers them.

It knows nothing of the centre but the published contract: proto/shoujie/router/v1/tickets.asyncapi.yaml says what comes
from Kafka, the protos beside it what can be answered. See deploy/consumers/README.md.
"""

import argparse
import json
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaException

from centre import Centre, Refused, new_request_id
from ledger import Ledger

SESSION_MS = 10_000  # a program that was killed holds its partitions for so long; longer than an attempt at an act
ACTS = ("details", "sign", "progress", "done")


def read_options():
    parser = argparse.ArgumentParser(prog="run", description="A department's own program.")
    parser.add_argument("--kafka", required=True, help="brokers, host:port,host:port")
    parser.add_argument("--topic", default="shoujie.tickets.v1")
    parser.add_argument("--group", help="consumer group; default: the department's")
    parser.add_argument("--server", required=True, help="a node of the centre, host:port")
    parser.add_argument("--token-file", required=True, help="a token of a member of the department")
    parser.add_argument("--department", required=True, help="id in the directory")
    parser.add_argument("--state", required=True, help="directory of what was taken; one for each program")
    parser.add_argument("--act", default=",".join(ACTS), help="what is done with an offer, of: %(default)s")
    parser.add_argument("--refuse", action="append", default=[], metavar="CATEGORY", help="offers of it are refused; again for more")
    parser.add_argument("--until-idle", type=float, metavar="SECONDS", help="ends when nothing has come for so long")
    options = parser.parse_args()
    options.act = options.act.split(",")
    if not set(options.act) <= set(ACTS):
        parser.error("--act takes some of " + ",".join(ACTS))
    options.group = options.group or "department-" + options.department
    return options


def tell(line):
    print(json.dumps(line, separators=(",", ":")))


class Department:
    def __init__(self, options):
        self._options = options
        self._ledger = Ledger(options.state)
        with open(options.token_file, encoding="ascii") as file:
            self._centre = Centre(options.server, file.read().strip())
        self.counts = {"records": 0, "unreadable": 0, "passed": 0, "dropped": 0, "taken": 0, "acts": {}, "declined": 0}
        if self._ledger.open:  # an earlier run ended between taking an event and the answers
            self._carry_out(self._ledger.open)

    def take(self, headers, value):
        self.counts["records"] += 1
        try:
            attributes = {name: text.decode() for name, text in headers}
            event, ticket, sequence = (attributes["ce_" + name] for name in ("type", "subject", "sequence"))
            change = json.loads(value)
            departments = change.get("departments", [])
        except (AttributeError, KeyError, TypeError, ValueError):
            self.counts["unreadable"] += 1  # not of this contract
            return
        if self._options.department not in departments:
            self.counts["passed"] += 1
            return
        if sequence <= self._ledger.highest(ticket):
            self.counts["dropped"] += 1
            return
        self._ledger.take(ticket, sequence, self._acts_after(event, change))
        self.counts["taken"] += 1
        if self._ledger.open:
            self._carry_out(self._ledger.open)

    def _acts_after(self, event, change):
        """What is to be done. Of events that it does not know, nothing."""
        if event != "shoujie.ticket.offered.v1":
            return []
        acts = ["refuse"] if change.get("category") in self._options.refuse else self._options.act
        return [{"act": act, "handoff": change["handoff"], "id": new_request_id()} for act in acts]

    def _carry_out(self, taken):
        """In order, until one is refused. Done again after a crash, they have the same ids and answers."""
        for step in taken["acts"]:
            answer = "OK"
            try:
                self._centre.do(step["act"], taken["ticket"], step["handoff"], step["id"])
                self.counts["acts"][step["act"]] = self.counts["acts"].get(step["act"], 0) + 1
            except Refused as refused:
                answer = str(refused)
                self.counts["declined"] += 1
            tell({"act": step["act"], "ticket": taken["ticket"], "answer": answer})
            if answer != "OK":
                break
        self._ledger.settle()


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    department = Department(options)
    consumer = Consumer(
        {
            "bootstrap.servers": options.kafka,
            "group.id": options.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": SESSION_MS,
        }
    )
    try:
        consumer.subscribe([options.topic])
        last = time.monotonic()
        while options.until_idle is None or time.monotonic() - last < options.until_idle:
            message = consumer.poll(0.2)
            if message is None:
                if not consumer.assignment():
                    last = time.monotonic()  # not yet asked for anything
                continue
            if message.error():
                print("run:", message.error(), file=sys.stderr)
                continue
            department.take(message.headers() or [], message.value())
            try:
                consumer.commit(message, asynchronous=False)
            except KafkaException as error:  # the partition is another's by now: the record comes again, and is dropped
                print("run:", error, file=sys.stderr)
            last = time.monotonic()
    finally:
        consumer.close()
        tell(department.counts)


main()
