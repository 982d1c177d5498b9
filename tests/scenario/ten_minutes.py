"""The scenario of ten minutes.

Each of the eight cameras has a recording of its own. Four more jobs share two recordings: `day` records the door into
`entrance` whenever nobody else does, `night` the hall by schedule, `alarm` the ramp while a guard wants it; into
`mixed` go a camera that sends H.264 and then one that sends JPEG, which the track cannot take.
"""

from __future__ import annotations

from tests.scenario.stage import Job
from tests.scenario.table import Table, read_table

JOBS = (
    Job("door", "door", "door", video_and_audio=True),
    Job("yard", "yard", "yard", video_and_audio=True),
    Job("gate", "gate", "gate"),
    Job("hall", "hall", "hall", video_and_audio=True),
    Job("ramp", "ramp", "ramp", video_and_audio=True),
    # Names no tracks and creates its receiver: the station takes all tracks, and two of them get nothing.
    Job("dock", "dock", "dock", auto_create=True),
    Job("lobby", "lobby", "lobby", video_and_audio=True),
    Job("roof", "roof", "roof"),
    Job("day", "entrance", "door", priority=1),
    Job("night", "entrance", "hall", priority=5, scheduled=True),
    Job("alarm", "entrance", "ramp", priority=9, mode="Idle"),
    Job("mixed_a", "mixed", "lobby"),
    Job("mixed_b", "mixed", "gate", mode="Idle"),
)
ALWAYS_CONNECTED = ("gate",)

ACTIONS = """
     60 | told      | idle         | mixed_a
     90 | misfit    | activate     | mixed_b
    120 | told      | idle         | mixed_b
    140 | scheduled | schedule     | night
    190 | scheduled | schedule     | night
    205 | told      | never        | roof
    225 | connect   | auto         | roof
    240 | told      | activate     | alarm
    270 | killed    | kill         | ramp
    330 | back      | plug in      | ramp
    400 | told      | idle         | alarm
    405 | frozen    | freeze       | yard
    465 | back      | thaw         | yard
    535 | told      | delete       | alarm
    570 | told      | idle all     | *
    600 | told      | end          | *
"""

STATES_OF_JOBS = """
    door    | 0 Active | 570 Idle
    yard    | 0 Active | 405 Error | 465 Active | 570 Idle
    gate    | 0 Active | 570 Idle
    hall    | 0 Active | 570 Idle
    ramp    | 0 Active | 270 Error | 330 Active | 570 Idle
    dock    | 0 PartiallyActive | 570 Idle
    lobby   | 0 Active | 570 Idle
    roof    | 0 Active | 205 Idle | 225 Active | 570 Idle
    day     | 0 Active | 140 Idle | 190 Active | 240 Idle | 270 Active | 330 Idle | 400 Active | 570 Idle
    night   | 0 Idle | 140 Active | 190 Idle
    alarm   | 0 Idle | 240 Active | 270 Error | 330 Active | 400 Idle | 535 Deleted
    mixed_a | 0 Active | 60 Idle
    mixed_b | 0 Idle | 90 Error (Incompatible Stream) | 120 Idle
"""

# Whether it is connected; attempts in between do not count. All but the gate's have nobody who wants them in the end.
STATES_OF_RECEIVERS = """
    door    | 0 Connected | 570 NotConnected
    yard    | 0 Connected | 405 NotConnected | 465 Connected | 570 NotConnected
    gate    | 0 Connected
    hall    | 0 Connected | 570 NotConnected
    ramp    | 0 Connected | 270 NotConnected | 330 Connected | 570 NotConnected
    dock    | 0 Connected | 570 NotConnected
    lobby   | 0 Connected | 570 NotConnected
    roof    | 0 Connected | 205 NotConnected | 225 Connected | 570 NotConnected
"""

# Which footage each track has, and of which camera. What is not listed has none.
FOOTAGE = """
    door     VIDEO001 | 0-570 door
    door     AUDIO001 | 0-570 door
    yard     VIDEO001 | 0-405 yard | 465-570 yard
    yard     AUDIO001 | 0-405 yard | 465-570 yard
    gate     VIDEO001 | 0-570 gate
    hall     VIDEO001 | 0-570 hall
    hall     AUDIO001 | 0-570 hall
    ramp     VIDEO001 | 0-270 ramp | 330-570 ramp
    ramp     AUDIO001 | 0-270 ramp | 330-570 ramp
    dock     VIDEO001 | 0-570 dock
    lobby    VIDEO001 | 0-570 lobby
    lobby    AUDIO001 | 0-570 lobby
    roof     VIDEO001 | 0-205 roof | 225-570 roof
    entrance VIDEO001 | 0-140 door | 140-190 hall | 190-240 door | 240-270 ramp
                      | 270-330 door | 330-400 ramp | 400-570 door
    mixed    VIDEO001 | 0-60 lobby
"""

# Receivers of which a connection failed, as tns1:Receiver/ConnectionFailed tells.
FAILING = ("ramp", "yard")


def table(minutes: float) -> Table:
    """The table, stretched to this length."""
    return read_table(
        actions=ACTIONS,
        jobs=STATES_OF_JOBS,
        receivers=STATES_OF_RECEIVERS,
        tracks=FOOTAGE,
        scale=minutes / 10,
    )
