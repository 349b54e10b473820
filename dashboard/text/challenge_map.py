"""Five tries for the best settings: what the tries found, and what the map shows."""

from collections.abc import Collection, Mapping, Sequence

from dashboard.ui.numbers import percent

TRIES = 5

Place = tuple[int, float]  # batch size, learning rate
Accuracies = Mapping[Place, float]  # on the digits held out, 0 to 1


def write_tries(tries: Sequence[Place]) -> str:
    """Write the tries so far."""
    return ",".join(f"{batch}:{rate:g}" for batch, rate in tries)


def read_tries(guess: str, offered: Collection[Place]) -> list[Place]:
    """Read the tries so far; what is not offered, or too much, is left out."""
    by_name = {write_tries([place]): place for place in offered}
    return [by_name[name] for name in guess.split(",") if name in by_name][:TRIES]


def best_place(accuracies: Accuracies) -> Place:
    """Return the place with the highest accuracy, the first of equals."""
    return max(accuracies, key=accuracies.__getitem__)


def try_words(place: Place, accuracy: float, best_before: float | None) -> str:
    """Say what a try found, and whether it is better than those before it."""
    told = f"A batch of {place[0]:,} and a learning rate of {place[1]:g} reach {percent(accuracy)}"
    if best_before is None:
        return f"{told}."
    gain = 100 * (accuracy - best_before)
    if abs(gain) < 0.05:
        return f"{told}, as much as your best try so far."
    if gain > 0:
        return f"{told}, {gain:.1f} points more than your best try before it."
    return f"{told}, {-gain:.1f} points less than your best try so far."


def map_words(tries: Sequence[Place], accuracies: Accuracies, equals: Collection[Place]) -> list[str]:
    """Compare the tries with the map, and say what shape it has, in sentences.

    Args:
        tries: at least one.
        accuracies: of all settings.
        equals: those that a test cannot tell from the best, with the best itself.
    """
    mine = max(tries, key=accuracies.__getitem__)
    best = best_place(accuracies)
    rank = 1 + sum(value > accuracies[mine] for value in accuracies.values())
    yours = f"Your best try, {_name(mine)}, reaches {percent(accuracies[mine])}"
    if rank == 1:
        first = f"{yours}. Nothing on the map of {len(accuracies)} settings is better."
    else:
        first = (
            f"{yours}, number {rank} of {len(accuracies)}. The best is {_name(best)} with "
            f"{percent(accuracies[best])}."
        )
    return [first, _equals(mine, best, equals), _ridge(accuracies)]


def _equals(mine: Place, best: Place, equals: Collection[Place]) -> str:
    others = len(set(equals) - {best})
    if not others:
        return "By McNemar's test on the digits held out, no other settings are as good as the best ones."
    which = "one other is" if others == 1 else f"{others} others are"
    own = ""
    if mine != best:
        own = " Yours is among them." if mine in equals else " Yours is not among them."
    return f"By McNemar's test on the digits held out, {which} not clearly worse than the best.{own}"


def _ridge(accuracies: Accuracies) -> str:
    batches = sorted({batch for batch, _ in accuracies})
    rates = [
        max((rate for size, rate in accuracies if size == batch), key=lambda rate: accuracies[batch, rate])
        for batch in batches
    ]
    told = (
        f"With batches of {batches[0]:,}, the best rate is {rates[0]:g}; with batches of {batches[-1]:,}, it "
        f"is {rates[-1]:g}."
    )
    if rates[-1] <= rates[0]:
        return told
    return (
        f"{told} The mean over a large batch is less noisy, so it stands longer steps; and an epoch has "
        "fewer of them, so it needs them."
    )


def _name(place: Place) -> str:
    return f"a batch of {place[0]:,} and a rate of {place[1]:g}"
