"""The main job from end to end, on the embedded Label Studio."""
