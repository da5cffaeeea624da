"""The model beside the annotator: one warm engine behind the protocol of Label Studio. No torch here."""
