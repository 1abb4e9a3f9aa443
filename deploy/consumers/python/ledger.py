"""What this program has taken from the topic, on the disk before anything follows from it.

One file of JSON lines. `{"ticket", "sequence", "acts"}`: this event was taken, and these acts follow from it, each with
its request id. `{"settled": ticket}`: all of them have their answers. One program a directory.
"""

import json
import os


class Ledger:
    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, "ledger.jsonl")
        self._highest = {}  # ticket -> sequence
        self.open = None  # taken, and not all of its acts are known to be answered
        if os.path.exists(path):
            with open(path, "rb") as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # the program ended while it wrote this: nothing has followed from it
                    self._read(json.loads(line))
        # Begun anew with what still counts. Whoever dies meanwhile has the old file or the new one.
        self._file = open(path + ".new", "wb")
        for ticket, sequence in self._highest.items():
            self._write({"ticket": ticket, "sequence": sequence, "acts": []})
        if self.open:
            self._write(self.open)
        self._sync()
        os.rename(path + ".new", path)
        folder = os.open(directory, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def highest(self, ticket):
        return self._highest.get(ticket, "")

    def take(self, ticket, sequence, acts):
        """From now on the event is a repeat, also for whoever starts after a crash."""
        line = {"ticket": ticket, "sequence": sequence, "acts": acts}
        self._write(line)
        self._sync()
        self._read(line)

    def settle(self):
        """Needs no care: whoever does not find it sends the same commands again, which changes nothing."""
        self._write({"settled": self.open["ticket"]})
        self._file.flush()
        self.open = None

    def _read(self, line):
        if "settled" in line:
            self.open = None
        else:
            self._highest[line["ticket"]] = line["sequence"]
            self.open = line if line["acts"] else None

    def _write(self, line):
        self._file.write(json.dumps(line).encode() + b"\n")

    def _sync(self):
        self._file.flush()
        os.fsync(self._file.fileno())
