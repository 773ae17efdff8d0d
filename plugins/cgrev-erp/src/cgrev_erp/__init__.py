"""Invoice lists of ERP systems, and lists of SAP, as account-based revenue: profiles and a few questions."""
