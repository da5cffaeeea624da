"""The command line: each module holds one command and only translates (parse, call, print)."""
