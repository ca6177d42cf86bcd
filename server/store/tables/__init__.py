"""The tables, one module a concept; `server.store.schema` names them all."""
