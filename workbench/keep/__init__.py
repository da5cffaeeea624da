"""Nothing gets lost: changes of labels that can be undone, backups, and the check that all is as it was written."""
