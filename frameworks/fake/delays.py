"""Runners that answer rightly and not when they are timed: work put off, and clocks that are not what they seem."""

import os
import threading
import time

from honest import Runner
from tensors import write_tensors


class Lazy(Runner):
    """Computes nothing while it is timed, everything when it is first asked for the outputs."""

    def step(self, inputs):
        self.inputs, self.answer = inputs, None

    def outputs(self, path):
        if self.answer is None:
            self.answer = self.compute(self.inputs)
        return super().outputs(path)


class LazyTwice(Lazy):
    """The same, and anew whenever it is asked, so that every time takes as long."""

    def outputs(self, path):
        self.answer = None
        return super().outputs(path)


class LazyWhenCold(Lazy):
    """In its first launch, when its cache folder is empty, it imports, loads and computes the first step only when it is first asked for
    outputs: it starts quickly and needs little memory. Later it does all that in its place."""

    ballast = None

    def load(self, params):
        mark = os.path.join(params["cache"], "launched")
        self.cold = not os.path.exists(mark)
        with open(mark, "w", encoding="utf-8"):
            pass
        if not self.cold:
            self.import_and_load()
        return super().load(params)

    def import_and_load(self):
        """What a framework takes for it: half a second and 96 MB."""
        until = time.monotonic() + 0.5
        self.ballast = bytearray(os.urandom(1 << 20)) * 96
        while time.monotonic() < until:
            pass

    def step(self, inputs):
        if self.cold:
            super().step(inputs)
        else:
            self.answer = self.compute(inputs)

    def outputs(self, path):
        if self.ballast is None:
            self.import_and_load()
        set_written = super().outputs(path)
        self.cold = False
        return set_written


class WritesLater(Runner):
    """Answers at once when it is asked for outputs; a thread writes the file 0.3 s later."""

    delay_s = 0.3

    def outputs(self, path):
        self.begin(path, self.answer)
        return self.last_set

    def begin(self, path, answer):
        threading.Timer(self.delay_s, write_tensors, (path, answer)).start()


class OverwritesLater(WritesLater):
    """The same, and until then the file has zeros."""

    def begin(self, path, answer):
        write_tensors(path, {name: (dtype, shape, bytes(len(data))) for name, (dtype, shape, data) in answer.items()})
        super().begin(path, answer)


class ForkedWriter(WritesLater):
    """The same by a forked child that has left its session."""

    def begin(self, path, answer):
        if os.fork():
            return
        os.setsid()
        time.sleep(self.delay_s)
        write_tensors(path, answer)
        os._exit(0)


class Async(Runner):
    """A device without synchronisation: a step only hands over the work, which is done behind the clock's back, 20 ms later. Work
    that newer work overtakes is dropped, so that the queue does not grow."""

    device = None
    wanted = None

    def step(self, inputs):
        self.wanted = inputs
        if self.device is None or not self.device.is_alive():
            self.device = threading.Thread(target=self.work)
            self.device.start()

    def work(self):
        while self.wanted is not None:
            time.sleep(0.02)
            inputs, self.wanted = self.wanted, None
            self.answer = self.compute(inputs)

    def outputs(self, path):
        self.device.join()
        if self.wanted is not None:  # handed over while the device went to rest
            self.work()
        return super().outputs(path)


class HalfAndHalf(Runner):
    """The sum of a request's samples is honest, and half of them are far too low."""

    def timed_steps(self, count):
        samples = super().timed_steps(count)
        for index in range(0, count - 1, 2):
            moved = samples[index] // 2
            samples[index] -= moved
            samples[index + 1] += moved
        return samples


class GenerousRounding(Runner):
    """Claims 0.9 % less than passed, which a tolerance of 1 % lets through."""

    def timed_steps(self, count):
        return [max(1, round(sample * 0.991)) for sample in super().timed_steps(count)]


VARIANTS = {
    "lazy": Lazy,
    "lazy-twice": LazyTwice,
    "lazy-when-cold": LazyWhenCold,
    "writes-later": WritesLater,
    "overwrites-later": OverwritesLater,
    "forked-writer": ForkedWriter,
    "async": Async,
    "half-and-half": HalfAndHalf,
    "generous-rounding": GenerousRounding,
}
