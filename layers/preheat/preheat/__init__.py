"""Preheat: hosted vision models ready when the shift starts, and not one paid minute longer than needed.

Rings, outermost first; each imports only to its right (`.importlinter` holds the arrows):

    cli, functions -> local | simulation | explorer -> invariants -> simulator | bootstrap
        -> hosting, store, queue, clock, settings, telemetry -> reconcile, tick -> ports -> domain
"""
