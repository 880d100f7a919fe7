"""Learning: f by full-population descent. The judged never sees the judge's answer: no spectrum, no verification."""
