"""The same declarations for batches: augmentations as functions of whole arrays of naturals."""
