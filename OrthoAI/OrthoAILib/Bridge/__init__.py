"""Results as MRML nodes, and nodes back as reviews. Knows MRML and numpy, and no Qt: runs in Slicer and on slicer-core.

The engine speaks LPS mm and voxel edges; MRML speaks RAS mm. The two meet in Grid.py and nowhere else.
"""
