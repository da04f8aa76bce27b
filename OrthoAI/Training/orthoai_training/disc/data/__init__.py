"""The SPIDER development sets (van der Graaf et al., Sci Data 2024, CC BY 4.0): readers and the fixed split."""
