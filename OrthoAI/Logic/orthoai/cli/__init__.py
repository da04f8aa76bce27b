"""The command line. Everything here imports quickly; heavy libraries load only in the process that needs them."""
