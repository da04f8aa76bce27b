"""How well the network and the task do: per picture as the paper measures, and per vertebra through the whole task."""
