"""The studio, where staff keep the answers right: pages over the acts of `knowledge.editing`."""
