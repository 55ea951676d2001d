"""How long each step of a night takes: for the report of the night, and as OpenTelemetry spans where that is wanted.

What belongs here: naming and timing steps. What does not: the steps, what a report looks like (night.py).

Spans are sent only when the extra ``traces`` is installed and ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or
``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT``) is set; the other ``OTEL_…`` variables work as OpenTelemetry defines them.
Without either nothing is imported. A collector that does not answer costs nothing but its time limit at the end.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(frozen=True)
class Step:
    """One step that was done: ``source`` is "" for a step of the whole; ``failed`` tells that it raised."""

    name: str
    source: str
    seconds: float
    failed: bool = False


@dataclass
class Recorder:
    """The steps of one night, in the order in which they ended."""

    steps: list[Step] = field(default_factory=list[Step])

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)


_CURRENT: ContextVar[Recorder | None] = ContextVar("lukuina_steps", default=None)


@contextmanager
def recording() -> Generator[Recorder]:
    """Record the steps of the with block, and send their spans at its end."""
    recorder = Recorder()
    token = _CURRENT.set(recorder)
    try:
        with step("night"):
            yield recorder
    finally:
        _CURRENT.reset(token)
        flush()


@contextmanager
def step(name: str, source: str = "") -> Generator[None]:
    """Time a step; a span of the same name, with the source as an attribute, where traces are on."""
    recorder, began, failed = _CURRENT.get(), time.perf_counter(), True
    tracer = _tracer()
    attributes = {"lukuina.source": source} if source else {}
    span = tracer.start_as_current_span(f"lukuina.{name}", attributes=attributes) if tracer else nullcontext()
    try:
        with span:
            yield
        failed = False
    finally:
        if recorder is not None:
            recorder.steps.append(Step(name, source, round(time.perf_counter() - began, 3), failed))


def timed(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make every call of a function a step."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            with step(name):
                return function(*args, **kwargs)

        return inner

    return decorate


def flush() -> None:
    """Send what spans there are."""
    if provider := _provider():
        provider.force_flush()


def _tracer() -> Any:
    provider = _provider()
    return provider.get_tracer("lukuina") if provider else None


def _provider() -> Any:
    return _made() if any(os.environ.get(name) for name in _ENDPOINTS) else None


@cache
def _made() -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:  # the extra is not installed
        return None
    provider = TracerProvider(resource=Resource.create({"service.name": "toiminta-lukuina"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
