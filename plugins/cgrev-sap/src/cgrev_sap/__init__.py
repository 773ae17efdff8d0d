"""Lists and tables of SAP as account-based revenue: profiles, captions in several languages, questions."""
