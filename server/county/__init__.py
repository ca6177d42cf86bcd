"""The county's rules, pure: the calendar, the timetable, clashes, the judging of lessons. docs/county.md names them."""
