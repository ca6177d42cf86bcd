"""Accounts of staff: passwords, codes from a phone, lock-out, and handing a sign-in from a phone to a classroom PC."""
