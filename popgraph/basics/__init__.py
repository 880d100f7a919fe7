"""What every room stands on: arrays, argument readers, memory, progress, column spaces, HTML; each file is entered by its name."""
