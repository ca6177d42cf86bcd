"""Tables in and out: spreadsheets and CSV files read, judged against the county, written in one transaction, exported.

`tables` says which there are; `files` reads them; `planning` judges and plans, purely; `writing` carries a plan out.
Files of strangers are read in a process of their own (`worker`), never in the server's.
"""
