"""Exports of accounting systems as account-based revenue: profiles, and the questions they leave open."""
