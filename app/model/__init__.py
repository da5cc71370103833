"""Pure data that crosses layers: tables, keys, rows, versions, bounds and cursors."""
