"""Calendars and schedules of other tools, read into a plant: one module for each format.

`ics*` reads iCalendar files, `instance_scheduler*` Instance Scheduler on AWS. `eventbridge_scheduler`, `keda` and
`autoscaling` share `pairing`, which joins starts with stops. `merging` keeps few windows, `report` keeps what was lost.
"""
