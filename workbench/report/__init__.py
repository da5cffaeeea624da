"""The report of an evaluation: one HTML file that needs no network, whatever bulletins and labels hold."""
