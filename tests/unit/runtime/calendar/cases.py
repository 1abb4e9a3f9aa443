#!/usr/bin/env python3
"""Writes cases.tsv: clocks and the instants at which they are due, computed by walking minute by minute.

Independent of the program's own arithmetic on purpose: a minute counts if its local time, by Python's zoneinfo, lies
within the hours of its day. Run it again after adding cases:  tests/unit/runtime/calendar/cases.py > …/cases.tsv
Columns: name, start, target in minutes, calendar at the start, steps, due ("never": nothing more happens while paused).
A step is INSTANT=pause, INSTANT=resume, INSTANT=CALENDAR; all instants are UTC.
"""
import datetime as dt
import sys
from zoneinfo import ZoneInfo

DAY = 24 * 60
OFFICE = [(9 * 60, 12 * 60), (13 * 60, 18 * 60)]
NIGHT = [(0, 6 * 60), (22 * 60, DAY)]
LATE = [(30, 4 * 60), (23 * 60, DAY)]


def week(hours, saturday=None, sunday=None):
    return [hours] * 5 + [saturday or [], sunday or []]


# Name: zone, week, other days. The same as in sla_clock_test.cc.
CALENDARS = {
    "shanghai": ("Asia/Shanghai", week(OFFICE), {
        # Spring Festival and National Day of 2026 with make-up days (State Council notice).
        **{dt.date(2026, 2, d): [] for d in range(15, 24)},
        dt.date(2026, 2, 14): OFFICE, dt.date(2026, 2, 28): OFFICE,
        **{dt.date(2026, 10, d): [] for d in range(1, 8)},
        dt.date(2026, 9, 20): OFFICE, dt.date(2026, 10, 10): OFFICE,
    }),
    "always": ("Asia/Shanghai", [[(0, DAY)]] * 7, {}),
    "night": ("Europe/Berlin", [NIGHT] * 7, {}),
    "berlin": ("Europe/Berlin", week(OFFICE, [(10 * 60, 14 * 60)]), {dt.date(2026, 12, 25): []}),
    "newyork": ("America/New_York", week([(8 * 60, 20 * 60)], LATE, LATE), {}),
    "lordhowe": ("Australia/Lord_Howe", [LATE] * 7, {}),
    "kathmandu": ("Asia/Kathmandu", week(OFFICE), {}),
    "saopaulo": ("America/Sao_Paulo", [LATE] * 7, {}),
    "beirut": ("Asia/Beirut", [[(0, DAY)]] * 6 + [[(60, 120)]], {}),
}


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.timezone.utc)


def show(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def works(calendar, at):
    zone, days, other = CALENDARS[calendar]
    local = at.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    hours = other.get(local.date(), days[local.weekday()])
    return any(begin <= minute < end for begin, end in hours)


def due(start, target, calendar, steps):
    at, spent, running = start, 0, True
    steps = list(steps)
    while True:
        while steps and steps[0][0] <= at:
            what = steps.pop(0)[1]
            if what == "pause":
                running = False
            elif what == "resume":
                running = True
            else:
                calendar, running = what, True
        if not running and not steps:
            return None
        if running and works(calendar, at):
            spent += 1
        at += dt.timedelta(minutes=1)
        if running and spent == target:
            return at


def cases():
    starts = {
        "shanghai": ["2026-03-03T01:00", "2026-03-03T03:59", "2026-03-03T04:00", "2026-03-06T09:59", "2026-03-06T10:00",
                     "2026-02-13T09:30", "2026-02-14T02:00", "2026-02-18T03:00", "2026-02-27T09:00", "2026-09-18T09:45",
                     "2026-09-30T08:00", "2026-10-09T09:00", "2026-10-10T09:00"],
        "always": ["2026-03-03T16:00", "2026-12-31T15:59"],
        "night": ["2026-03-28T21:30", "2026-03-29T00:10", "2026-10-24T20:00", "2026-10-25T00:30", "2026-06-01T10:00"],
        "berlin": ["2026-03-27T16:30", "2026-03-28T12:30", "2026-10-23T15:59", "2026-12-24T16:50", "2026-06-15T07:00"],
        "newyork": ["2026-03-07T23:30", "2026-03-08T06:30", "2026-10-31T23:00", "2026-11-01T05:15", "2026-07-03T22:00"],
        "lordhowe": ["2026-04-04T12:00", "2026-04-04T14:45", "2026-10-03T13:00", "2026-10-03T15:15", "2026-01-01T00:00"],
        "kathmandu": ["2026-03-06T12:00", "2026-03-09T03:15"],
        "saopaulo": ["2018-02-17T23:00", "2018-02-18T01:30", "2018-11-03T22:00", "2018-11-04T02:45", "2018-07-01T12:00"],
        "beirut": ["2026-03-28T20:00", "2026-10-24T19:00", "2026-03-29T00:30"],
    }
    for calendar, instants in starts.items():
        for start in instants:
            for target in (1, 30, 120, 480):
                yield f"{calendar} {start} {target}", utc(start), target, calendar, []
    # Waiting for the customer: within a day, over a night, over a week-end, over a change of the clocks, twice, for ever.
    for calendar, start in (("shanghai", "2026-03-05T02:00"), ("berlin", "2026-03-27T09:00"), ("night", "2026-10-24T20:30"),
                            ("newyork", "2026-03-07T18:00"), ("lordhowe", "2026-04-04T13:00")):
        begin = utc(start)
        for away, minutes in ((45, 30), (45, 1000), (300, 4000), (0, 90), (2000, 60)):
            pause, resume = begin + dt.timedelta(minutes=away), begin + dt.timedelta(minutes=away + minutes)
            yield (f"{calendar} paused after {away} for {minutes}", begin, 240, calendar,
                   [(pause, "pause"), (resume, "resume")])
        twice = [(begin + dt.timedelta(minutes=m), w) for m, w in
                 ((10, "pause"), (70, "resume"), (75, "pause"), (1600, "resume"))]
        yield f"{calendar} paused twice", begin, 200, calendar, twice
        yield f"{calendar} paused for ever", begin, 2000, calendar, [(begin + dt.timedelta(minutes=30), "pause")]
        yield f"{calendar} paused when due already", begin, 5, calendar, [(begin + dt.timedelta(days=3), "pause")]
    # A new calendar or policy while it runs, and while it is paused; re-opened: what was spent counts on.
    for first, second, start in (("shanghai", "always", "2026-02-13T08:00"), ("always", "shanghai", "2026-02-13T08:00"),
                                 ("berlin", "night", "2026-03-28T09:00"), ("newyork", "kathmandu", "2026-10-31T20:00"),
                                 ("saopaulo", "always", "2018-11-03T23:00")):
        begin = utc(start)
        for minutes in (0, 60, 1500):
            change = begin + dt.timedelta(minutes=minutes)
            yield f"{first} then {second} after {minutes}", begin, 480, first, [(change, second)]
            back = change + dt.timedelta(minutes=700)
            yield f"{first} then {second} after {minutes} and back", begin, 960, first, [(change, second), (back, first)]
            yield (f"{first} paused, {second} after {minutes}", begin, 300, first,
                   [(change, "pause"), (change + dt.timedelta(minutes=200), second)])


def main():
    seen = set()
    for name, start, target, calendar, steps in cases():
        assert name not in seen, name
        seen.add(name)
        at = due(start, target, calendar, steps)
        print("\t".join([name, show(start), str(target), calendar,
                         " ".join(f"{show(when)}={what}" for when, what in steps), show(at) if at else "never"]))
    print(f"{len(seen)} cases", file=sys.stderr)


if __name__ == "__main__":
    main()
