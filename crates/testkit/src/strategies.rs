//! Random rows, filters and orders, made so that filters often hit.
