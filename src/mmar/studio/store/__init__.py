"""What is kept and asked for: functions over an open transaction, one module a subject.

Everything that changes an item goes through `mmar.studio.workflow.case`; nothing here decides who may do
what.
"""
