"""Local aid: what a region's communities pay from their own programmes, sent as a nightly extract."""
