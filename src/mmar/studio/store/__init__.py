"""Storing and querying: functions over an open transaction, one module per subject.

Everything that changes an item goes through `mmar.studio.workflow.case`; nothing here decides who may do what.
"""
