"""The spine in CT: working pictures, names, bodies along the spine, their heights and Genant grades."""
