"""Traces: what a thing was made of, and what was made of it, by the events that name it."""

from traceability.trace.trace_event import Amount, StepKind, TraceEvent, read_trace_event
from traceability.trace.walk import (
    CutCause,
    EventSource,
    FoundEvents,
    Trace,
    TraceCut,
    TraceDirection,
    TraceLimits,
    TraceStart,
    TraceStep,
    trace_things,
)

__all__ = [
    "Amount",
    "CutCause",
    "EventSource",
    "FoundEvents",
    "StepKind",
    "Trace",
    "TraceCut",
    "TraceDirection",
    "TraceEvent",
    "TraceLimits",
    "TraceStart",
    "TraceStep",
    "read_trace_event",
    "trace_things",
]
