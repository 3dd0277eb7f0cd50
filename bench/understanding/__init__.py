"""How well Lantern understands what people write: each case of a set is said to a Lantern and judged by rule."""
