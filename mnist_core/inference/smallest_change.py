"""The smallest change of the inputs after which a model wavers between its answer and another digit.

The lead of digit a over digit b is linear in the inputs x: z_a - z_b = w·x + c with w = w_a - w_b. It is zero
on a plane, and the shortest way there goes straight against w: the change is -(z_a - z_b) w / |w|², and its
length (z_a - z_b) / |w|. The nearest of the nine planes is that of the digit that takes the least to become
the answer, which need not be the one with the second-largest logit.

Ink is between 0 and 1, though. Within these limits, each input still goes against w at the same pace, but
stops where it meets a limit (by the conditions of Karush, Kuhn and Tucker: Boyd and Vandenberghe, Convex
Optimization, 2004, section 5.5.3). So the pace that just takes away the lead is found by sorting the inputs
by when they stop.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from mnist_core.model import CLASSES, SoftmaxRegressor, rank_digits

ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class SmallestChange:
    """A change of the inputs after which two digits are equally likely, and no other is likelier.

    Attributes:
        digit: the answer before.
        rival: the digit that becomes the answer if the change goes on by any amount.
        lead: the logit of the digit minus that of the rival, before.
        inputs: (28, 28) float64, ink from 0 to 1, before.
        change: (28, 28) float64, to be added to these.
        stopped: how many inputs would change more if there were no limits; 0 if none were set.
    """

    digit: int
    rival: int
    lead: float
    inputs: Tensor
    change: Tensor
    stopped: int = 0

    @property
    def length(self) -> float:
        """The root of the sum of the squares; one input from empty to full is 1."""
        return float(self.change.norm())

    @property
    def steepness(self) -> float:
        """By how much the lead shrinks for each 1 of the length; without limits it is |w_a - w_b|."""
        return self.lead / self.length if self.length else 0.0

    def after(self, share: float) -> Tensor:
        """Return the inputs with a share of the change added, (28, 28) float64."""
        return self.inputs + share * self.change

    def outside(self, share: float) -> int:
        """Count the inputs that a share of the change brings below 0 or above 1."""
        after = self.after(share)
        return int(((after < -ROUNDING) | (after > 1 + ROUNDING)).sum())


def smallest_change(model: SoftmaxRegressor, image: Tensor, *, limits: bool = False) -> SmallestChange | None:
    """Find the smallest change that brings a model's answer to the point of becoming another digit.

    Args:
        model: any model.
        image: (28, 28) uint8, ink 0..255, already preprocessed.
        limits: whether the inputs have to stay between 0 and 1.

    Returns:
        The change; None if no change makes another digit as likely.
    """
    inputs = image.double().flatten() / 255
    weight, bias = model.linear.weight.detach().double(), model.linear.bias.detach().double()
    logits = weight @ inputs + bias
    digit = int(rank_digits(logits)[0])
    found = []
    for rival in range(CLASSES):
        lead, slope = float(logits[digit] - logits[rival]), weight[digit] - weight[rival]
        if rival != digit and bool(slope.any()):
            change, stopped = -lead * slope / slope.square().sum(), 0
            if limits:
                within = _within_limits(inputs, slope, lead)
                if within is None:
                    continue
                change, stopped = within
            shape = image.shape
            found.append(SmallestChange(digit, rival, lead, inputs.view(shape), change.view(shape), stopped))
    return min(found, key=lambda one: one.length, default=None)


def _within_limits(inputs: Tensor, slope: Tensor, lead: float) -> tuple[Tensor, int] | None:
    """Return the smallest change, (784,), that takes away a lead within 0 and 1; None if none can.

    Also return how many inputs are stopped by a limit.
    """
    room = torch.where(slope > 0, inputs, 1 - inputs)  # how far each input can go against its slope
    stops = torch.where(slope == 0, torch.inf, room / slope.abs())  # the pace at which it just stops there
    order = stops.argsort()
    stopped = (slope.abs() * room)[order].cumsum(0)  # what the inputs that have stopped take of the lead
    moving = slope.square()[order].flip(0).cumsum(0).flip(0)  # what each further bit of pace takes
    taken = stopped + stops[order] * (moving - slope.square()[order])  # by the pace at which each one stops
    enough = (taken >= lead).nonzero()
    if not len(enough):
        return None
    first = int(enough[0])
    before = float(stopped[first - 1]) if first else 0.0
    pace = (lead - before) / moving[first]
    wanted = pace * slope.abs()
    return -slope.sign() * torch.minimum(wanted, room), int((wanted > room + ROUNDING).sum())
