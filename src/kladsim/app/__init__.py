"""The dashboard, served on the user's own machine: it launches and views run directories and holds no results of its
own, so a reload, another browser or a killed server lose nothing. Server: `server` (application), `security` (the
door), `routes` (addresses), `service` (answers), `supervisor` and `worker` (runs), `view` (what is shown of a run).
The page itself lies in ``web/`` and is built into ``static``.
"""
