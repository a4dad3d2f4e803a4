"""What callers give, made ready for a jitted function: converted, sizes told apart, put on the device.

Requires 64-bit types to be on. JAX arrays of the right types are taken as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from ssair.arguments import ArgumentValueError, to_argument
from ssair.backends.refusals import refusal
from ssair.ir import Param
from ssair.semantics import dtype_of
from ssair.signature import ArgumentTypeError
from ssair.types import rank


class Intake:
    """Takes the arguments of a function with these parameters; `names` are what errors call them."""

    def __init__(self, names: Sequence[str], params: Sequence[Param], device: jax.Device | None) -> None:
        self._names = names
        self._params = params
        self._static = [place for place, param in enumerate(params) if param.static]
        self.device = device
        with jax.transfer_guard("allow"):
            self.array_type: type[Any] = type(jax.numpy.zeros(()))
        #: The dtype and rank of what is taken as it is; never a size.
        self.kinds = [(dtype_of(param.type), -1 if param.static else rank(param.type)) for param in params]

    def arguments(self, flat: Sequence[Any]) -> list[Any]:
        """The arguments as the trace takes them; JAX arrays of the right types are taken as they are."""
        array = self.array_type
        return [
            value
            if type(value) is array and value.dtype == dtype and len(value.shape) == length
            else self._converted(place, value)
            for place, (value, (dtype, length)) in enumerate(zip(flat, self.kinds, strict=True))
        ]

    def _converted(self, place: int, value: Any) -> Any:
        """An argument as the trace takes it; 64-bit types must be on."""
        param = self._params[place]
        if param.static and isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer):
            value = np.asarray(value)
        value = to_argument(self._names[place], param, value)
        if param.static and not isinstance(value, np.generic):
            raise ArgumentTypeError(f"argument {self._names[place]}: a size must be known when JAX traces")
        return value

    def split(self, args: list[Any]) -> tuple[list[Any], tuple[int, ...]]:
        """The arguments that are passed, and the static ones."""
        if not self._static:
            return args, ()
        dynamic = [arg for place, arg in enumerate(args) if place not in self._static]
        return dynamic, tuple([int(args[place]) for place in self._static])

    def join(self, dynamic: Sequence[Any], static: tuple[int, ...]) -> list[Any]:
        """The arguments that `split` told apart, static ones as NumPy scalars."""
        args = list(dynamic)
        for place, value in zip(self._static, static, strict=True):
            args.insert(place, np.int64(value))
        return args

    def hosts(self, static: tuple[int, ...]) -> dict[int, np.int64]:
        """The static arguments by place."""
        return {place: np.int64(value) for place, value in zip(self._static, static, strict=True)}

    def check_donated(self, flat: Sequence[Any], places: Sequence[int]) -> None:
        """Raise ArgumentValueError where the memory of an argument at `places` is that of another one, or is gone."""
        owners: dict[int, int] = {}
        for place in [*places, *[place for place in range(len(flat)) if place not in places]]:
            value = flat[place]
            if type(value) is not self.array_type:
                continue
            if value.is_deleted():
                raise ArgumentValueError(f"argument {self._names[place]}: it is deleted, its memory was donated before")
            if value.size == 0 or len(value.devices()) > 1:
                continue
            owner = owners.setdefault(value.unsafe_buffer_pointer(), place)
            if owner != place and owner in places:
                mine, other = self._names[place], self._names[owner]
                raise ArgumentValueError(
                    f"argument {mine}: its memory is that of {other}, which is donated; give the kernel a copy of it"
                )

    def refusal(self, error: Exception, flat: Sequence[Any]) -> ArgumentValueError | None:
        """What to raise instead of an error of JAX's in a call with these arguments (`ssair.backends.refusals`)."""
        names = [name for name, param in zip(self._names, self._params, strict=True) if not param.static]
        return refusal(error, names, self.split(list(flat))[0]) if len(flat) == len(self._params) else None

    def dynamic_place(self, place: int) -> int:
        """The place of an argument that is not static among those."""
        return place - sum(static < place for static in self._static)

    def put(self, args: Sequence[Any]) -> Sequence[Any]:
        """The arguments on the device asked for, straight from where they are."""
        device = self.device
        if device is None or all(isinstance(arg, jax.Array) and arg.device == device for arg in args):
            return args
        moved: list[Any] = jax.device_put(list(args), device)
        return moved

    @contextmanager
    def placed(self) -> Iterator[None]:
        """Where arrays are made: on the device asked for."""
        if self.device is None:
            yield
        else:
            with jax.default_device(self.device):
                yield
