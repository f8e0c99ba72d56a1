"""What the figures' rooms share: the class that they derive from, and what their front ends are composed with."""

from lightnets_edu.widgets.kit.compose import compose, front_end, modules
from lightnets_edu.widgets.kit.figure import Figure, Lists, Proposal, one_of

__all__ = ["Figure", "Lists", "Proposal", "compose", "front_end", "modules", "one_of"]
