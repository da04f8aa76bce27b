# Written by tools/cmake_lists.py: run it again instead of editing here.

set(SELF_TESTS
  OrthoAISelfTest.py
  )
