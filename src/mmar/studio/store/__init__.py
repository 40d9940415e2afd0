"""Storing and querying: functions over an open transaction, one module per subject.

Everything that changes an item goes through `mmar.studio.workflow.case`; nothing here decides who may do what. Functions
with an actor raise `NotAllowed` if the actor does not have the role, or a rule of the workflow does not hold.
"""
