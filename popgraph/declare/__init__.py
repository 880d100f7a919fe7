"""What users declare: distributions of naturals, augmentations, images; and the enumeration of their views."""
