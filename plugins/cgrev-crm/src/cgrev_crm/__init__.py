"""Won deals of CRM systems as account-based revenue: profiles and what must be asked."""
