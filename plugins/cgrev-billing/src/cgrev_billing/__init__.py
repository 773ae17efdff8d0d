"""Subscriptions and payments of billing systems as account-based revenue: profiles and what must be asked."""
