"""The exchange with Label Studio. Its forms (regions, tasks, labelling configuration) are known in this room only."""
