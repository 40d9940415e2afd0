"""The studio: a web application in which a team builds an MMAR-like benchmark, stage by stage.

    idea ─► taxonomy ─► annotation ─► preparation ─► inspection ⇄ correction ─► release

    workflow    what may happen to an item, and by whom; no database
    data        tables, migrations, transactions
    store       storing and querying: functions over an open transaction
    media       fetching, cutting, waveforms: pure functions and separate processes
    exchange    importing and exporting items: the publisher's format, CSV, Label Studio, archives
    releases    frozen releases of a project, with their data sheet
    backup      backups of a studio, and restoring them
    security    passwords, sessions, headers, rates, uploads
    jobs        background jobs, which survive a restart
    web         the pages and the REST API, both thin over `store`

Importing this package loads none of the web framework, the database or the audio libraries.
"""
