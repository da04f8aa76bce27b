"""Stage 2: a crop in HU goes in, a foreground mask on the same grid comes out, in bounded memory."""
