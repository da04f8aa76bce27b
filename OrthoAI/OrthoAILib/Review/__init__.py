"""What happens between a result and an approved case: edits that can be undone, a verdict, a worklist, the export."""
