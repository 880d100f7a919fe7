"""What f is good for: probes, clusters, cuts, self-training."""
